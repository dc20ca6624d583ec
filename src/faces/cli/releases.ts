import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { conflict } from '../../platform/errors/index.ts';
import * as contract from '../../releases/contract.ts';
import type { Cli, Register } from './frame.ts';
import { choice, needs, refuse, whole } from './options.ts';
import { ago, listed, upTo } from './output.ts';
import { releaseSummary } from './pipelines/release.ts';
import { seconds } from './pipelines/units.ts';
import { decisions, rolloutLines, rolloutOf, rolloutOptions, type RolloutFlags } from './rollouts.ts';
import { readTarget } from './serving/target.ts';

const HELP = `
A release judges a version, makes it champion, and deploys it: each only when the one before let it through. Pipelines ask for
one by gate: and deploy: of their file; this command asks by hand.

Examples:
  treadle release flights@v3 --data flights@v4 --label late --rule 'auc >= champion.auc - 0.005' --to flights
  treadle release flights@v3 --to flights            without a gate: deployed as it is
  treadle release flights@v3 --to flights --rollout  step by step beside what answers, as far as evidence lets it
  treadle release promote ID -m 'enough was seen'    decide about a rollout: promote, hold, resume, rollback
  treadle releases                                   all of them, newest first
  treadle releases ID                                one, with each step of its way
  treadle cancel ID                                  end one that is on its way`;

interface Flags extends RolloutFlags {
  to?: string;
  data?: string;
  label?: string;
  rule?: string[];
  key?: string[];
  time?: string;
  expects?: number;
  replace?: string;
  detach?: boolean;
}

const several = (text: string, before: readonly string[] = []): string[] => [...before, text];

/** `treadle release`, `treadle releases`: a version on its way to its users. */
export const register: Register = (program, cli) => {
  const command = program
    .command('release <model>')
    .description('judge a model version, make it champion, deploy it: flights, flights@v3, flights/3')
    .option('--data <ref>', 'what the gate judges on: flights@v4:holdout.parquet')
    .option('--label <column>', 'the column that holds the truth')
    .option('--rule <rule>', "such as 'auc >= 0.6'; as often as wanted", several)
    .option('--key <column>', 'what makes a row the same row; as often as wanted', several)
    .option('--time <column>', 'by it every row must be later than all that training read')
    .option('--to <endpoint>', 'where it shall answer')
    .option(
      '--expects <revision>',
      'only if this revision still answers then; 0: only if nothing does',
      whole(0),
    )
    .option('--replace <model>', 'take the endpoint from this other model, whose callers send other inputs')
    .option('--detach', 'do not wait for its end')
    .addHelpText('after', HELP)
    .action((text: string, flags: Flags, own: Command) => release(cli, text, flags, own));
  rolloutOptions(command);
  decisions(command, cli);

  program
    .command('releases [release]')
    .description('list releases, or show one with each step of its way; treadle cancel ID ends one')
    .option('--model <model>', 'only of this model')
    .option('--endpoint <endpoint>', 'only to this endpoint')
    .option('--state <state>', 'only these', choice(...contract.RELEASE_STATES))
    .option('--limit <n>', 'at most this many', whole(1), 20)
    .action(
      async (
        id: string | undefined,
        query: { model?: string; endpoint?: string; state?: contract.ReleaseState; limit: number },
        command: Command,
      ) => {
        const client = cli.client();
        if (id !== undefined) {
          refuse(
            command,
            ['model', 'endpoint', 'state', 'limit'],
            'it chooses from a list, and one release is named',
          );
          const found = await client.call(contract.getRelease, { params: { release: id } });
          return cli.output().result(found, () => show(found, client.url));
        }
        const { limit, ...filter } = query;
        const found = await upTo(limit, (page) =>
          client.call(contract.listReleases, { query: { ...page, ...filter } }),
        );
        cli.output().list(found, (items) =>
          listed(
            Object.keys(filter).length > 0
              ? 'there is no such release'
              : 'there is no release yet; gate: and deploy: of treadle.yaml ask for them, and so does treadle release',
            ['release', 'model', 'state', 'endpoint', 'asked for by', 'when', 'why'],
            items.map((one) => [
              one.id,
              `${one.model}@v${one.version}`,
              one.state,
              one.endpoint ?? '',
              one.execution ? `${one.execution.pipeline}#${one.execution.number}` : one.created_by,
              ago(one.created_at),
              one.reason ?? '',
            ]),
          ),
        );
      },
    );
};

