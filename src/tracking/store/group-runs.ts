import { sql, type RawBuilder, type SqlBool } from 'kysely';
import type { Ctx } from '../../platform/ctx/index.ts';
import type { Left } from '../../platform/search/index.ts';
import { list, runConditions, type RunScope } from './run-conditions.ts';

/** The attributes that runs can be grouped by, and where they are kept. */
export const GROUP_COLUMNS: Readonly<Record<string, string>> = {
  run_id: 'id',
  run_name: 'name',
  user_id: 'user_id',
  status: 'status',
  verdict: 'verdict',
  start_time: 'started_at',
  end_time: 'ended_at',
};

/** The value that a run is grouped by, as text; null when it has none. */
function groupValue({ entity, key }: Left): RawBuilder<string | null> {
  if (entity === 'attribute') return sql`cast(run.${sql.ref(GROUP_COLUMNS[key]!)} as text)`;
  if (entity === 'metric')
    return sql`(select case when s.last_nan = 1 then 'NaN' else cast(s.last_value as text) end from metric_series s where s.run_id = run.id and s.key = ${key})`;
  return sql`(select p.value from ${sql.table(entity === 'param' ? 'run_param' : 'run_tag')} p where p.run_id = run.id and p.key = ${key})`;
}

export async function selectGroups(
  ctx: Ctx,
  scope: RunScope,
  by: Left,
  limit: number,
): Promise<{ groups: Array<{ value: string | null; runs: number; last: number }>; total: number }> {
  const { rows } = await sql<{ value: string | null; runs: number; last: number; total: number }>`
    select value, count(*) as runs, max(started_at) as last, count(*) over () as total
    from (select ${groupValue(by)} as value, run.started_at from run where ${runConditions(ctx, scope)}) g
    group by value order by runs desc, last desc limit ${limit}`.execute(ctx.scan);
  return {
    groups: rows.map(({ value, runs, last }) => ({ value, runs: Number(runs), last: Number(last) })),
    total: Number(rows[0]?.total ?? 0),
  };
}

/** Least, mean, greatest and spread of the latest finite values, in the groups of these values. */
export async function selectGroupMetrics(
  ctx: Ctx,
  scope: RunScope,
  by: Left,
  values: ReadonlyArray<string | null>,
  keys: readonly string[],
) {
  const chosen = sql<SqlBool>`(g.value in (${list(values.filter((value) => value !== null))})${values.includes(null) ? sql` or g.value is null` : sql``}) and s.key in (${list(keys)}) and s.last_nan = 0 and abs(s.last_value) < ${Number.MAX_VALUE}`;
  const { rows } = await sql<{
    value: string | null;
    key: string;
    runs: number;
    min: number;
    mean: number;
    max: number;
    squares: number | null;
  }>`
    select value, key, count(*) as runs, min(last) as min, avg(last) as mean, max(last) as max,
      sum((last - centre) * (last - centre)) as squares
    from (
      select g.value, s.key, s.last_value as last, avg(s.last_value) over (partition by g.value, s.key) as centre
      from (select ${groupValue(by)} as value, run.id from run where ${runConditions(ctx, scope)}) g
      inner join metric_series s on s.run_id = g.id where ${chosen}
    ) v group by value, key order by key`.execute(ctx.scan);
  // The squares of distances to the mean, which is known: a difference of large sums would lose a small spread.
  return rows.map(({ squares, ...row }) => ({
    ...row,
    runs: Number(row.runs),
    sd: squares === null ? undefined : Math.sqrt(Number(squares) / (Number(row.runs) - 1)),
  }));
}
