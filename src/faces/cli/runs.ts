import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { getLoggedModel } from '../../models/contract.ts';
import { getRunStep, type RunStep } from '../../pipelines/contract.ts';
import { numberText } from '../../platform/json/index.ts';
import {
  compareRuns,
  deleteRun,
  getArtifact,
  getExperiment,
  getRun,
  listArtifacts,
  restoreRun,
  searchRuns,
  setOutcome,
  updateRun,
  type MetricSummary,
  type Run,
  type RunRow,
  type Verdict,
} from '../../tracking/contract.ts';
import type { Client } from './client.ts';
import { findExperiment } from './experiments.ts';
import type { Cli, Register } from './frame.ts';
import { choice, whole } from './options.ts';
import { ago, bytes, count, listed, number, table, upTo } from './output.ts';

interface ListOptions {
  filter?: string;
  order?: string[];
  columns?: string;
  deleted?: boolean;
  limit: number;
}

const VERDICTS: readonly Verdict[] = ['accepted', 'rejected', 'inconclusive'];

const RUNS_HELP = `
Examples:
  treadle runs ls flights --filter "metrics.auc > 0.6" --order "metrics.auc DESC"
  treadle runs compare 01a2072e… 01a2072f…
  treadle runs judge 01a2072e… rejected --reason "worse on winter days"
  treadle runs download 01a2072e… plots/roc.png -o roc.png`;

/** `treadle runs …` */
export const register: Register = (program, cli) => {
  const runs = program
    .command('runs')
    .description('search, show, compare and judge runs')
    .addHelpText('after', RUNS_HELP);
  runs
    .command('ls [experiment]')
    .description('list runs, the newest first; of one experiment, or of all')
    .option('--filter <filter>', "such as: metrics.auc > 0.6 AND (params.model = 'xgb' OR tags.team = 'ops')")
    .option('--order <order...>', "such as: 'metrics.auc DESC'")
    .option('--columns <columns>', 'metrics.…, params.…, tags.… to show, separated by commas')
    .option('--deleted', 'the deleted ones')
    .option('--limit <n>', 'at most this many', whole(1), 50)
    .action(async (experiment: string | undefined, options: ListOptions) => {
      const client = cli.client();
      const columns = options.columns?.split(',').map((column) => column.trim()) ?? [];
      const body = {
        experiments: experiment === undefined ? [] : [(await findExperiment(client, experiment)).id],
        columns: [...columns, ...(options.order ?? []).flatMap(orderedColumn)],
        ...(options.filter === undefined ? {} : { filter: options.filter }),
        ...(options.order === undefined ? {} : { order: options.order }),
        ...(options.deleted === true ? { state: 'deleted' as const } : {}),
      };
      const found = await upTo(options.limit, (page) =>
        client.call(searchRuns, { body: { ...body, ...page } }),
      );
      const nothing =
        experiment === undefined && options.filter === undefined && options.deleted !== true
          ? `there is no run yet; MLFLOW_TRACKING_URI=${client.url} in front of a training script logs one`
          : 'there is no such run';
      cli.output().list(found, (items) => runTable(items, nothing));
    });
  runs
    .command('show <run>')
    .description('show all that a run holds')
    .action(async (id: string) => {
      const client = cli.client();
      const run = await client.call(getRun, { params: { run: id } });
      const ofPipeline = typeof run.code?.['execution'] === 'string';
      await showRun(
        cli,
        run,
        ofPipeline ? await client.call(getRunStep, { params: { run: id } }) : undefined,
      );
    });
  runs
    .command('compare <runs...>')
    .description('show what differs between runs')
    .action(async (ids: string[]) => {
      const compared = await cli.client().call(compareRuns, { body: { runs: ids } });
      cli.output().result(compared.runs, () => differences(compared.runs));
    });
  runs
    .command('judge <run>')
    .description('write a verdict on a run, with the reason')
    .argument('<verdict>', VERDICTS.join(', '), choice(...VERDICTS))
    .requiredOption('-m, --reason <text>', 'why')
    .action(async (run: string, verdict: Verdict, { reason }: { reason: string }) => {
      const body = { verdict, reason };
      await showRun(cli, await cli.client().call(setOutcome, { params: { run }, body }));
    });
  runs
    .command('note <run> <text>')
    .description('write the note of a run, in Markdown')
    .action(async (run: string, note: string) =>
      showRun(cli, await cli.client().call(updateRun, { params: { run }, body: { note } })),
    );
  runs
    .command('rm <run>')
    .description('delete a run; it can be restored')
    .action(async (run: string) => {
      const deleted = await cli.client().call(deleteRun, { params: { run } });
      cli.output().result(deleted, () => `deleted run ${run}; treadle runs restore ${run} brings it back`);
    });
  runs
    .command('restore <run>')
    .description('bring a deleted run back')
    .action(async (run: string) => {
      const restored = await cli.client().call(restoreRun, { params: { run } });
      cli.output().result(restored, () => `restored run ${run}`);
    });
  runs
    .command('artifacts <run> [folder]')
    .description('list the artifacts of a run')
    .action(async (run: string, folder: string | undefined) => {
      const query = folder === undefined ? {} : { path: folder };
      const { items } = await cli.client().call(listArtifacts, { params: { run }, query });
      cli.output().result(items, () =>
        listed(
          folder === undefined ? 'the run has no artifacts' : `there is nothing in '${folder}'`,
          ['path', 'size'],
          items.map((entry) => [entry.folder ? `${entry.path}/` : entry.path, bytes(entry.size ?? 0)]),
        ),
      );
    });
  runs
    .command('download <run> <artifact>')
    .description('write one artifact to a file')
    .requiredOption('-o, --output <file>', 'the file to write')
    .action(async (run: string, artifact: string, { output }: { output: string }) => {
      const stream = await cli.client().call(getArtifact, { params: { run, '*': artifact } });
      const file = createWriteStream(output);
      await pipeline(stream, file);
      cli
        .output()
        .result(
          { file: output, bytes: file.bytesWritten },
          () => `wrote ${output}, ${bytes(file.bytesWritten)}`,
        );
    });
};

