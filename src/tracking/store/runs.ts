import { sql, type RawBuilder, type Selectable } from 'kysely';
import type { Ctx, Tx } from '../../platform/ctx/index.ts';
import { insertMany } from '../../platform/db/index.ts';
import { missing } from '../../platform/errors/index.ts';
import type { Outcome, RunHead, RunStatus, State, Verdict } from '../contract.ts';
import type { TrackingTables } from '../schema.ts';
import { experimentNumber, scanTables, tables } from './tables.ts';

export type RunTableRow = Selectable<TrackingTables['run']>;

/** A run's own row, as verbs need it. */
export async function selectRunRow(ctx: Ctx, id: string): Promise<RunTableRow> {
  const row = await tables(ctx)
    .selectFrom('run')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('id', '=', id)
    .executeTakeFirst();
  if (!row)
    throw missing(`Run with id=${id} not found`, {
      field: 'run_id',
      hint: 'treadle runs ls lists the runs with their ids',
    });
  return row;
}

/** The name of the experiment that a run is of; undefined where there is no such run. */
export async function experimentOfRun(ctx: Ctx, id: string): Promise<string | undefined> {
  const row = await tables(ctx)
    .selectFrom('run')
    .innerJoin('experiment', (on) =>
      on.onRef('experiment.workspace', '=', 'run.workspace').onRef('experiment.id', '=', 'run.experiment_id'),
    )
    .select('experiment.name')
    .where('run.workspace', '=', ctx.workspace)
    .where('run.id', '=', id)
    .executeTakeFirst();
  return row?.name;
}

/** In the order of `ids`; unknown ones are left out. */
export async function selectRunRows(ctx: Ctx, ids: readonly string[]): Promise<RunTableRow[]> {
  if (ids.length === 0) return [];
  const rows = await tables(ctx)
    .selectFrom('run')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('id', 'in', ids)
    .execute();
  const found = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => found.get(id) ?? []);
}

export async function insertRun(tx: Tx, row: RunTableRow): Promise<void> {
  await tables(tx).insertInto('run').values(row).execute();
}

export async function updateRunRow(tx: Tx, id: string, change: Partial<RunTableRow>): Promise<void> {
  await tables(tx)
    .updateTable('run')
    .set({ ...change, updated_at: tx.clock.now() })
    .where('workspace', '=', tx.workspace)
    .where('id', '=', id)
    .execute();
}

export async function deleteRunsOf(tx: Tx, experiment: string): Promise<number> {
  const id = experimentNumber(experiment);
  const result = await tables(tx)
    .updateTable('run')
    .set({ state: 'deleted', deleted_with: id, updated_at: tx.clock.now() })
    .where('workspace', '=', tx.workspace)
    .where('experiment_id', '=', id)
    .where('state', '=', 'active')
    .executeTakeFirst();
  return Number(result.numUpdatedRows);
}

export async function restoreRunsOf(tx: Tx, experiment: string): Promise<number> {
  const id = experimentNumber(experiment);
  const result = await tables(tx)
    .updateTable('run')
    .set({ state: 'active', deleted_with: null, updated_at: tx.clock.now() })
    .where('workspace', '=', tx.workspace)
    .where('experiment_id', '=', id)
    .where('state', '=', 'deleted')
    .where('deleted_with', '=', id)
    .executeTakeFirst();
  return Number(result.numUpdatedRows);
}

export type Pair = readonly [key: string, value: string];
type Placed = Pick<RunTableRow, 'id' | 'workspace' | 'experiment_id'>;

export async function selectParams(
  ctx: Ctx,
  run: Placed,
  keys: readonly string[],
): Promise<Map<string, string>> {
  if (keys.length === 0) return new Map();
  const rows = await tables(ctx)
    .selectFrom('run_param')
    .select(['key', 'value'])
    .where('workspace', '=', ctx.workspace)
    .where('run_id', '=', run.id)
    .where('key', 'in', keys)
    .execute();
  return new Map(rows.map(({ key, value }) => [key, value]));
}

/** Leaves those that exist; returns how many were new. */
export const insertParams = (tx: Tx, run: Placed, params: readonly Pair[]): Promise<number> =>
  insertMany(
    tx.db,
    tx.dialect,
    'run_param',
    PAIR_COLUMNS,
    params.map(([key, value]) => [run.id, key, value, run.workspace, run.experiment_id]),
    'on conflict do nothing',
  );

