import type { Command } from 'commander';
import { invalid } from '../../platform/errors/index.ts';
import { readFreeze, readWindow } from '../../platform/schedule/index.ts';
import { moment as said } from '../../platform/words/index.ts';
import * as contract from '../../promotions/contract.ts';
import type { Cli, Register } from './frame.ts';
import { duration, pair, several, whole } from './options.ts';
import { ago, listed } from './output.ts';
import { seconds } from './pipelines/units.ts';
import { rolloutOf, rolloutOptions, type RolloutFlags } from './rollouts.ts';

const HELP = `
Versions go through environments in their order: one comes to the next when it answered in the one before for as long as that wants, and a
window is open. What answered somewhere before may come back there at any time.

Examples:
  treadle environment set dev
  treadle environment set staging --hold 1h
  treadle environment set production --endpoints '{model}' --window 'mon-fri 09:00-17:00' --time-zone Europe/Berlin --rollout 10,50
  treadle policy set production --environment production --approvers 2
  treadle promote flights@v3 --to staging
  treadle environment board               what answers where, since when, and what may go on`;

interface SetFlags extends RolloutFlags {
  position?: number;
  endpoints?: string;
  model?: Record<string, string>;
  variable?: Record<string, string>;
  window?: string[];
  timeZone?: string;
  freeze?: string[];
  hold?: number;
}

/** `treadle environment …`: where versions are promoted to. */
export const register: Register = (program, cli) => {
  const group = program
    .command('environment')
    .description('what versions are promoted through: dev, staging, production')
    .addHelpText('after', HELP);
  group
    .command('ls')
    .description('list them in their order')
    .action(async () => {
      const { items } = await cli.client().call(contract.listEnvironments, {});
      cli.output().list({ items, more: false }, (shown) => table(shown));
    });
  group
    .command('show <environment>')
    .description('show one')
    .action(async (environment: string) => {
      const found = await cli.client().call(contract.getEnvironment, { params: { environment } });
      cli.output().result(found, () => lines(found));
    });
  const set = group
    .command('set <environment>')
    .description('make one, or say anew what holds for it; what is not said is as by default')
    .option(
      '--position <n>',
      'its place in the order; where it is, or behind all others, unless said',
      whole(1),
    )
    .option('--endpoints <pattern>', 'how its endpoints are called; {model}-NAME unless said')
    .option(
      '--model <model=endpoint>',
      'another endpoint for this model; as often as wanted',
      pair('flights=live'),
    )
    .option('--variable <NAME=value>', 'what differs and is no secret; as often as wanted', pair('REGION=eu'))
    .option('--window <window>', "when versions may come: 'mon-fri 09:00-17:00'; as often as wanted", several)
    .option('--time-zone <zone>', 'of windows and freezes: Europe/Berlin; UTC unless said')
    .option(
      '--freeze <freeze>',
      "no version comes, from the first day to the end of the last: '2026-12-20/2027-01-03 holidays'; as often as wanted",
      several,
    )
    .option('--hold <time>', 'so long a version must answer here before it goes on: 30m, 1d', duration)
    .action(async (environment: string, flags: SetFlags) => {
      const body = termsOf(set, flags);
      const client = cli.client();
      const { items } = await client.call(contract.listEnvironments, {});
      const before = items.find(({ name }) => name === environment);
      const made = await client.call(contract.setEnvironment, { params: { environment }, body });
      const gone = before ? lostOf(before.terms, made.terms) : [];
      cli
        .output()
        .result(made, () =>
          [
            lines(made),
            ...(gone.length === 0
              ? []
              : [
                  `no longer: ${gone.join('; ')}. What is not said is as by default: say it, too, if it shall stay`,
                ]),
          ].join('\n'),
        );
    });
  rolloutOptions(set);
  group
    .command('apply [file]')
    .description(
      'set the environments that treadle.yaml says, as an admin may; freezes that it does not speak of stay',
    )
    .action(async (file: string | undefined) => {
      const given = file ?? 'treadle.yaml';
      const { readFileOf } = await import('./pipelines/project.ts');
      const { describe, readPipelineFile } = await import('../../pipelines/index.ts');
      const { definition, problems } = readPipelineFile(readFileOf(given).file);
      const [first] = problems.filter(({ severity }) => severity === 'error');
      if (!definition) throw invalid(first ? describe(first) : `${given} cannot be read`, { field: 'file' });
      const client = cli.client();
      const { items } = await client.call(contract.listEnvironments, {});
      const made: contract.Environment[] = [];
      for (const { name: environment, terms } of definition.environments) {
        const before = items.find(({ name }) => name === environment);
        made.push(
          await client.call(contract.setEnvironment, {
            params: { environment },
            body: { ...(before ? { freezes: before.terms.freezes } : {}), ...terms },
          }),
        );
      }
      cli
        .output()
        .list({ items: made, more: false }, (shown) =>
          shown.length === 0 ? `${given} says no environments` : table(shown),
        );
    });
  group
    .command('remove <environment>')
    .description('remove one; its endpoints go on answering')
    .requiredOption('-m, --reason <why>', 'why; kept in the ledger')
    .action(async (environment: string, { reason }: { reason: string }) => {
      await cli.client().call(contract.deleteEnvironment, { params: { environment }, query: { reason } });
      cli.output().result({ environment }, () => `environment ${environment} is removed`);
    });
  group
    .command('board')
    .description('what answers in each, since when, and what may go on')
    .action(() => board(cli));
  group
    .command('history <environment>')
    .description('which versions it let in, newest first')
    .option('--model <model>', 'only of this model')
    .option('--limit <n>', 'at most this many', whole(1, 500), 20)
    .action(async (environment: string, query: { model?: string; limit: number }) => {
      const { items } = await cli.client().call(contract.listPromotions, { params: { environment }, query });
      cli.output().list({ items, more: false }, (shown) =>
        listed(
          'it let nothing in yet',
          ['version', 'endpoint', 'how', 'when', 'by'],
          shown.map((one) => [
            `${one.model}@v${one.version}`,
            one.endpoint,
            one.how.replace('_', ' '),
            ago(one.at),
            one.by,
          ]),
        ),
      );
    });
};