/** The metric or param that the list is ordered by is worth a column. */
const orderedColumn = (order: string): string[] => {
  const name = order.replace(/\s+(asc|desc)\s*$/i, '').replaceAll(/[`"]/g, '');
  return /^(metrics|params|tags)\./.test(name) ? [name] : [];
};

function runTable(items: readonly RunRow[], nothing: string): string {
  const keys = (part: 'metrics' | 'params' | 'tags') => [
    ...new Set(items.flatMap((run) => Object.keys(run[part]))),
  ];
  const metrics = keys('metrics');
  const others = [
    ...keys('params').map((key) => ['params', key] as const),
    ...keys('tags').map((key) => ['tags', key] as const),
  ];
  return listed(
    nothing,
    ['run', 'name', 'status', 'verdict', 'started', ...metrics, ...others.map(([, key]) => key)],
    items.map((run) => [
      run.id,
      run.name,
      run.status,
      run.outcome?.verdict ?? '',
      ago(run.started_at),
      ...metrics.map((key) => run.metrics[key] ?? ''),
      ...others.map(([part, key]) => run[part][key] ?? ''),
    ]),
  );
}

async function showRun(cli: Cli, run: Run, step?: RunStep): Promise<void> {
  const output = cli.output();
  const names = output.json ? new Map<string, string>() : await namesFor(cli.client(), run);
  output.result(step ? { ...run, pipeline_step: step } : run, () => {
    const known = new Set(run.inputs.map(({ version }) => version));
    const seconds = run.resources.wall_seconds ?? 0;
    const { outcome, note } = run;
    return [
      `${run.name}  ${run.id}  (${run.status}${run.state === 'deleted' ? ', deleted' : ''})`,
      `experiment ${nameOr(names, run.experiment)}, by ${run.user}, ${ago(run.started_at)}, took ${seconds.toFixed(1)} s`,
      ...(outcome ? [`${outcome.verdict} by ${outcome.by}: ${outcome.reason}`] : []),
      ...(note === undefined ? [] : ['', note]),
      section('metrics', run.metrics.filter(({ key }) => !key.startsWith('system/')).map(metricLine)),
      section('params', Object.entries(run.params)),
      ...(step
        ? [
            `\nmade by ${step.pipeline} #${step.number}${step.step === undefined ? '' : `, step ${step.step}`}`,
          ]
        : []),
      section('data read', [
        ...run.inputs.map((input): [string, string] => [
          input.version_ref ?? `${input.name} (${input.digest})`,
          input.context ?? '',
        ]),
        ...(step?.data ?? [])
          .filter(({ version_id }) => !known.has(version_id))
          .map(({ dataset, version, name }): [string, string] => [`${dataset}@${version}`, name]),
        ...(step?.read ?? []).map((one): [string, string] => [
          `${one.step}.${one.output.name}`,
          one.output.path,
        ]),
        ...(step?.lost ?? []).map((name): [string, string] => [name, 'not there any more']),
      ]),
      section(
        'outputs made',
        (step?.made ?? []).map((one) => [
          `${one.step}.${one.output.name}`,
          `${one.output.path}, ${bytes(one.output.size)}`,
        ]),
      ),
      section('models made', [
        ...run.outputs.map(({ model }): [string, string] => [nameOr(names, model), '']),
        ...(step?.models ?? []).map(({ name, version }): [string, string] => [`${name} v${version}`, '']),
      ]),
      section(
        'models read',
        run.model_inputs.map(({ model }): [string, string] => [nameOr(names, model), '']),
      ),
      section('environment', environmentOf(run.environment)),
      section(
        'resources',
        run.resources.sampled.map(({ key, min, mean, max }) => [
          key,
          `${short(min)} … ${short(mean)} … ${short(max)}`,
        ]),
      ),
    ]
      .filter((part) => part !== undefined)
      .join('\n');
  });
}

