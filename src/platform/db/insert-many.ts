import { CompiledQuery, type QueryResult } from 'kysely';
import type { Dialect } from './dialect.ts';
import type { Db } from './db.ts';

/**
 * Inserts many rows with few statements, past the query builder, whose node per value costs more than
 * the insert itself. `suffix` is SQL such as `on conflict do nothing`. Returns the number of rows written.
 */
export async function insertMany(
  db: Db,
  dialect: Dialect,
  table: string,
  columns: readonly string[],
  rows: ReadonlyArray<readonly unknown[]>,
  suffix = '',
): Promise<number> {
  let written = 0;
  for await (const { numAffectedRows } of inserts(db, dialect, table, columns, rows, suffix))
    written += Number(numAffectedRows ?? 0n);
  return written;
}

/** The same of rows that may be there already, which stay. Returns the sum of a column over those that were not. */
export async function insertNew(
  db: Db,
  dialect: Dialect,
  table: string,
  columns: readonly string[],
  rows: ReadonlyArray<readonly unknown[]>,
  sum: string,
): Promise<number> {
  let total = 0;
  const suffix = `on conflict do nothing returning ${sum} as amount`;
  for await (const { rows: made } of inserts(db, dialect, table, columns, rows, suffix))
    for (const row of made)
      if (typeof row === 'object' && row !== null && 'amount' in row) total += Number(row.amount);
  return total;
}

async function* inserts(
  db: Db,
  dialect: Dialect,
  table: string,
  columns: readonly string[],
  rows: ReadonlyArray<readonly unknown[]>,
  suffix: string,
): AsyncGenerator<QueryResult<unknown>> {
  // One size of statement, so that the prepared statement is found again; the rest goes in a smaller one.
  const chunk = Math.max(1, Math.min(256, Math.floor(dialect.maxParameters / columns.length)));
  for (let start = 0; start < rows.length; start += chunk) {
    const part = rows.slice(start, start + chunk);
    let n = 0;
    const values = part.map(() => `(${columns.map(() => dialect.placeholder(++n)).join(',')})`).join(',');
    const text = `insert into ${table} (${columns.join(',')}) values ${values} ${suffix}`;
    yield await db.executeQuery(CompiledQuery.raw(text, part.flat()));
  }
}
