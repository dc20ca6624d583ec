import { sql, type RawBuilder, type SqlBool } from 'kysely';
import type { Ctx } from '../../platform/ctx/index.ts';
import type { Left } from '../../platform/search/index.ts';
import { list, numbers, runConditions, type RunScope } from './run-conditions.ts';

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
  const known = await pivots(ctx, scope, keys);
  if (known.length === 0) return [];
  const pivot = sql.join(
    // Without its type Postgres takes it for what stands behind `else`.
    known.map(({ key, value }) => sql`when ${key} then cast(${value} as double precision)`),
    sql` `,
  );
  // Distances to a value of the metric itself: squares of the values, as large as they may be, would drown a small spread.
  const away = sql`(s.last_value - case s.key ${pivot} else 0 end)`;
  const { rows } = await sql<{
    value: string | null;
    key: string;
    runs: number;
    min: number;
    mean: number;
    max: number;
    away: number;
    squares: number;
  }>`
    select g.value, s.key, count(*) as runs, min(s.last_value) as min, avg(s.last_value) as mean, max(s.last_value) as max,
      sum(${away}) as away, sum(${away} * ${away}) as squares
    from (select ${groupValue(by)} as value, run.id from run where ${runConditions(ctx, scope)}) g
    inner join metric_series s on s.run_id = g.id where ${chosen}
    group by g.value, s.key order by s.key`.execute(ctx.scan);
  return rows.map(({ away: sum, squares, ...row }) => {
    const runs = Number(row.runs);
    return { ...row, runs, sd: Math.sqrt(Math.max(0, squares - (sum * sum) / runs) / (runs - 1)) };
  });
}

/** Of each metric some finite value that it has. */
async function pivots(
  ctx: Ctx,
  { experiments }: RunScope,
  keys: readonly string[],
): Promise<Array<{ key: string; value: number }>> {
  const found: Array<{ key: string; value: number }> = [];
  for (const key of keys) {
    const { rows } = await sql<{ value: number }>`
      select last_value as value from metric_series where workspace = ${ctx.workspace} and experiment_id in (${numbers(experiments)})
      and key = ${key} and last_nan = 0 and abs(last_value) < ${Number.MAX_VALUE} limit 1`.execute(ctx.scan);
    if (rows[0]) found.push({ key, value: rows[0].value });
  }
  return found;
}
