import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { conflict } from '../../platform/errors/index.ts';
import { listReleases } from '../../releases/contract.ts';
import { getPredictionLineage } from '../../governance/contract.ts';
import * as contract from '../../serving/contract.ts';
import type { Client } from './client.ts';
import type { Cli, Register } from './frame.ts';
import { choice, duration, fraction, refuse, several, whole } from './options.ts';
import { namesOf } from './names.ts';
import { upTo } from './output.ts';
import { curl, showEndpoint, showEndpoints, showStory, traffic } from './serving/show.ts';
import { endpointFor, readTarget, share, type Target } from './serving/target.ts';

const DEPLOY_HELP = `
The endpoint keeps its address and its name; what answers changes in one step, once every model of the new
revision is loaded and has answered its own sample. Should anything fail, the old revision goes on.

Examples:
  treadle deploy flights                            the newest version, at the endpoint flights
  treadle deploy flights@champion --to delays       a version by its alias, at another endpoint
  treadle deploy flights@v3 --canary @v4:10         a tenth of the requests go to version 4
  treadle deploy flights@v3 --shadow @v4:100        version 4 gets copies; its answers are only compared
  treadle deploy late@v1 --to delays --replace flights    another model, with other inputs, takes the endpoint over

The version given answers as the endpoint's primary. The alias champion of a model is something else: it names the
version that its gates compare with, and moves no traffic.`;

const ROLLBACK_HELP = `
Without --to it goes back to what answered before, whose models are still loaded: this takes milliseconds.

Examples:
  treadle rollback flights
  treadle rollback flights --to 3 --reason "late trains are missing"`;

const PREDICTIONS_HELP = `
Every answer carries its id in the header X-Treadle-Prediction.

Example:
  treadle predictions lineage ID`;

const ENDPOINTS_HELP = `
Examples:
  treadle endpoints flights --records outputs --keep 90d
  treadle endpoints flights --drop name --hash email --sample 0.1 -m "privacy review of May"
Values that are dropped are never written. What was recorded before stays until its time is over.`;

interface DeployFlags {
  to?: string;
  canary?: Target & { percent: number };
  shadow?: Target & { percent: number };
  sticky: boolean;
  strict?: boolean;
  runtime?: contract.Runtime;
  loadTimeout?: number;
  expects?: number;
  replace?: string;
  records?: contract.Recording;
  reason?: string;
  detach?: boolean;
}

interface EndpointFlags {
  model?: string;
  limit: number;
  rm?: boolean;
  records?: contract.Recording;
  keep?: number;
  sample?: number;
  drop?: string[];
  hash?: string[];
  plain?: string[];
  reason?: string;
}

/** What says how predictions are recorded. */
const RECORDING = ['records', 'keep', 'sample', 'drop', 'hash', 'plain'] as const;

