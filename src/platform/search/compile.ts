import { sql, type Expression, type RawBuilder, type SqlBool } from 'kysely';
import type { Dialect } from '../db/index.ts';
import type { Comparison, Filter, NullTest } from './ast.ts';

/** Compiles the junctions; `leaf` knows the tables. */
export function compileFilter(
  filter: Filter,
  leaf: (test: Comparison | NullTest) => RawBuilder<SqlBool>,
): RawBuilder<SqlBool> {
  if (filter.kind === 'compare' || filter.kind === 'null') return leaf(filter);
  // What is unknown of a row (a null column) does not hold, and so its negation does.
  if (filter.kind === 'not') return sql<SqlBool>`not coalesce(${compileFilter(filter.part, leaf)}, false)`;
  const parts = filter.parts.map((part) => compileFilter(part, leaf));
  return sql<SqlBool>`(${sql.join(parts, filter.kind === 'and' ? sql` and ` : sql` or `)})`;
}

/** `column <op> value`, for a column of the comparison's type. A null column matches nothing. */
export function compileComparison(
  dialect: Dialect,
  column: Expression<unknown>,
  { op, value }: Pick<Comparison, 'op' | 'value'>,
): RawBuilder<SqlBool> {
  if (typeof value === 'object') {
    const list = sql.join(value.map((one) => sql`${one}`));
    return op === 'in' ? sql<SqlBool>`${column} in (${list})` : sql<SqlBool>`${column} not in (${list})`;
  }
  if (op === 'like') return dialect.like(column, String(value));
  if (op === 'ilike') return dialect.ilike(column, String(value));
  // No two databases have the same regular expressions: who takes them matches them by itself.
  if (op === 'rlike') throw new Error('a regular expression is nothing for a database');
  // Postgres would read 1.5 beside an integer column as an integer, and refuse it.
  const right =
    typeof value === 'number' && !Number.isSafeInteger(value)
      ? sql`cast(${value} as double precision)`
      : sql`${value}`;
  return sql<SqlBool>`${column} ${sql.raw(op)} ${right}`;
}

export interface SortKey {
  expression: RawBuilder<unknown>;
  descending: boolean;
}

/** The rows after `cursor` in this order; the first condition alone is a range that an index can use. */
export function compileAfter(
  keys: readonly SortKey[],
  cursor: ReadonlyArray<string | number | null>,
): RawBuilder<SqlBool> {
  const steps = keys.map((key, i) => {
    const equal = keys.slice(0, i).map((before, j) => sql`${before.expression} = ${cursor[j]}`);
    const past = key.descending
      ? sql`${key.expression} < ${cursor[i]}`
      : sql`${key.expression} > ${cursor[i]}`;
    return sql`(${sql.join([...equal, past], sql` and `)})`;
  });
  const first = keys[0]!;
  const range = first.descending
    ? sql`${first.expression} <= ${cursor[0]}`
    : sql`${first.expression} >= ${cursor[0]}`;
  return sql<SqlBool>`(${range} and (${sql.join(steps, sql` or `)}))`;
}

export const compileOrder = (keys: readonly SortKey[]): RawBuilder<unknown> =>
  sql.join(
    keys.map(({ expression, descending }) => (descending ? sql`${expression} desc` : sql`${expression} asc`)),
  );
