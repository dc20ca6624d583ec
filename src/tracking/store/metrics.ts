import { sql, type Selectable } from 'kysely';
import type { Ctx, Tx } from '../../platform/ctx/index.ts';
import { insertMany } from '../../platform/db/index.ts';
import type { TrackingTables } from '../schema.ts';
import type { RunTableRow } from './runs.ts';
import { append, pieces, readParts, scanTables, tables } from './tables.ts';

export type SeriesRow = Selectable<TrackingTables['metric_series']>;

/** A point as it is kept: NaN is 0 with a mark, an infinity the greatest double. */
export interface Point {
  step: number;
  time: number;
  value: number;
  nan: number;
}
export interface NumberedPoint extends Point {
  n: number;
}

const SERIES_COLUMNS = [
  'id', 'workspace', 'experiment_id', 'run_id', 'key', 'next_n', 'count', 'finite', 'sum', 'min', 'max', 'last_value', 'last_nan', 'last_step', 'last_time',
] as const; // prettier-ignore

export async function selectSeries(
  ctx: Ctx,
  run: string,
  keys?: readonly string[],
): Promise<Map<string, SeriesRow>> {
  let query = tables(ctx)
    .selectFrom('metric_series')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('run_id', '=', run);
  if (keys) query = query.where('key', 'in', keys);
  const rows = await query.orderBy('key').execute();
  return new Map(rows.map((row) => [row.key, row]));
}

/** Postgres: the run's writers take turns, since they number points. One writer exists on SQLite anyway. */
export async function lockRunMetrics(tx: Tx, run: string): Promise<void> {
  const lock = tx.dialect.sequenceLock(`metrics:${run}`);
  if (lock) await lock.execute(tx.db);
}

/** Numbers for new series. */
export async function takeSeriesIds(tx: Tx, count: number): Promise<number> {
  const row = await tables(tx)
    .updateTable('tracking_counter')
    .set((eb) => ({ next: eb('next', '+', count) }))
    .where('name', '=', 'series')
    .returning('next')
    .executeTakeFirstOrThrow();
  return row.next - count;
}

export const newSeries = (id: number, run: RunTableRow, key: string): SeriesRow => ({
  id,
  workspace: run.workspace,
  experiment_id: run.experiment_id,
  run_id: run.id,
  key,
  next_n: 0,
  count: 0,
  finite: 0,
  sum: 0,
  min: null,
  max: null,
  last_value: 0,
  last_nan: 0,
  last_step: 0,
  last_time: 0,
});

const SERIES_SUFFIX = `on conflict (id) do update set ${SERIES_COLUMNS.slice(5)
  .map((column) => `${column} = excluded.${column}`)
  .join(', ')}`;

export async function upsertSeries(tx: Tx, rows: readonly SeriesRow[]): Promise<void> {
  await insertMany(
    tx.db,
    tx.dialect,
    'metric_series',
    SERIES_COLUMNS,
    rows.map((row) => SERIES_COLUMNS.map((column) => row[column])),
    SERIES_SUFFIX,
  );
}

/** Exact repeats are left out; returns how many points were new. */
export const insertPoints = (
  tx: Tx,
  rows: ReadonlyArray<
    readonly [series: number, n: number, step: number, time: number, value: number, nan: number]
  >,
): Promise<number> =>
  insertMany(
    tx.db,
    tx.dialect,
    'metric_point',
    ['series', 'n', 'step', 'time', 'value', 'nan'],
    rows,
    'on conflict do nothing',
  );

/** Points by their numbers, `from` ≤ n < `to`. */
export const selectPoints = (
  ctx: Pick<Ctx, 'db'>,
  series: number,
  from: number,
  to: number,
): Promise<NumberedPoint[]> =>
  tables(ctx)
    .selectFrom('metric_point')
    .select(['n', 'step', 'time', 'value', 'nan'])
    .where('series', '=', series)
    .where('n', '>=', from)
    .where('n', '<', to)
    .orderBy('n')
    .execute();

export type HistoryCursor = readonly [time: number, step: number, value: number, nan: number];

/** By time, then step, then value; pages by key. */
export async function selectHistory(
  ctx: Ctx,
  series: number,
  limit: number,
  after: HistoryCursor | undefined,
): Promise<Point[]> {
  let query = scanTables(ctx)
    .selectFrom('metric_point')
    .select(['step', 'time', 'value', 'nan'])
    .where('series', '=', series);
  if (after)
    query = query.where(
      sql<boolean>`(time, step, value, nan) > (${after[0]}, ${after[1]}, ${after[2]}, ${after[3]})`,
    );
  return query.orderBy('time').orderBy('step').orderBy('value').orderBy('nan').limit(limit).execute();
}

/** Latest values of many runs at once: all of them, or the keys asked for. */
export async function selectSeriesOf(
  ctx: Ctx,
  runs: readonly string[],
  keys?: readonly string[],
): Promise<SeriesRow[]> {
  const rows: SeriesRow[] = [];
  for (const ids of pieces(runs)) {
    const part = await readParts(ctx, runs.length, (db) =>
      db
        .selectFrom('metric_series')
        .selectAll()
        .where('workspace', '=', ctx.workspace)
        .where('run_id', 'in', ids)
        .$if(keys !== undefined, (query) => query.where('key', 'in', keys!))
        .orderBy('run_id')
        .orderBy('key'),
    );
    await append(rows, part);
  }
  return rows;
}
