import { sql, type RawBuilder, type Selectable, type SqlBool } from 'kysely';
import { whereSeen } from '../../access/index.ts';
import type { Ctx, Tx } from '../../platform/ctx/index.ts';
import { conflict, missing } from '../../platform/errors/index.ts';
import {
  compileAfter,
  compileComparison,
  compileFilter,
  compileOrder,
  type Cursor,
  type Filter,
  type Order,
  type SortKey,
} from '../../platform/search/index.ts';
import type { Experiment, ExperimentRow, State, StateFilter } from '../contract.ts';
import type { TrackingTables } from '../schema.ts';
import { NOTE_TAG } from '../well-known.ts';
import { experimentNumber, pieces, tables } from './tables.ts';

type Row = Selectable<TrackingTables['experiment']>;

export async function findExperiment(
  ctx: Ctx,
  by: { id: string } | { name: string },
): Promise<Experiment | undefined> {
  const query = tables(ctx).selectFrom('experiment').selectAll().where('workspace', '=', ctx.workspace);
  const row = await (
    'id' in by ? query.where('id', '=', experimentNumber(by.id)) : query.where('name', '=', by.name)
  ).executeTakeFirst();
  return row && (await withTags(ctx, [row]))[0];
}

/** Throws `missing` for an unknown id. */
export async function selectExperiment(ctx: Ctx, id: string): Promise<Experiment> {
  const found = await findExperiment(ctx, { id });
  if (!found)
    throw missing(`No Experiment with id=${id} exists`, {
      field: 'experiment_id',
      hint: 'treadle experiments ls lists the experiments with their ids',
    });
  return found;
}

/** Numbers it after the workspace's newest, under a lock, so that two makers never take one number. */
export async function insertExperiment(
  tx: Tx,
  experiment: { id?: number; name: string; artifact_location: string | null },
): Promise<string> {
  const lock = tx.dialect.sequenceLock(`experiment:${tx.workspace}`);
  if (lock) await lock.execute(tx.db);
  const newest = await tables(tx)
    .selectFrom('experiment')
    .select(sql<number | null>`max(id)`.as('id'))
    .where('workspace', '=', tx.workspace)
    .executeTakeFirst();
  const { next = 1 } =
    (await tables(tx)
      .selectFrom('tracking_counter')
      .select('next')
      .where('name', '=', `experiment:${tx.workspace}`)
      .executeTakeFirst()) ?? {};
  const id = experiment.id ?? Math.max((newest?.id ?? 0) + 1, next);
  const now = tx.clock.now();
  const result = await tables(tx)
    .insertInto('experiment')
    .values({
      workspace: tx.workspace,
      id,
      name: experiment.name,
      artifact_location: experiment.artifact_location,
      state: 'active',
      created_at: now,
      updated_at: now,
      created_by: tx.actor.name,
    })
    .onConflict((on) => on.doNothing())
    .executeTakeFirst();
  if (result.numInsertedOrUpdatedRows === 0n) throw await nameTaken(tx, experiment.name);
  return String(id);
}

export async function renameExperiment(tx: Tx, id: string, name: string): Promise<void> {
  const other = await findExperiment(tx, { name });
  if (other && other.id !== id) throw await nameTaken(tx, name);
  await touch(tx, id).set({ name, updated_at: tx.clock.now() }).execute();
}

export async function setExperimentState(tx: Tx, id: string, state: State): Promise<void> {
  await touch(tx, id).set({ state, updated_at: tx.clock.now() }).execute();
}

const touch = (tx: Tx, id: string) =>
  tables(tx)
    .updateTable('experiment')
    .where('workspace', '=', tx.workspace)
    .where('id', '=', experimentNumber(id));

async function nameTaken(tx: Tx, name: string): Promise<Error> {
  const other = await findExperiment(tx, { name });
  const deleted = other?.state === 'deleted';
  return conflict(`Experiment '${name}' already exists${deleted ? ' in deleted state' : ''}`, {
    field: 'name',
    code: 'name-taken',
    hint: deleted
      ? `restore experiment ${other.id}, or choose another name`
      : 'choose another name, or use the one there is',
  });
}

export async function upsertExperimentTags(
  tx: Tx,
  id: string,
  tags: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [key, value] of Object.entries(tags)) {
    await tables(tx)
      .insertInto('experiment_tag')
      .values({ workspace: tx.workspace, experiment_id: experimentNumber(id), key, value })
      .onConflict((on) => on.columns(['workspace', 'experiment_id', 'key']).doUpdateSet({ value }))
      .execute();
  }
}

/** Says whether there was one. */
export async function deleteExperimentTagRow(tx: Tx, id: string, key: string): Promise<boolean> {
  const result = await tables(tx)
    .deleteFrom('experiment_tag')
    .where('workspace', '=', tx.workspace)
    .where('experiment_id', '=', experimentNumber(id))
    .where('key', '=', key)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}