/** `treadle deploy`, `rollback`, `endpoints`, `predictions`: what answers, and where an answer came from. */
export const register: Register = (program, cli) => {
  program
    .command('deploy <model>')
    .description(
      'let a model version answer at an endpoint: flights, flights@v3, flights/3, flights@champion',
    )
    .option('--to <endpoint>', 'the endpoint; the model’s name unless said')
    .option(
      '--canary <version:percent>',
      'another version that gets a share of the requests',
      share('@v4:10'),
    )
    .option('--shadow <version:percent>', 'another version that is asked with copies', share('@v4:100'))
    .option('--no-sticky', 'draw each request anew, also where callers send X-Treadle-Key')
    .option('--strict', 'refuse lossy casts of numbers in /invocations')
    .option(
      '--runtime <runtime>',
      'onnx or python; the quicker one that the version has unless said',
      choice('onnx', 'python'),
    )
    .option('--replace <model>', 'take the endpoint from this other model, whose callers send other inputs')
    .option('--expects <revision>', 'only if this revision still answers; 0: only if nothing does', whole(0))
    .option('-m, --reason <text>', 'why; goes into the ledger')
    .option('--load-timeout <seconds>', 'longest that loading may take', whole(1, 3600))
    .option(
      '--records <what>',
      'what is kept of predictions: all, outputs (nothing that callers send) or none',
      choice('all', 'outputs', 'none'),
    )
    .option('--detach', 'do not wait until it answers')
    .addHelpText('after', DEPLOY_HELP)
    .action(async (text: string, flags: DeployFlags) => deploy(cli, text, flags));

  program
    .command('rollback <endpoint>')
    .description('let an earlier revision’s models answer again')
    .option(
      '--to <revision>',
      'the number of the revision; the one that answered before unless said',
      whole(1),
    )
    .option('-m, --reason <text>', 'why; goes into the ledger')
    .addHelpText('after', ROLLBACK_HELP)
    .action(async (endpoint: string, { to, reason }: { to?: number; reason?: string }) => {
      const body = { ...(to === undefined ? {} : { to }), ...(reason === undefined ? {} : { note: reason }) };
      const began = await cli.client().call(contract.rollback, { params: { endpoint }, body });
      const live = await follow(cli, began);
      cli
        .output()
        .result(
          live,
          () =>
            `${endpoint} answers with ${traffic(live)} again (revision ${live.revision}, as revision ${live.restores})`,
        );
    });

  program
    .command('endpoints [name]')
    .description('list endpoints, or show one with its revisions')
    .option('--model <model>', 'only those that this model answers at')
    .option('--limit <n>', 'at most this many endpoints or revisions', whole(1), 50)
    .option('--rm', 'take the endpoint away; its predictions keep their story')
    .option(
      '--records <what>',
      'keep this of its predictions from now on: all, outputs (nothing that callers send) or none',
      choice('all', 'outputs', 'none'),
    )
    .option(
      '--keep <time>',
      'keep its predictions so long, in whole hours: 36h, 90d; older hours are deleted, with outcomes and signals',
      duration,
    )
    .option('--sample <share>', 'record this share of its predictions, such as 0.1; 1: all of them', fraction)
    .option(
      '--drop <column>',
      'never record values of this input, of the sticky key (key) or of params (params); may be given often',
      several,
    )
    .option(
      '--hash <column>',
      'record a keyed hash of them instead, by which equal values are told; may be given often',
      several,
    )
    .option('--plain <column>', 'record them as they are again; may be given often', several)
    .option('-m, --reason <text>', 'why predictions are recorded otherwise; goes into the ledger')
    .addHelpText('after', ENDPOINTS_HELP)
    .action(async (name: string | undefined, flags: EndpointFlags, command: Command) => {
      const { limit, model } = flags;
      if (name === undefined) refuse(command, ['rm', ...RECORDING], 'name the endpoint that is meant');
      else refuse(command, ['model'], 'it chooses from the list, and one endpoint is named');
      if (flags.rm === true) refuse(command, [...RECORDING, 'limit'], '--rm takes the endpoint away');
      if (RECORDING.every((one) => flags[one] === undefined))
        refuse(command, ['reason'], 'it says why predictions are recorded otherwise');
      const client = cli.client();
      if (name === undefined) {
        const found = await upTo(limit, (page) =>
          client.call(contract.listEndpoints, {
            query: { ...page, ...(model === undefined ? {} : { model }) },
          }),
        );
        return cli.output().list(found, (items) => showEndpoints(items));
      }
      const params = { endpoint: name };
      if (flags.rm === true) {
        await client.call(contract.deleteEndpoint, { params });
        return cli.output().result({ deleted: name }, () => `endpoint ${name} is gone`);
      }
      const detail = seen(
        client,
        RECORDING.every((one) => flags[one] === undefined)
          ? await client.call(contract.getEndpoint, { params })
          : await client.call(contract.updateEndpoint, { params, body: recordingOf(flags, command) }),
      );
      for (const note of detail.notes ?? []) cli.output().say(note);
      const { items, more } = await upTo(limit, (page) =>
        client.call(contract.listRevisions, { params, query: page }),
      );
      const { items: releases } = await client.call(listReleases, { query: { endpoint: name, limit: 20 } });
      const rollout = releases.find((one) => one.rollout && one.ended_at === undefined);
      return cli
        .output()
        .result(
          { ...detail, revisions: items, ...(rollout ? { rollout } : {}) },
          () =>
            `${showEndpoint(detail, items, rollout)}${more ? `\n… ${items.length} revisions are shown, and there are more: raise --limit` : ''}`,
        );
    });

  const predictions = program
    .command('predictions')
    .description('ask about answers that were given')
    .addHelpText('after', PREDICTIONS_HELP);
  predictions
    .command('lineage <id>')
    .description('tell where an answer came from: revision, model, run, code, data, evaluation and proof')
    .action(async (prediction: string) => {
      const client = cli.client();
      const story = await client.call(getPredictionLineage, { params: { prediction } });
      const output = cli.output();
      const names = output.json
        ? new Map<string, string>()
        : await namesOf(client, [
            ...story.edges.flatMap(({ from, to }) => [from, to]),
            ...story.datasets.map(({ read_by }) => read_by),
          ]);
      output.result(story, () => showStory(story, names));
    });
};

