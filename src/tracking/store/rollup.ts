import { sql } from 'kysely';
import type { Ctx, Tx } from '../../platform/ctx/index.ts';
import { insertMany } from '../../platform/db/index.ts';
import type { Bucket } from '../rollup.ts';
import { tables } from './tables.ts';

export const insertBuckets = (tx: Tx, series: number, buckets: readonly Bucket[]): Promise<number> =>
  insertMany(
    tx.db,
    tx.dialect,
    'metric_rollup',
    ['series', 'level', 'i', 'low', 'high', 'data'],
    buckets.map(({ level, i, low, high, ...data }) => [series, level, i, low, high, JSON.stringify(data)]),
  );

/** Buckets of one level by their numbers, `from` ≤ i < `to`; only those that touch the steps `low`…`high`, when given. */
export async function selectBuckets(
  ctx: Pick<Ctx, 'db'>,
  series: number,
  level: number,
  from: number,
  to: number,
  steps?: { low: number; high: number },
): Promise<Bucket[]> {
  if (to <= from) return [];
  let query = tables(ctx)
    .selectFrom('metric_rollup')
    .select(['level', 'i', 'low', 'high', 'data'])
    .where('series', '=', series)
    .where('level', '=', level)
    .where('i', '>=', from)
    .where('i', '<', to);
  if (steps) query = query.where('high', '>=', steps.low).where('low', '<=', steps.high);
  const rows = await query.orderBy('i').execute();
  return rows.map(({ data, ...row }) => ({
    ...row,
    ...(JSON.parse(data) as Omit<Bucket, 'level' | 'i' | 'low' | 'high'>),
  }));
}

/** How many buckets of a level touch these steps. */
export async function countBuckets(
  ctx: Pick<Ctx, 'db'>,
  series: number,
  level: number,
  steps: { low: number; high: number },
): Promise<number> {
  const row = await tables(ctx)
    .selectFrom('metric_rollup')
    .select(sql<number>`count(*)`.as('count'))
    .where('series', '=', series)
    .where('level', '=', level)
    .where('high', '>=', steps.low)
    .where('low', '<=', steps.high)
    .executeTakeFirstOrThrow();
  return Number(row.count);
}