async function release(cli: Cli, text: string, flags: Flags, command: Command): Promise<void> {
  const gate =
    'a gate judges on data by a label: say both, as --data flights@v4:holdout.parquet --label late';
  needs(command, ['rule', 'key', 'time', 'data', 'label'], ['data', 'label'], gate);
  const rollout = rolloutOf(command, flags);
  needs(
    command,
    ['expects', 'replace', 'rollout'],
    ['to'],
    'it speaks of the endpoint where the version shall answer',
  );
  const { model = '', version } = readTarget(text);
  const { data, label, rule, key, time, to, expects, replace } = flags;
  if (data === undefined && to === undefined)
    command.error(
      `error: nothing is asked for: say --data and --label to have it judged, --to to have it deployed, or all three${text === 'cancel' ? '; to cancel a release: treadle cancel ID' : ''}`,
    );
  const begun = await cli.client().call(contract.createRelease, {
    body: {
      model,
      version,
      ...(data === undefined || label === undefined
        ? {}
        : {
            gate: {
              data,
              label,
              ...(rule ? { rules: rule } : {}),
              ...(key ? { key } : {}),
              ...(time === undefined ? {} : { time }),
            },
          }),
      ...(to === undefined
        ? {}
        : {
            deploy: {
              endpoint: to,
              ...(expects === undefined ? {} : { expects }),
              ...(replace === undefined ? {} : { replace }),
              ...(rollout === undefined ? {} : { rollout }),
            },
          }),
    },
  });
  await followRelease(cli, begun, flags.detach === true);
}

/** Waits for the end of a release, or for where people decide, and tells each step. */
export async function followRelease(cli: Cli, begun: contract.ReleaseDetail, detach: boolean): Promise<void> {
  const output = cli.output();
  let now = begun;
  if (detach) return output.result(now, () => `it is on its way; look with: treadle releases ${now.id}`);
  let told = 0;
  for (let pause = 20; ; pause = Math.min(250, pause * 1.5)) {
    for (; told < now.transitions.length; told++) {
      const { state, note } = now.transitions[told]!;
      output.say(`${state}${note === undefined ? '' : `: ${note}`}`);
    }
    // A rollout takes hours: it goes on by itself, and what a person must decide is said.
    if (now.ended_at !== undefined || WAITS.includes(now.state)) break;
    await sleep(pause);
    now = await cli.client().call(contract.getRelease, { params: { release: now.id } });
  }
  output.result(now, () => show(now, cli.client().url));
  if (now.state !== 'succeeded' && (now.state === 'held' || !WAITS.includes(now.state)))
    throw conflict(`the release of ${now.model} v${now.version} ${WORDS[now.state] ?? now.state}`, {
      hint: `treadle releases ${now.id} shows each step`,
    });
}

/** What takes hours or days, or is for people. */
const WAITS: readonly contract.ReleaseState[] = ['rolling_out', 'held', 'awaiting_approval', 'awaiting_time'];
const WORDS: Readonly<Partial<Record<contract.ReleaseState, string>>> = {
  rejected: 'was rejected by its gate',
  held: 'was held back',
  rolled_back: 'was rolled back',
  cancelled: 'was cancelled',
};

function show(one: contract.ReleaseDetail, url: string): string {
  const began = one.transitions[0]?.at ?? one.created_at;
  return [
    `${one.model}@v${one.version} ${one.state}${one.reason === undefined ? '' : `: ${one.reason}`}`,
    ...one.transitions.map(({ state, at, note }) =>
      `  ${state.padEnd(10)} ${`+${seconds(at - began)}`.padStart(9)}  ${note ?? ''}`.trimEnd(),
    ),
    ...rolloutLines(one),
    ...releaseSummary(one, url),
  ].join('\n');
}
