import { sql, type Selectable, type SqlBool } from 'kysely';
import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { insertMany } from '../platform/db/index.ts';
import { missing } from '../platform/errors/index.ts';
import {
  compileAfter,
  compileComparison,
  compileFilter,
  compileOrder,
  type Cursor,
  type Filter,
  type Order,
  type SortKey,
} from '../platform/search/index.ts';
import type { GenaiTables } from './schema.ts';

export const tables = (ctx: Pick<Ctx, 'db'>) => ctx.db.$extendTables<GenaiTables>();
export type DatasetRow = Selectable<GenaiTables['evaluation_dataset']>;
export type RecordRow = Selectable<GenaiTables['evaluation_record']>;

/** Numbers of one statement. */
const PIECE = 500;

export async function insertDataset(tx: Tx, row: DatasetRow): Promise<void> {
  await tables(tx).insertInto('evaluation_dataset').values(row).execute();
}

export async function requireDataset(ctx: Ctx, id: string): Promise<DatasetRow> {
  const row = await tables(ctx)
    .selectFrom('evaluation_dataset')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('id', '=', id)
    .executeTakeFirst();
  if (!row)
    throw missing(`Evaluation dataset with id '${id.slice(0, 80)}' not found`, {
      field: 'dataset_id',
      hint: 'datasets/search lists them',
    });
  return row;
}

export async function changeDataset(tx: Tx, id: string, change: Partial<DatasetRow>): Promise<void> {
  await tables(tx)
    .updateTable('evaluation_dataset')
    .set(change)
    .where('workspace', '=', tx.workspace)
    .where('id', '=', id)
    .execute();
}

export async function removeDataset(tx: Tx, id: string): Promise<void> {
  for (const table of [
    'evaluation_record',
    'evaluation_dataset_experiment',
    'evaluation_dataset_tag',
  ] as const)
    await tables(tx)
      .deleteFrom(table)
      .where('workspace', '=', tx.workspace)
      .where('dataset_id', '=', id)
      .execute();
  await tables(tx)
    .deleteFrom('evaluation_dataset')
    .where('workspace', '=', tx.workspace)
    .where('id', '=', id)
    .execute();
}

export async function addToExperiments(tx: Tx, id: string, experiments: readonly number[]): Promise<void> {
  if (experiments.length === 0) return;
  await insertMany(
    tx.db,
    tx.dialect,
    'evaluation_dataset_experiment',
    ['workspace', 'dataset_id', 'experiment_id', 'added_at'],
    experiments.map((experiment) => [tx.workspace, id, experiment, tx.clock.now()]),
    'on conflict do nothing',
  );
}

export async function removeFromExperiments(
  tx: Tx,
  id: string,
  experiments: readonly number[],
): Promise<void> {
  if (experiments.length === 0) return;
  await tables(tx)
    .deleteFrom('evaluation_dataset_experiment')
    .where('workspace', '=', tx.workspace)
    .where('dataset_id', '=', id)
    .where('experiment_id', 'in', experiments)
    .execute();
}

export async function putDatasetTags(
  tx: Tx,
  id: string,
  tags: Readonly<Record<string, string>>,
): Promise<void> {
  await insertMany(
    tx.db,
    tx.dialect,
    'evaluation_dataset_tag',
    ['workspace', 'dataset_id', 'key', 'value'],
    Object.entries(tags).map(([key, value]) => [tx.workspace, id, key, value]),
    'on conflict (dataset_id, key) do update set value = excluded.value',
  );
}

export async function removeDatasetTag(tx: Tx, id: string, key: string): Promise<void> {
  await tables(tx)
    .deleteFrom('evaluation_dataset_tag')
    .where('workspace', '=', tx.workspace)
    .where('dataset_id', '=', id)
    .where('key', '=', key)
    .execute();
}

export async function datasetTagsOf(
  ctx: Ctx,
  ids: readonly string[],
): Promise<Map<string, Record<string, string>>> {
  const found = new Map<string, Record<string, string>>();
  for (let at = 0; at < ids.length; at += PIECE) {
    const rows = await tables(ctx)
      .selectFrom('evaluation_dataset_tag')
      .selectAll()
      .where('workspace', '=', ctx.workspace)
      .where('dataset_id', 'in', ids.slice(at, at + PIECE))
      .orderBy('key')
      .execute();
    for (const { dataset_id, key, value } of rows) {
      const tags = found.get(dataset_id) ?? {};
      tags[key] = value;
      found.set(dataset_id, tags);
    }
  }
  return found;
}

/** Of each dataset the experiments that it is in, in the order in which it came to them. */
export async function experimentsOf(ctx: Ctx, ids: readonly string[]): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for (let at = 0; at < ids.length; at += PIECE) {
    const rows = await tables(ctx)
      .selectFrom('evaluation_dataset_experiment')
      .select(['dataset_id', 'experiment_id'])
      .where('workspace', '=', ctx.workspace)
      .where('dataset_id', 'in', ids.slice(at, at + PIECE))
      .orderBy('added_at')
      .orderBy('experiment_id')
      .execute();
    for (const { dataset_id, experiment_id } of rows)
      found.set(dataset_id, [...(found.get(dataset_id) ?? []), String(experiment_id)]);
  }
  return found;
}