/** What a command says of how predictions are recorded. */
function recordingOf({ records, keep, sample, reason, ...flags }: EndpointFlags, command: Command) {
  const columns: Record<string, 'keep' | 'drop' | 'hash'> = {};
  for (const [rule, names = []] of [
    ['drop', flags.drop],
    ['hash', flags.hash],
    ['keep', flags.plain],
  ] as const)
    for (const name of names) {
      if (Object.hasOwn(columns, name)) command.error(`error: two things are said of column '${name}'`);
      columns[name] = rule;
    }
  return {
    ...(records === undefined ? {} : { records }),
    ...(keep === undefined ? {} : { keep_ms: keep }),
    ...(sample === undefined ? {} : { sample }),
    ...(Object.keys(columns).length === 0 ? {} : { columns }),
    ...(reason === undefined ? {} : { note: reason }),
  };
}

/** With the address that this machine reaches, where the server only knows its own name for itself. */
const seen = ({ url }: Pick<Client, 'url'>, detail: contract.EndpointDetail): contract.EndpointDetail => ({
  ...detail,
  endpoint: {
    ...detail.endpoint,
    address: contract.addressSeenFrom(detail.endpoint.address, url),
  },
});

async function deploy(cli: Cli, text: string, flags: DeployFlags): Promise<void> {
  const output = cli.output();
  const { model = '', version } = readTarget(text);
  const endpoint = flags.to ?? endpointFor(model);
  const { canary, shadow, runtime, records, reason } = flags;
  const began = await cli.client().call(contract.deploy, {
    params: { endpoint },
    body: {
      model,
      version,
      ...(runtime === undefined ? {} : { runtime }),
      ...(canary ? { canary } : {}),
      ...(shadow ? { shadow } : {}),
      sticky: flags.sticky,
      ...(flags.strict === true ? { strict: true } : {}),
      ...(flags.loadTimeout === undefined ? {} : { load_timeout_s: flags.loadTimeout }),
      ...(flags.expects === undefined ? {} : { expects: flags.expects }),
      ...(flags.replace === undefined ? {} : { replace: flags.replace }),
      ...(records === undefined ? {} : { records }),
      ...(reason === undefined ? {} : { note: reason }),
    },
  });
  output.say(`${endpoint} revision ${began.revision}: ${traffic(began)}`);
  for (const warning of began.warnings ?? []) output.say(`warning: ${warning}`);
  if (flags.detach === true)
    return output.result(began, () => `it is being prepared; look with: treadle endpoints ${endpoint}`);
  const live = await follow(cli, began);
  const detail = seen(cli.client(), await cli.client().call(contract.getEndpoint, { params: { endpoint } }));
  output.result(live, () =>
    [
      `${endpoint} answers with ${traffic(live)} (revision ${live.revision}${live.load_ms === undefined ? '' : `, loaded in ${Math.round(live.load_ms)} ms`})`,
      `at ${detail.endpoint.address}/v2/models/${endpoint}/infer`,
      '',
      curl(detail),
    ].join('\n'),
  );
}

/** Says each stage once, and ends with the revision live; throws with the reason when it fails. */
async function follow(cli: Cli, began: contract.Revision): Promise<contract.Revision> {
  let revision = began;
  let said = 'waiting'; // for the first moment always, and not worth a line
  let pause = 20;
  while (revision.state === 'preparing') {
    if (revision.stage !== undefined && revision.stage !== said)
      cli.output().say(`  ${(said = revision.stage)}`);
    await sleep(pause);
    pause = Math.min(250, pause * 1.5);
    const params = { endpoint: began.endpoint, revision: began.revision };
    revision = await cli.client().call(contract.getRevision, { params });
  }
  if (revision.state === 'failed')
    throw conflict(
      `revision ${revision.revision} of ${revision.endpoint} failed: ${revision.problem ?? 'no reason was given'}`,
      {
        field: 'endpoint',
        hint: `what answered before goes on; treadle endpoints ${revision.endpoint} shows it`,
      },
    );
  return revision;
}
