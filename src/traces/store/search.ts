import { sql, type RawBuilder, type SqlBool } from 'kysely';
import type { Ctx } from '../../platform/ctx/index.ts';
import { compileComparison, type Comparison } from '../../platform/search/index.ts';
import type { TraceRow } from './traces.ts';

/** What traces can be walked by. `none`: those without a value, which come last in either direction. */
export const SORTED = {
  timestamp_ms: 'started_at',
  execution_time_ms: 'execution_ms',
  tokens: 'total_tokens',
  cost: 'total_cost',
} as const;
export type Sorted = keyof typeof SORTED;

export interface Walk {
  experiment: number;
  by: Sorted;
  descending: boolean;
  none: boolean;
  /** Numbers of terms: of each list a trace has one. */
  terms: ReadonlyArray<readonly number[]>;
  columns: readonly Comparison[];
  /** Value and number of the trace to go on after. */
  after: readonly [value: number | null, n: number] | undefined;
  limit: number;
}

/** As many are counted before one way is preferred to another. */
const PROBE = 2000;
/** So few traces are sorted rather than found in a sorted index. */
const FEW = 20_000;

const COLUMN: Readonly<Record<string, RawBuilder<unknown>>> = {
  timestamp_ms: sql`t.started_at`,
  execution_time_ms: sql`t.execution_ms`,
  end_time_ms: sql`(t.started_at + coalesce(t.execution_ms, 0))`,
  request_id: sql`t.id`,
  client_request_id: sql`t.client_request_id`,
  experiment_id: sql`t.experiment_id`,
  tokens: sql`t.total_tokens`,
  cost: sql`t.total_cost`,
  spans: sql`t.spans`,
  status: sql`t.status`,
  name: sql`t.name`,
};

const condition = (ctx: Ctx, test: Comparison): RawBuilder<SqlBool> =>
  compileComparison(ctx.dialect, COLUMN[test.left.key]!, test);

/** A condition that no index is used for: the planner shall walk the index of the order. */
const unindexed = (ctx: Ctx, test: Comparison): RawBuilder<SqlBool> =>
  test.left.type === 'number'
    ? compileComparison(ctx.dialect, sql`(0 + ${COLUMN[test.left.key]!})`, test)
    : condition(ctx, test);

/** The next traces of an experiment in an order. */
export async function walkTraces(ctx: Ctx, walk: Walk): Promise<TraceRow[]> {
  const byTime = walk.by === 'timestamp_ms';
  const [driver, ...others] = await rarestFirst(ctx, walk.terms, byTime ? PROBE : FEW);
  const column = sql.ref(`t.${SORTED[walk.by]}`);
  const own = [sql`t.workspace = ${ctx.workspace}`, sql`t.experiment_id = ${walk.experiment}`];
  const has = ({ list }: Counted, at: RawBuilder<unknown>, n: RawBuilder<unknown>) =>
    sql`exists (select 1 from trace_posting q where q.term in (${sql.join(list)}) and q.started_at = ${at} and q.n = ${n})`;
  const direction = walk.descending ? sql`desc` : sql`asc`;

  if (driver && byTime && !walk.none) {
    // The times of a word's traces stand in order with it.
    const past = after(sql`p.started_at`, sql`p.n`, walk);
    const times = walk.columns
      .filter(({ left: { key } }) => key === 'timestamp_ms')
      .map((test) => compileComparison(ctx.dialect, sql`p.started_at`, test));
    const [term] = driver.list;
    // A trace that has several of the words is one: told apart before the traces are read.
    const found =
      driver.list.length === 1
        ? { from: sql`trace_posting p`, where: [sql`p.term = ${term}`, ...times, ...past] }
        : {
            from: sql`(select distinct p.started_at, p.n from trace_posting p where ${sql.join(
              [sql`p.term in (${sql.join(driver.list)})`, ...times, ...past],
              sql` and `,
            )}) p`,
            where: [],
          };
    const where = [
      ...found.where,
      sql`t.n = p.n`,
      sql`t.workspace = ${ctx.workspace}`,
      ...walk.columns.map((test) => unindexed(ctx, test)),
      ...others.map((one) => has(one, sql`p.started_at`, sql`p.n`)),
    ];
    return run(
      ctx,
      sql`select t.* from ${found.from} cross join trace t where ${sql.join(where, sql` and `)} order by p.started_at ${direction}, p.n ${direction} limit ${walk.limit}`,
    );
  }

  const conditions = [...own];
  if (driver && driver.count < FEW)
    conditions.push(sql`t.n in (select p.n from trace_posting p where p.term in (${sql.join(driver.list)}))`);
  else if (driver) conditions.push(has(driver, sql`t.started_at`, sql`t.n`));
  conditions.push(...others.map((one) => has(one, sql`t.started_at`, sql`t.n`)));
  const rare = driver === undefined && byTime ? await rareColumn(ctx, walk) : undefined;
  for (const test of walk.columns) {
    // Times are the beginning of the index that is walked; ids find theirs at once.
    const own = test === rare || isId(test) || (rare === undefined && byTime && isTime(test));
    conditions.push(own ? condition(ctx, test) : unindexed(ctx, test));
  }
  if (!byTime) conditions.push(walk.none ? sql`${column} is null` : sql`${column} is not null`);
  const key = walk.none ? sql`t.started_at` : column;
  // Where a rare value finds the traces, they are sorted; else the index of the order is walked.
  const sort = rare === undefined ? key : sql`(0 + ${key})`;
  conditions.push(...after(key, sql`t.n`, walk));
  const turn = walk.none ? sql`desc` : direction;
  return run(
    ctx,
    sql`select t.* from trace t where ${sql.join(conditions, sql` and `)} order by ${sort} ${turn}, t.n ${turn} limit ${walk.limit}`,
  );
}