/** The last value wins. */
export async function upsertTags(tx: Tx, run: Placed, tags: readonly Pair[]): Promise<void> {
  // One statement may not touch a row twice.
  const latest = [...new Map(tags)];
  const rows = latest.map(([key, value]) => [run.id, key, value, run.workspace, run.experiment_id]);
  await insertMany(
    tx.db,
    tx.dialect,
    'run_tag',
    PAIR_COLUMNS,
    rows,
    'on conflict (run_id, key) do update set value = excluded.value',
  );
}

const PAIR_COLUMNS = ['run_id', 'key', 'value', 'workspace', 'experiment_id'];

/** Says whether there was one. */
export async function deleteTagRow(tx: Tx, run: string, key: string): Promise<boolean> {
  const result = await tables(tx)
    .deleteFrom('run_tag')
    .where('workspace', '=', tx.workspace)
    .where('run_id', '=', run)
    .where('key', '=', key)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}

type Keys = { metrics: string[]; params: string[]; tags: string[] };

/** The keys that an experiment's runs use, and those of which they have different values, for choosing columns. */
export async function selectColumns(ctx: Ctx, experiment: string): Promise<Keys & { varying: Keys }> {
  const number = experimentNumber(experiment);
  const keys = async (table: 'metric_series' | 'run_param' | 'run_tag', value: RawBuilder<unknown>) => {
    const own = sql`t.workspace = ${ctx.workspace} and t.experiment_id = ${number}`;
    const finite = table === 'metric_series' ? sql` and t.last_nan = 0` : sql``;
    const end = (order: RawBuilder<unknown>) =>
      sql`(select ${value} from ${sql.table(table)} t where ${own} and t.key = keys.key${finite} order by ${value} ${order} limit 1)`;
    // Steps from key to key along the index, rather than over every row; the first and last value of a key stand at its ends.
    const { rows } = await sql<{ key: string; varies: number | boolean | null }>`
      with recursive keys (key) as (
        select min(t.key) from ${sql.table(table)} t where ${own}
        union all
        select (select min(t.key) from ${sql.table(table)} t where ${own} and t.key > keys.key)
        from keys where keys.key is not null
      ) select key, ${end(sql`asc`)} <> ${end(sql`desc`)} as varies from keys where key is not null`.execute(
      ctx.db,
    );
    return {
      all: rows.map(({ key }) => key),
      varying: rows.filter(({ varies }) => varies).map(({ key }) => key),
    };
  };
  const head = sql`substr(t.value, 1, 100)`;
  const metrics = await keys('metric_series', sql`t.last_value`);
  const params = await keys('run_param', head);
  const tags = await keys('run_tag', head);
  return {
    metrics: metrics.all,
    params: params.all,
    tags: tags.all,
    varying: { metrics: metrics.varying, params: params.varying, tags: tags.varying },
  };
}

export function toHead(row: RunTableRow): RunHead {
  const outcome = toOutcome(row);
  return {
    id: row.id,
    experiment: String(row.experiment_id),
    name: row.name,
    user: row.user_id,
    status: row.status as RunStatus,
    state: row.state as State,
    started_at: row.started_at,
    ...(row.ended_at === null ? {} : { ended_at: row.ended_at }),
    ...(outcome ? { outcome } : {}),
  };
}

const toOutcome = ({ verdict, verdict_reason, verdict_by, verdict_at }: RunTableRow): Outcome | undefined =>
  verdict === null
    ? undefined
    : {
        verdict: verdict as Verdict,
        reason: verdict_reason ?? '',
        by: verdict_by ?? '',
        at: verdict_at ?? 0,
      };

/** How many active runs of this workspace have each status. */
export async function countByStatus(ctx: Ctx): Promise<Array<{ status: string; count: number }>> {
  const rows = await scanTables(ctx)
    .selectFrom('run')
    .select((eb) => ['status', eb.fn.countAll().as('count')])
    .where('workspace', '=', ctx.workspace)
    .where('state', '=', 'active')
    .groupBy('status')
    .execute();
  return rows.map(({ status, count }) => ({ status, count: Number(count) }));
}

/** The person who began a run, where it was one, and the execution that it belongs to. */
export async function selectMaker(
  ctx: Ctx,
  run: string,
): Promise<{ user: string | null; execution: string | null } | undefined> {
  return await tables(ctx)
    .selectFrom('run')
    .select(['created_user as user', 'execution'])
    .where('workspace', '=', ctx.workspace)
    .where('id', '=', run)
    .executeTakeFirst();
}
