import type { DuckDBConnection } from '@duckdb/node-api';
import type { View } from '../questions.ts';
import { readTable } from '../read-table.ts';
import { identifier } from '../sql-text.ts';

/** Makes the tables of a question, in their order. */
export async function openViews(connection: DuckDBConnection, views: readonly View[]): Promise<void> {
  for (const view of views) {
    const select =
      'sql' in view ? view.sql : `select * from ${(await readTable(connection, view.table)).typed}`;
    await connection.run(`create view ${identifier(view.name)} as ${select}`);
  }
}