function termsOf(command: Command, flags: SetFlags): contract.EnvironmentSettings {
  const { position, endpoints, model, variable, window, timeZone, freeze, hold } = flags;
  const rollout = rolloutOf(command, flags);
  return {
    ...(position === undefined ? {} : { position }),
    ...(endpoints === undefined ? {} : { endpoints }),
    ...(model ? { models: model } : {}),
    ...(variable ? { variables: variable } : {}),
    ...(window ? { windows: window.map((text) => readWindow(text, 'window')) } : {}),
    ...(timeZone === undefined ? {} : { time_zone: timeZone }),
    ...(freeze ? { freezes: freeze.map((text) => readFreeze(text, timeZone)) } : {}),
    ...(hold === undefined ? {} : { hold_min: hold / 60_000 }),
    ...(rollout ? { rollout } : {}),
  };
}

/** What held before and is as by default now. */
function lostOf(before: contract.Environment['terms'], now: contract.Environment['terms']): string[] {
  const left = (name: string, had: number, has: number): string[] => (had > 0 && has === 0 ? [name] : []);
  return [
    ...left('windows', before.windows.length, now.windows.length),
    ...left('freezes', before.freezes.length, now.freezes.length),
    ...left('hold', before.hold_min, now.hold_min),
    ...left('rollout', before.rollout ? 1 : 0, now.rollout ? 1 : 0),
    ...left('endpoints of models', Object.keys(before.models).length, Object.keys(now.models).length),
    ...left('variables', Object.keys(before.variables).length, Object.keys(now.variables).length),
    ...(before.endpoints !== now.endpoints ? [`endpoints called ${before.endpoints}`] : []),
  ];
}

async function board(cli: Cli): Promise<void> {
  const found = await cli.client().call(contract.getBoard, {});
  cli.output().result(found, () =>
    [
      listed(
        found.environments.length === 0
          ? 'there is no environment yet: treadle environment set dev'
          : 'nothing answers in an environment yet: treadle promote MODEL@v1 --to ENVIRONMENT',
        ['environment', 'answers', 'endpoint', 'since', 'next'],
        found.environments.flatMap(({ name }) =>
          found.cells
            .filter(({ environment }) => environment === name)
            .map((one) => [
              name,
              `${one.model}@v${one.version}${one.beside.map((other) => ` + ${other.role} v${other.version} ${other.percent} %`).join('')}`,
              one.endpoint,
              ago(one.since),
              nextWords(one.next),
            ]),
        ),
      ),
      ...found.on_the_way.map(
        (one) =>
          `on its way to ${one.environment}: ${one.model}@v${one.version}, ${one.state}${one.says === undefined ? '' : `: ${one.says}`} (treadle releases ${one.release})`,
      ),
    ].join('\n'),
  );
}

const nextWords = (next: contract.BoardCell['next']): string =>
  next === undefined
    ? ''
    : next.there
      ? `answers in ${next.environment}`
      : next.ok
        ? `may go to ${next.environment}`
        : `not to ${next.environment} yet: ${next.why ?? ''}`;

const table = (items: readonly contract.Environment[]): string =>
  listed(
    'there is no environment yet: treadle environment set dev',
    ['environment', 'endpoints', 'hold', 'open'],
    items.map(({ name, terms, open, closed }) => [
      name,
      [terms.endpoints, ...Object.entries(terms.models).map(([model, to]) => `${model}: ${to}`)].join(', '),
      terms.hold_min === 0 ? '' : seconds(terms.hold_min * 60_000),
      open ? 'yes' : (closed ?? 'no'),
    ]),
  );

const lines = (one: contract.Environment): string =>
  [
    `${one.name}: place ${one.position}, ${one.open ? 'open' : `closed: ${one.closed}`}`,
    `  endpoints ${one.terms.endpoints}`,
    ...Object.entries(one.terms.models).map(([model, to]) => `  ${model} at ${to}`),
    ...Object.entries(one.terms.variables).map(([name, value]) => `  ${name}=${value}`),
    ...one.terms.windows.map(
      ({ days, from, to }) => `  versions may come ${days.join(',')} ${from}-${to} (${one.terms.time_zone})`,
    ),
    ...one.terms.freezes.map(({ from, to, why }) => `  frozen ${said(from)} – ${said(to)}: ${why}`),
    ...(one.terms.hold_min === 0
      ? []
      : [`  a version answers here for ${seconds(one.terms.hold_min * 60_000)} before it goes on`]),
    ...(one.terms.rollout ? ['  versions come step by step'] : []),
  ].join('\n');