const ATTRIBUTES: Readonly<Record<string, RawBuilder<unknown>>> = {
  name: sql`experiment.name`,
  experiment_id: sql`experiment.id`,
  creation_time: sql`experiment.created_at`,
  last_update_time: sql`experiment.updated_at`,
};

export interface ExperimentQuery {
  state: StateFilter;
  filter: Filter | undefined;
  order: readonly Order[];
  limit: number;
  after: Cursor | undefined;
}

/** One row more than a page tells that another follows. */
export async function searchExperimentRows(
  ctx: Ctx,
  query: ExperimentQuery,
): Promise<{ items: Experiment[]; next: Cursor | undefined }> {
  const keys: SortKey[] = query.order.map(({ left, descending }) => ({
    expression: ATTRIBUTES[left.key]!,
    descending,
  }));
  if (!query.order.some(({ left }) => left.key === 'experiment_id'))
    keys.push({ expression: sql`experiment.id`, descending: true });
  let select = tables(ctx)
    .selectFrom('experiment')
    .selectAll()
    .select(keys.map(({ expression }, i) => expression.as(`sort_${i}`)))
    .where('workspace', '=', ctx.workspace)
    .where((eb) => whereSeen(ctx, 'experiment', eb.ref('experiment.name')));
  if (query.state !== 'all') select = select.where('state', '=', query.state);
  if (query.filter) select = select.where(compileExperimentFilter(ctx, query.filter));
  if (query.after) select = select.where(compileAfter(keys, query.after));
  const rows = await select
    .orderBy(compileOrder(keys))
    .limit(query.limit + 1)
    .execute();
  const page = rows.slice(0, query.limit);
  const last = rows.length > query.limit ? (page.at(-1) as Record<string, unknown> | undefined) : undefined;
  return {
    items: await withTags(ctx, page),
    next: last && keys.map((_, i) => last[`sort_${i}`] as string | number),
  };
}

function compileExperimentFilter(ctx: Ctx, filter: Filter): RawBuilder<SqlBool> {
  return compileFilter(filter, (test) => {
    if (test.left.entity === 'attribute') {
      if (test.kind === 'null') return sql<SqlBool>`(1 = 0)`; // no attribute can be null, and the vocabulary lets none be asked
      return compileComparison(ctx.dialect, ATTRIBUTES[test.left.key]!, test);
    }
    const having = sql`select 1 from experiment_tag t where t.workspace = experiment.workspace and t.experiment_id = experiment.id and t.key = ${test.left.key}`;
    if (test.kind === 'null')
      return test.negated ? sql<SqlBool>`exists (${having})` : sql<SqlBool>`not exists (${having})`;
    return sql<SqlBool>`exists (${having} and ${compileComparison(ctx.dialect, sql`t.value`, test)})`;
  });
}

/** How many runs each has, from the index alone. */
export async function countRuns(ctx: Ctx, experiments: readonly Experiment[]): Promise<ExperimentRow[]> {
  if (experiments.length === 0) return [];
  const rows = await tables(ctx)
    .selectFrom('run')
    .select([
      'experiment_id',
      sql<number>`count(*)`.as('runs'),
      sql<number>`sum(case when status = 'running' then 1 else 0 end)`.as('running'),
      sql<number>`max(started_at)`.as('last'),
    ])
    .where('workspace', '=', ctx.workspace)
    .where('state', '=', 'active')
    .where(
      'experiment_id',
      'in',
      experiments.map(({ id }) => Number(id)),
    )
    .groupBy('experiment_id')
    .execute();
  const found = new Map(rows.map((row) => [String(row.experiment_id), row]));
  return experiments.map((experiment) => {
    const counts = found.get(experiment.id);
    return {
      ...experiment,
      runs: Number(counts?.runs ?? 0),
      running: Number(counts?.running ?? 0),
      ...(counts ? { last_run_at: counts.last } : {}),
    };
  });
}

async function withTags(ctx: Ctx, rows: readonly Row[]): Promise<Experiment[]> {
  const tags = new Map<number, Array<[string, string]>>(rows.map(({ id }) => [id, []]));
  for (const ids of pieces([...tags.keys()])) {
    const found = await tables(ctx)
      .selectFrom('experiment_tag')
      .select(['experiment_id', 'key', 'value'])
      .where('workspace', '=', ctx.workspace)
      .where('experiment_id', 'in', ids)
      .orderBy('key')
      .execute();
    for (const { experiment_id, key, value } of found) tags.get(experiment_id)!.push([key, value]);
  }
  return rows.map((row) => {
    const own = Object.fromEntries(tags.get(row.id)!);
    return {
      id: String(row.id),
      name: row.name,
      state: row.state as State,
      ...(row.artifact_location === null ? {} : { artifact_location: row.artifact_location }),
      ...(own[NOTE_TAG] === undefined ? {} : { note: own[NOTE_TAG] }),
      tags: own,
      created_at: row.created_at,
      created_by: row.created_by,
      updated_at: row.updated_at,
    };
  });
}
