import { sql, type RawBuilder, type SqlBool } from 'kysely';
import type { Ctx } from '../../platform/ctx/index.ts';
import {
  compileAfter,
  compileOrder,
  type Cursor,
  type Order,
  type SortKey,
} from '../../platform/search/index.ts';
import { numbers, runConditions, sortKeys, type RunScope } from './run-conditions.ts';
import type { RunTableRow } from './runs.ts';

export interface RunQuery extends RunScope {
  order: readonly Order[];
  limit: number;
  after: Cursor | undefined;
}

/**
 * A page of runs. Where the first order is a metric, param or tag, its index is walked, so that the best 100 of
 * 100,000 runs cost 100 steps: first the runs that have a value, then those whose value is NaN, then those without one.
 * The cursor is the phase and the sort values of the last row.
 */
export async function searchRunRows(
  ctx: Ctx,
  query: RunQuery,
): Promise<{ rows: RunTableRow[]; next: Cursor | undefined }> {
  const { first, rest, width } = plan(query.order);
  const phases: Phase[] =
    first === undefined
      ? ['every']
      : first.left.entity === 'metric'
        ? ['value', 'nan', 'none']
        : ['value', 'none'];
  const startPhase = query.after ? Number(query.after[0]) : 0;
  const found: Array<{ row: RunTableRow; cursor: Cursor }> = [];
  for (let phase = startPhase; phase < phases.length && found.length <= query.limit; phase++) {
    const { from, leading } = walk(ctx, query, phases[phase]!, first);
    const keys = [...leading, ...rest];
    const after =
      phase === startPhase && query.after ? query.after.slice(1 + width - keys.length) : undefined;
    const sorts = sql.join(keys.map(({ expression }, i) => sql`${expression} as ${sql.ref(`sort_${i}`)}`));
    const where = sql.join(
      [runConditions(ctx, query), ...from.where, ...(after ? [compileAfter(keys, after)] : [])],
      sql` and `,
    );
    const { rows } = await sql<RunTableRow & Record<string, string | number>>`
      select ${HEAD_COLUMNS}, ${sorts} from ${from.tables} where ${where} order by ${compileOrder(keys)} limit ${query.limit + 1 - found.length}`.execute(
      ctx.scan,
    );
    for (const row of rows) {
      const values = keys.map((_, i) => row[`sort_${i}`] ?? null);
      found.push({
        row,
        cursor: [phase, ...Array.from({ length: width - keys.length }, () => null), ...values],
      });
    }
  }
  const page = found.slice(0, query.limit);
  return {
    rows: page.map(({ row }) => row),
    next: found.length > query.limit ? page.at(-1)?.cursor : undefined,
  };
}

/** The length of a cursor for this order. */
export const cursorLength = (order: readonly Order[]): number => 1 + plan(order).width;

type Phase = 'every' | 'value' | 'nan' | 'none';

/** Not the facts, which may be long: a page of a table has no use for them. */
const HEAD_COLUMNS = sql.join([
  ...[
    'id',
    'workspace',
    'experiment_id',
    'name',
    'user_id',
    'status',
    'started_at',
    'ended_at',
    'created_at',
    'updated_at',
    'state',
    'deleted_with',
    'verdict',
    'verdict_reason',
    'verdict_by',
    'verdict_at',
  ].map((column) => sql`run.${sql.ref(column)}`),
  sql`null as code, null as environment, null as resources`,
]);

function plan(order: readonly Order[]): { first: Order | undefined; rest: SortKey[]; width: number } {
  const first = order[0] && order[0].left.entity !== 'attribute' ? order[0] : undefined;
  const rest = order.slice(first ? 1 : 0).flatMap(({ left, descending }) => sortKeys(left, descending));
  const leading = first === undefined ? 0 : first.left.entity === 'metric' ? 1 : 2;
  return { first, rest, width: leading + rest.length };
}

/** The tables of a phase, and the sort keys that its index gives. */
function walk(
  ctx: Ctx,
  { experiments }: RunScope,
  phase: Phase,
  first: Order | undefined,
): { from: { tables: RawBuilder<unknown>; where: Array<RawBuilder<SqlBool>> }; leading: SortKey[] } {
  if (first === undefined || phase === 'every') return { from: { tables: sql`run`, where: [] }, leading: [] };
  const { left, descending } = first;
  const table = sql.table(
    { metric: 'metric_series', param: 'run_param', tag: 'run_tag' }[left.entity] ?? 'run_tag',
  );
  if (phase === 'none') {
    const where = sql<SqlBool>`not exists (select 1 from ${table} f where f.run_id = run.id and f.key = ${left.key})`;
    return { from: { tables: sql`run`, where: [where] }, leading: [] };
  }
  // `cross join` keeps SQLite from starting at the runs; Postgres plans by its statistics.
  const tables = sql`${table} f cross join run`;
  const where = [
    sql<SqlBool>`f.workspace = ${ctx.workspace} and f.experiment_id in (${numbers(experiments)}) and f.key = ${left.key} and run.id = f.run_id`,
  ];
  if (left.entity !== 'metric') {
    const keys = [sql`substr(f.value, 1, 100)`, sql`f.value`].map((expression) => ({
      expression,
      descending,
    }));
    return { from: { tables, where }, leading: keys };
  }
  where.push(sql<SqlBool>`f.last_nan = ${phase === 'nan' ? 1 : 0}`);
  return {
    from: { tables, where },
    leading: phase === 'nan' ? [] : [{ expression: sql`f.last_value`, descending }],
  };
}
