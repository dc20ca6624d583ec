import { sql, type Selectable } from 'kysely';
import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { insertMany } from '../platform/db/index.ts';
import { missing } from '../platform/errors/index.ts';
import type { GenaiTables } from './schema.ts';
import { tables } from './store-datasets.ts';

export type ScorerVersionRow = Selectable<GenaiTables['scorer_version']> & {
  name: string;
  experiment_id: number;
};
export type LabelSchemaRow = Selectable<GenaiTables['label_schema']>;
export type QueueRow = Selectable<GenaiTables['review_queue']>;
export type ItemRow = Selectable<GenaiTables['review_item']>;

export const findScorer = (ctx: Ctx, experiment: number, name: string) =>
  tables(ctx)
    .selectFrom('scorer')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('experiment_id', '=', experiment)
    .where('name', '=', name)
    .executeTakeFirst();

export async function putScorer(tx: Tx, row: Selectable<GenaiTables['scorer']>): Promise<void> {
  await tables(tx)
    .insertInto('scorer')
    .values(row)
    .onConflict((on) => on.column('id').doUpdateSet({ next_version: row.next_version }))
    .execute();
}

export async function insertScorerVersion(
  tx: Tx,
  row: Selectable<GenaiTables['scorer_version']>,
): Promise<void> {
  await tables(tx).insertInto('scorer_version').values(row).execute();
}

export async function removeScorerVersions(tx: Tx, id: string, version: number | undefined): Promise<number> {
  let query = tables(tx)
    .deleteFrom('scorer_version')
    .where('workspace', '=', tx.workspace)
    .where('scorer_id', '=', id);
  if (version !== undefined) query = query.where('version', '=', version);
  const { numDeletedRows } = await query.executeTakeFirst();
  const left = await tables(tx)
    .selectFrom('scorer_version')
    .select('version')
    .where('scorer_id', '=', id)
    .limit(1)
    .executeTakeFirst();
  if (!left)
    await tables(tx)
      .deleteFrom('scorer')
      .where('workspace', '=', tx.workspace)
      .where('id', '=', id)
      .execute();
  return Number(numDeletedRows);
}

/** Versions of scorers of these experiments, by name and version; `latest`: the newest of each alone. */
export async function selectScorers(
  ctx: Ctx,
  {
    experiments,
    name,
    version,
    latest,
  }: {
    experiments: readonly number[];
    name?: string | undefined;
    version?: number | undefined;
    latest: boolean;
  },
): Promise<ScorerVersionRow[]> {
  if (experiments.length === 0) return [];
  let query = tables(ctx)
    .selectFrom('scorer_version as v')
    .innerJoin('scorer as s', 's.id', 'v.scorer_id')
    .selectAll('v')
    .select(['s.name', 's.experiment_id'])
    .where('s.workspace', '=', ctx.workspace)
    .where('s.experiment_id', 'in', experiments);
  if (name !== undefined) query = query.where('s.name', '=', name);
  if (version !== undefined) query = query.where('v.version', '=', version);
  if (latest)
    query = query.where(
      sql<boolean>`v.version = (select max(o.version) from scorer_version o where o.scorer_id = v.scorer_id)`,
    );
  return query.orderBy('s.experiment_id').orderBy('s.name').orderBy('v.version').execute();
}

export async function requireLabelSchema(ctx: Ctx, id: string): Promise<LabelSchemaRow> {
  const row = await tables(ctx)
    .selectFrom('label_schema')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('id', '=', id)
    .executeTakeFirst();
  if (!row)
    throw missing(`Label schema with id '${id.slice(0, 80)}' not found.`, {
      field: 'schema_id',
      hint: 'label-schemas/list lists those of an experiment',
    });
  return row;
}

export const selectLabelSchemas = (ctx: Ctx, experiment: number): Promise<LabelSchemaRow[]> =>
  tables(ctx)
    .selectFrom('label_schema')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('experiment_id', '=', experiment)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .execute();