/** What its experiment and logged models are called; a name that may not be asked for stays an id. */
async function namesFor(client: Client, run: Run): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  const models = new Set([...run.outputs, ...run.model_inputs].map(({ model }) => model));
  await Promise.all([
    client
      .call(getExperiment, { params: { experiment: run.experiment } })
      .then(({ name }) => names.set(run.experiment, name))
      .catch(() => undefined),
    ...[...models].slice(0, 20).map((id) =>
      client
        .call(getLoggedModel, { params: { id } })
        .then(({ logged_model }) => names.set(id, logged_model.name))
        .catch(() => undefined),
    ),
  ]);
  return names;
}

const nameOr = (names: ReadonlyMap<string, string>, id: string): string => {
  const name = names.get(id);
  return name === undefined ? id : `${name} (${id})`;
};

/** What it ran on in a few lines: all packages fill a screen, so they are counted and told apart by a digest. */
function environmentOf(environment: Run['environment']): Array<[string, string]> {
  if (environment === undefined) return [];
  const { interpreter, platform, packages } = environment;
  const list =
    typeof packages === 'object' && packages !== null
      ? Object.entries(packages).toSorted(([a], [b]) => (a < b ? -1 : 1))
      : [];
  const digest = createHash('sha256').update(JSON.stringify(list)).digest('hex').slice(0, 12);
  return [
    ...(typeof interpreter === 'string' ? [['interpreter', interpreter] as [string, string]] : []),
    ...(typeof platform === 'string' ? [['platform', platform] as [string, string]] : []),
    ...(list.length > 0
      ? [
          ['packages', `${count(list.length, 'package')}, digest ${digest}; all of them with --json`] as [
            string,
            string,
          ],
        ]
      : []),
  ];
}

const section = (title: string, rows: ReadonlyArray<readonly [string, string]>): string | undefined =>
  rows.length === 0 ? undefined : `\n${table([title, ''], rows)}`;

const metricLine = ({ key, last, step, min, max }: MetricSummary): [string, string] => [
  key,
  `${valueText(last)} at step ${step}${min === max ? '' : `, from ${short(min)} to ${short(max)}`}`,
];

const valueText = (value: MetricSummary['last']): string =>
  typeof value === 'number' ? numberText(value) : value;

const short = (value: number | undefined): string => (value === undefined ? '–' : number(value, 5));

/** Only the rows that are not equal everywhere. */
function differences(all: readonly Run[]): string {
  const rows: string[][] = [];
  const compare = (name: string, values: readonly string[]) => {
    if (new Set(values).size > 1) rows.push([name, ...values]);
  };
  compare(
    'status',
    all.map(({ status }) => status),
  );
  compare(
    'verdict',
    all.map(({ outcome }) => outcome?.verdict ?? ''),
  );
  compare(
    'data read',
    all.map(({ inputs }) =>
      inputs.map((input) => input.version_ref ?? `${input.name} ${input.digest}`).join(', '),
    ),
  );
  for (const key of new Set(all.flatMap(({ params }) => Object.keys(params))))
    compare(
      `params.${key}`,
      all.map(({ params }) => params[key] ?? ''),
    );
  for (const key of new Set(all.flatMap(({ metrics }) => metrics.map((metric) => metric.key)))) {
    compare(
      `metrics.${key}`,
      all.map(({ metrics }) => {
        const found = metrics.find((metric) => metric.key === key);
        return found ? valueText(found.last) : '';
      }),
    );
  }
  if (rows.length === 0) return 'nothing differs';
  return table(['', ...all.map(({ name }) => name)], rows);
}
