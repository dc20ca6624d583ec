import path from 'node:path';
import { invalid } from '../../../../platform/errors/index.ts';
import type { DatasetFact, Pairs, Point } from '../facts.ts';
import { number, text } from '../json.ts';
import { filesAt } from './places.ts';
import { all, type Row, type Sql } from './sql.ts';
import {
  statusOf,
  type MlflowExperiment,
  type MlflowModel,
  type MlflowRun,
  type MlflowStore,
} from './store.ts';

/** Tables and the columns that are read of them; what an older schema lacks is null. */
const COLUMNS = {
  experiments: [
    'experiment_id',
    'name',
    'artifact_location',
    'lifecycle_stage',
    'creation_time',
    'workspace',
  ],
  experiment_tags: ['key', 'value', 'experiment_id'],
  runs: [
    'run_uuid',
    'name',
    'user_id',
    'status',
    'start_time',
    'end_time',
    'lifecycle_stage',
    'artifact_uri',
    'experiment_id',
    'source_type',
    'source_name',
    'source_version',
    'entry_point_name',
  ],
  params: ['key', 'value', 'run_uuid'],
  tags: ['key', 'value', 'run_uuid'],
  metrics: ['key', 'value', 'timestamp', 'step', 'is_nan', 'run_uuid'],
  datasets: [
    'dataset_uuid',
    'name',
    'digest',
    'dataset_source_type',
    'dataset_source',
    'dataset_schema',
    'dataset_profile',
  ],
  inputs: ['input_uuid', 'source_type', 'source_id', 'destination_type', 'destination_id', 'step'],
  input_tags: ['input_uuid', 'name', 'value'],
  logged_models: [
    'model_id',
    'experiment_id',
    'name',
    'artifact_location',
    'creation_timestamp_ms',
    'status',
    'lifecycle_stage',
    'model_type',
    'source_run_id',
  ],
  logged_model_params: ['model_id', 'param_key', 'param_value'],
  logged_model_tags: ['model_id', 'tag_key', 'tag_value'],
  logged_model_metrics: [
    'model_id',
    'metric_name',
    'metric_timestamp_ms',
    'metric_step',
    'metric_value',
    'run_id',
    'dataset_name',
    'dataset_digest',
  ],
  registered_models: ['name', 'description', 'workspace'],
  registered_model_tags: ['key', 'value', 'name', 'workspace'],
  registered_model_aliases: ['alias', 'version', 'name', 'workspace'],
  model_versions: [
    'name',
    'version',
    'creation_time',
    'description',
    'current_stage',
    'source',
    'run_id',
    'workspace',
  ],
  model_version_tags: ['key', 'value', 'name', 'version', 'workspace'],
} as const;
type Table = keyof typeof COLUMNS;