const COLUMNS: Readonly<Record<string, string>> = {
  name: 'd.name',
  created_by: 'd.created_by',
  last_updated_by: 'd.updated_by',
  created_time: 'd.created_at',
  last_update_time: 'd.updated_at',
};

export async function searchDatasetRows(
  ctx: Ctx,
  {
    experiments,
    filter,
    order,
    after,
    limit,
  }: {
    experiments: readonly number[] | undefined;
    filter: Filter | undefined;
    order: readonly Order[];
    after: Cursor | undefined;
    limit: number;
  },
): Promise<{ rows: DatasetRow[]; next?: Cursor }> {
  const keys: SortKey[] = [
    ...order.map(({ left, descending }) => ({ expression: sql.ref(COLUMNS[left.key]!), descending })),
    { expression: sql.ref('d.id'), descending: false },
  ];
  let query = tables(ctx)
    .selectFrom('evaluation_dataset as d')
    .selectAll('d')
    .where('d.workspace', '=', ctx.workspace);
  if (experiments)
    query = query.where(
      sql<SqlBool>`exists (select 1 from evaluation_dataset_experiment e where e.dataset_id = d.id and e.experiment_id in (${
        experiments.length === 0 ? sql`null` : sql.join(experiments)
      }))`,
    );
  if (filter)
    query = query.where(
      compileFilter(filter, (test) => {
        if (test.kind === 'null') throw new Error('no name of a dataset can be tested with IS NULL');
        if (test.left.entity !== 'tag')
          return compileComparison(ctx.dialect, sql.ref(COLUMNS[test.left.key]!), test);
        const value = compileComparison(ctx.dialect, sql.ref('t.value'), test);
        return sql<SqlBool>`exists (select 1 from evaluation_dataset_tag t where t.dataset_id = d.id and t.key = ${test.left.key} and ${value})`;
      }),
    );
  if (after) query = query.where(compileAfter(keys, after));
  const values = keys.map(({ expression }, i) => sql<string | number>`${expression}`.as(`sort_${i}`));
  const found = await query
    .select(values)
    .orderBy(compileOrder(keys))
    .limit(limit + 1)
    .execute();
  const rows = found.slice(0, limit);
  const last: Record<string, unknown> | undefined = rows.at(-1);
  if (found.length <= limit || last === undefined) return { rows };
  return { rows, next: keys.map((_key, i) => last[`sort_${i}`] as string | number) };
}

export async function recordsByKeys(
  ctx: Ctx,
  dataset: string,
  keys: readonly string[],
): Promise<Map<string, RecordRow>> {
  const found = new Map<string, RecordRow>();
  for (let at = 0; at < keys.length; at += PIECE) {
    const rows = await tables(ctx)
      .selectFrom('evaluation_record')
      .selectAll()
      .where('workspace', '=', ctx.workspace)
      .where('dataset_id', '=', dataset)
      .where('key', 'in', keys.slice(at, at + PIECE))
      .execute();
    for (const row of rows) found.set(row.key, row);
  }
  return found;
}

const RECORD_COLUMNS = [
  'id', 'workspace', 'dataset_id', 'key', 'inputs', 'answer', 'expectations', 'tags', 'source', 'created_at', 'updated_at', 'created_by', 'updated_by',
] as const; // prettier-ignore

export async function putRecords(tx: Tx, rows: readonly RecordRow[]): Promise<void> {
  await insertMany(
    tx.db,
    tx.dialect,
    'evaluation_record',
    RECORD_COLUMNS,
    rows.map((row) => RECORD_COLUMNS.map((column) => row[column])),
    `on conflict (dataset_id, key) do update set ${[
      'answer',
      'expectations',
      'tags',
      'updated_at',
      'updated_by',
    ]
      .map((column) => `${column} = excluded.${column}`)
      .join(', ')}`,
  );
}

/** Oldest first. */
export function selectRecords(
  ctx: Ctx,
  dataset: string,
  limit: number,
  after: readonly [number, string] | undefined,
): Promise<RecordRow[]> {
  let query = tables({ db: ctx.scan })
    .selectFrom('evaluation_record')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('dataset_id', '=', dataset);
  if (after) query = query.where(sql<boolean>`(created_at, id) > (${after[0]}, ${after[1]})`);
  return query.orderBy('created_at').orderBy('id').limit(limit).execute();
}

export async function countRecords(ctx: Ctx, dataset: string): Promise<number> {
  const { count } = await tables(ctx)
    .selectFrom('evaluation_record')
    .select((eb) => eb.fn.countAll().as('count'))
    .where('workspace', '=', ctx.workspace)
    .where('dataset_id', '=', dataset)
    .executeTakeFirstOrThrow();
  return Number(count);
}

export async function removeRecords(tx: Tx, dataset: string, ids: readonly string[]): Promise<number> {
  let gone = 0;
  for (let at = 0; at < ids.length; at += PIECE) {
    const { numDeletedRows } = await tables(tx)
      .deleteFrom('evaluation_record')
      .where('workspace', '=', tx.workspace)
      .where('dataset_id', '=', dataset)
      .where('id', 'in', ids.slice(at, at + PIECE))
      .executeTakeFirst();
    gone += Number(numDeletedRows);
  }
  return gone;
}