const run = async (ctx: Ctx, query: RawBuilder<unknown>): Promise<TraceRow[]> =>
  // The statement selects the columns of the table `trace`.
  (await (query as RawBuilder<TraceRow>).execute(ctx.scan)).rows;

const isTime = ({ left: { key } }: Comparison): boolean => key === 'timestamp_ms';
const isId = ({ left: { key } }: Comparison): boolean => key === 'request_id';

function after(
  value: RawBuilder<unknown>,
  n: RawBuilder<unknown>,
  { after: last, descending, none }: Walk,
): Array<RawBuilder<unknown>> {
  if (last === undefined) return [];
  const past = descending || none ? sql`<` : sql`>`;
  return [sql`${value} ${past}= ${last[0]}`, sql`(${value} ${past} ${last[0]} or ${n} ${past} ${last[1]})`];
}

interface Counted {
  list: readonly number[];
  count: number;
}

/** Lists of terms, that of the fewest traces first. */
async function rarestFirst(ctx: Ctx, lists: Walk['terms'], most: number): Promise<Counted[]> {
  const counted = await Promise.all(
    lists.map(async (list): Promise<Counted> => {
      // A single one is walked, however many it has.
      if (lists.length === 1 && most === PROBE) return { list, count: most };
      const { rows } = await sql<{ count: number }>`
        select count(*) as count from (select 1 from trace_posting where term in (${sql.join(list)}) limit ${most}) as some_rows`.execute(
        ctx.db,
      );
      return { list, count: Number(rows[0]?.count ?? 0) };
    }),
  );
  return counted.toSorted((a, b) => a.count - b.count);
}

/** A comparison that few traces hold, and an index has. */
async function rareColumn(ctx: Ctx, walk: Walk): Promise<Comparison | undefined> {
  for (const test of walk.columns) {
    if (!['execution_time_ms', 'tokens', 'cost'].includes(test.left.key) || test.op === '!=') continue;
    const { rows } = await sql<{ count: number }>`
      select count(*) as count from (select 1 from trace t where t.experiment_id = ${walk.experiment}
        and t.workspace = ${ctx.workspace} and ${condition(ctx, test)} limit ${PROBE}) as some_rows`.execute(
      ctx.db,
    );
    if (Number(rows[0]?.count ?? 0) < PROBE) return test;
  }
  return undefined;
}