/** An MLflow database, of any schema that has had runs in it: what is there is looked up first. */
export async function mlflowDatabase(
  sql: Sql,
  { place, base, artifacts }: { place: string; base: string; artifacts: string | undefined },
): Promise<MlflowStore> {
  const known = new Map<Table, ReadonlySet<string>>();
  for (const table of Object.keys(COLUMNS) as Table[]) known.set(table, await sql.columns(table));
  if (known.get('runs')!.size === 0 || known.get('experiments')!.size === 0)
    throw invalid(`${place} has no tables of MLflow`, {
      field: 'uri',
      hint: 'name the database that mlflow server has as its --backend-store-uri',
    });
  const has = (table: Table): boolean => known.get(table)!.size > 0;
  const select = (table: Table, rest = ''): string =>
    `SELECT ${COLUMNS[table].map((column) => (known.get(table)!.has(column) ? `"${column}"` : `NULL AS "${column}"`)).join(', ')} FROM ${table} ${rest}`;
  const rows = (table: Table, rest: string, parameters: readonly string[] = []): Promise<Row[]> =>
    has(table) ? all(sql, select(table, rest), parameters) : Promise.resolve([]);
  const files = (uri: string | undefined, ...candidates: string[]) =>
    filesAt(uri, { base, artifacts, candidates });

  const toRun = async (row: Row, folder: string): Promise<MlflowRun> => {
    const id = text(row['run_uuid']) ?? '';
    const tags = pairs(await rows('tags', 'WHERE run_uuid = ?', [id]));
    const [counted] = await all(
      sql,
      'SELECT count(*) AS n, sum(step) AS steps, max(timestamp) AS last FROM metrics WHERE run_uuid = ?',
      [id],
    );
    const uri = text(row['artifact_uri']);
    const linked = (kind: string, from: 'source_id' | 'destination_id') =>
      rows('inputs', `WHERE ${from} = ? AND (source_type = '${kind}' OR destination_type = '${kind}')`, [id]);
    return {
      id,
      name: text(row['name']) || tags.find(([key]) => key === 'mlflow.runName')?.[1],
      user: text(row['user_id']),
      status: statusOf(text(row['status'])),
      startedAt: number(row['start_time']),
      endedAt: number(row['end_time']),
      deleted: text(row['lifecycle_stage']) === 'deleted',
      artifactUri: uri,
      params: pairs(await rows('params', 'WHERE run_uuid = ?', [id])),
      tags: [...tags, ...oldColumns(row, tags)],
      metricsMark: `${text(counted?.['n']) ?? ''} ${text(counted?.['steps']) ?? ''} ${text(counted?.['last']) ?? ''}`,
      async *points() {
        for await (const portion of sql.rows(select('metrics', 'WHERE run_uuid = ?'), [id]))
          yield portion.map(toPoint);
      },
      datasets: () => datasetsOf(id),
      modelInputs: async () =>
        (await linked('MODEL_INPUT', 'source_id')).map((one) => text(one['destination_id']) ?? ''),
      modelOutputs: async () =>
        (await linked('MODEL_OUTPUT', 'source_id')).map((one) => ({
          model: text(one['destination_id']) ?? '',
          step: number(one['step']) ?? 0,
        })),
      files: () => files(uri, ...moved(folder, id)),
    };
  };
  /** Where a server that was started beside its database keeps files. */
  const moved = (folder: string, id: string): string[] =>
    ['mlruns', 'mlartifacts'].map((name) => path.join(base, name, folder, id, 'artifacts'));

  const datasetsOf = async (run: string): Promise<DatasetFact[]> => {
    const found: DatasetFact[] = [];
    for (const input of await rows('inputs', "WHERE destination_id = ? AND source_type = 'DATASET'", [run])) {
      const [dataset] = await rows('datasets', 'WHERE dataset_uuid = ?', [text(input['source_id']) ?? '']);
      if (!dataset) continue;
      const tags = await rows('input_tags', 'WHERE input_uuid = ?', [text(input['input_uuid']) ?? '']);
      const [schema, profile] = [text(dataset['dataset_schema']), text(dataset['dataset_profile'])];
      found.push({
        name: text(dataset['name']) ?? '',
        digest: text(dataset['digest']) ?? '',
        sourceType: text(dataset['dataset_source_type']) ?? '',
        source: text(dataset['dataset_source']) ?? '',
        ...(schema === undefined ? {} : { schema }),
        ...(profile === undefined ? {} : { profile }),
        tags: pairs(tags, 'name'),
      });
    }
    return found;
  };

  const [counted] = await all(sql, 'SELECT count(*) AS n FROM runs');
  return {
    place,
    runs: number(counted?.['n']) ?? 0,
    async *experiments() {
      for (const row of await rows('experiments', 'ORDER BY experiment_id')) {
        const id = text(row['experiment_id']) ?? '';
        yield {
          id,
          name: walled(text(row['name']) ?? id, row),
          location: text(row['artifact_location']),
          deleted: text(row['lifecycle_stage']) === 'deleted',
          createdAt: number(row['creation_time']),
          tags: pairs(await rows('experiment_tags', `WHERE experiment_id = ${whole(id)}`)),
        };
      }
    },
    async *runsOf({ id }: MlflowExperiment) {
      // Ids first: SQLite is asked for other things between two runs.
      for (const row of await rows(
        'runs',
        `WHERE experiment_id = ${whole(id)} ORDER BY start_time, run_uuid`,
      ))
        yield await toRun(row, id);
    },
    async *loggedModels({ id: experiment }) {
      for (const row of await rows(
        'logged_models',
        `WHERE experiment_id = ${whole(experiment)} ORDER BY creation_timestamp_ms`,
      )) {
        const id = text(row['model_id']) ?? '';
        const [type, run] = [text(row['model_type']), text(row['source_run_id'])];
        const metrics = await rows('logged_model_metrics', 'WHERE model_id = ?', [id]);
        yield {
          id,
          experiment,
          name: text(row['name']) ?? id,
          ...(type ? { type } : {}),
          ...(run ? { run } : {}),
          params: pairs(
            await rows('logged_model_params', 'WHERE model_id = ?', [id]),
            'param_key',
            'param_value',
          ),
          tags: pairs(await rows('logged_model_tags', 'WHERE model_id = ?', [id]), 'tag_key', 'tag_value'),
          status: LOGGED[text(row['status']) ?? ''] ?? 'pending',
          deleted: text(row['lifecycle_stage']) === 'deleted',
          files: files(text(row['artifact_location'])),
          metrics: metrics.map((one) => {
            const [dataset, digest] = [text(one['dataset_name']), text(one['dataset_digest'])];
            return {
              key: text(one['metric_name']) ?? '',
              step: number(one['metric_step']) ?? 0,
              time: number(one['metric_timestamp_ms']) ?? 0,
              value: number(one['metric_value']) ?? NaN,
              run: text(one['run_id']) ?? '',
              ...(dataset === undefined ? {} : { dataset }),
              ...(digest === undefined ? {} : { digest }),
            };
          }),
        };
      }
    },
    async *models() {
      for (const row of await rows('registered_models', 'ORDER BY name')) {
        const name = text(row['name']) ?? '';
        const [where, values] = wall(known, 'registered_models', row);
        const at = (table: Table, rest = '') =>
          rows(table, `WHERE name = ?${known.get(table)!.has('workspace') ? where : ''} ${rest}`, [
            name,
            ...(known.get(table)!.has('workspace') ? values : []),
          ]);
        const description = text(row['description']);
        const tagged = await at('model_version_tags');
        const model: MlflowModel = {
          name: walled(name, row),
          ...(description ? { description } : {}),
          tags: pairs(await at('registered_model_tags')),
          aliases: (await at('registered_model_aliases')).map((one) => [
            text(one['alias']) ?? '',
            number(one['version']) ?? 0,
          ]),
          versions: [],
        };
        for (const one of await at('model_versions', 'ORDER BY version')) {
          // A deleted version keeps its number and nothing else.
          if (text(one['current_stage']) === 'Deleted_Internal') continue;
          const [about, run, stage] = [
            text(one['description']),
            text(one['run_id']),
            text(one['current_stage']),
          ];
          model.versions.push({
            version: number(one['version']) ?? 0,
            source: text(one['source']) ?? '',
            createdAt: number(one['creation_time']),
            ...(about ? { description: about } : {}),
            ...(run ? { run } : {}),
            ...(stage ? { stage } : {}),
            tags: pairs(tagged.filter(({ version }) => text(version) === text(one['version']))),
          });
        }
        yield model;
      }
    },
    close: () => sql.close(),
  };
}