export async function putLabelSchema(tx: Tx, row: LabelSchemaRow): Promise<void> {
  await tables(tx)
    .insertInto('label_schema')
    .values(row)
    .onConflict((on) => on.column('id').doUpdateSet(row))
    .execute();
}

export async function removeLabelSchema(tx: Tx, id: string): Promise<void> {
  await tables(tx)
    .deleteFrom('label_schema')
    .where('workspace', '=', tx.workspace)
    .where('id', '=', id)
    .execute();
}

export async function requireQueue(ctx: Ctx, id: string): Promise<QueueRow> {
  const row = await tables(ctx)
    .selectFrom('review_queue')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('id', '=', id)
    .executeTakeFirst();
  if (!row)
    throw missing(`Review queue with id '${id.slice(0, 80)}' not found.`, {
      field: 'queue_id',
      hint: 'review-queues/list lists those of an experiment',
    });
  return row;
}

export const selectQueues = (ctx: Ctx, experiment: number): Promise<QueueRow[]> =>
  tables(ctx)
    .selectFrom('review_queue')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('experiment_id', '=', experiment)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .execute();

export async function putQueue(tx: Tx, row: QueueRow): Promise<void> {
  await tables(tx)
    .insertInto('review_queue')
    .values(row)
    .onConflict((on) => on.column('id').doUpdateSet(row))
    .execute();
}

export async function removeQueue(tx: Tx, id: string): Promise<void> {
  await tables(tx)
    .deleteFrom('review_item')
    .where('workspace', '=', tx.workspace)
    .where('queue_id', '=', id)
    .execute();
  await tables(tx)
    .deleteFrom('review_queue')
    .where('workspace', '=', tx.workspace)
    .where('id', '=', id)
    .execute();
}

export const findItems = (ctx: Ctx, queue: string, ids: readonly string[]): Promise<ItemRow[]> =>
  tables(ctx)
    .selectFrom('review_item')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('queue_id', '=', queue)
    .where('item_id', 'in', ids)
    .execute();

/** In which queues an item is. */
export async function queuesWith(ctx: Ctx, item: string): Promise<Set<string>> {
  const rows = await tables(ctx)
    .selectFrom('review_item')
    .select('queue_id')
    .where('workspace', '=', ctx.workspace)
    .where('item_id', '=', item)
    .execute();
  return new Set(rows.map(({ queue_id }) => queue_id));
}

export async function insertItems(tx: Tx, queue: string, ids: readonly string[]): Promise<void> {
  const now = tx.clock.now();
  await insertMany(
    tx.db,
    tx.dialect,
    'review_item',
    ['workspace', 'queue_id', 'item_id', 'status', 'created_at', 'updated_at'],
    ids.map((id) => [tx.workspace, queue, id, 'PENDING', now, now]),
    'on conflict do nothing',
  );
}

export async function changeItem(
  tx: Tx,
  queue: string,
  item: string,
  change: Partial<ItemRow>,
): Promise<void> {
  await tables(tx)
    .updateTable('review_item')
    .set(change)
    .where('workspace', '=', tx.workspace)
    .where('queue_id', '=', queue)
    .where('item_id', '=', item)
    .execute();
}

export async function removeItems(tx: Tx, queue: string, ids: readonly string[]): Promise<void> {
  await tables(tx)
    .deleteFrom('review_item')
    .where('workspace', '=', tx.workspace)
    .where('queue_id', '=', queue)
    .where('item_id', 'in', ids)
    .execute();
}

/** Oldest first. */
export function selectItems(
  ctx: Ctx,
  queue: string,
  {
    status,
    after,
    limit,
  }: { status?: string | undefined; after: readonly [number, string] | undefined; limit: number },
): Promise<ItemRow[]> {
  let query = tables(ctx)
    .selectFrom('review_item')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('queue_id', '=', queue);
  if (status !== undefined) query = query.where('status', '=', status);
  if (after) query = query.where(sql<boolean>`(created_at, item_id) > (${after[0]}, ${after[1]})`);
  return query.orderBy('created_at').orderBy('item_id').limit(limit).execute();
}
