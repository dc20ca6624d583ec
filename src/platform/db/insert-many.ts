import { CompiledQuery } from 'kysely';
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
  // One size of statement, so that the prepared statement is found again; the rest goes in a smaller one.
  const chunk = Math.max(1, Math.min(256, Math.floor(dialect.maxParameters / columns.length)));
  let written = 0;
  for (let start = 0; start < rows.length; start += chunk) {
    const part = rows.slice(start, start + chunk);
    let n = 0;
    const values = part.map(() => `(${columns.map(() => dialect.placeholder(++n)).join(',')})`).join(',');
    const text = `insert into ${table} (${columns.join(',')}) values ${values} ${suffix}`;
    const result = await db.executeQuery(CompiledQuery.raw(text, part.flat()));
    written += Number(result.numAffectedRows ?? 0n);
  }
  return written;
}