/** By their numbers in MLflow's protocol. */
const LOGGED: Readonly<Record<string, 'pending' | 'ready' | 'failed'>> = {
  1: 'pending',
  2: 'ready',
  3: 'failed',
};

const pairs = (rows: readonly Row[], key = 'key', value = 'value'): Pairs =>
  rows.map((row) => [text(row[key]) ?? '', text(row[value]) ?? '']);

const toPoint = (row: Row): Point => ({
  key: text(row['key']) ?? '',
  step: number(row['step']) ?? 0,
  time: number(row['timestamp']) ?? 0,
  value: row['is_nan'] === true || number(row['is_nan']) === 1 ? NaN : (number(row['value']) ?? NaN),
});

/** A number that goes into a statement: ids of experiments are numbers in one database, and would be compared as text in the other. */
function whole(id: string): string {
  if (/^\d{1,20}$/.test(id)) return id;
  throw invalid(`'${id}' is no id of an experiment`, { field: 'uri', hint: 'the database is damaged' });
}

/** Names are unique within a workspace of theirs: those of others than the default get its name in front. */
function walled(name: string, row: Row): string {
  const workspace = text(row['workspace']);
  return workspace === undefined || workspace === 'default' ? name : `${workspace} - ${name}`;
}

function wall(known: ReadonlyMap<Table, ReadonlySet<string>>, table: Table, row: Row): [string, string[]] {
  return known.get(table)!.has('workspace')
    ? [' AND workspace = ?', [text(row['workspace']) ?? 'default']]
    : ['', []];
}

/** What MLflow 1 and 2 kept in columns of a run beside the tags that mean the same. */
function oldColumns(row: Row, tags: Pairs): Pairs {
  const has = new Set(tags.map(([key]) => key));
  return (
    [
      ['mlflow.source.name', 'source_name'],
      ['mlflow.source.type', 'source_type'],
      ['mlflow.source.git.commit', 'source_version'],
      ['mlflow.project.entryPoint', 'entry_point_name'],
    ] as const
  ).flatMap(([key, column]) => {
    const value = text(row[column]);
    return value === undefined || value === '' || value === 'UNKNOWN' || has.has(key)
      ? []
      : [[key, value] as const];
  });
}
