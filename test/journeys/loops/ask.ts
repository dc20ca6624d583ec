import { runSql } from '../../../src/data/contract.ts';
import type { Client } from '../../../src/faces/cli/client.ts';
import { listEntries, type Entry } from '../../../src/ledger/contract.ts';

/** Rows of an answer to SQL. */
const ROWS = 10_000;

/** All entries of an action, newest first; of one thing alone where it is named. */
export async function entriesOf(client: Client, action: string, resource?: string): Promise<Entry[]> {
  const found: Entry[] = [];
  for (let page: string | undefined; ;) {
    const more = { ...(resource === undefined ? {} : { resource }), ...(page === undefined ? {} : { page }) };
    const { items, next } = await client.call(listEntries, { query: { action, limit: 1000, ...more } });
    found.push(...items);
    if (next === undefined) return found;
    page = next;
  }
}

/** The first column of an answer, which is called `id`, however many rows it has. */
export async function columnOf(client: Client, query: string): Promise<Set<string>> {
  const found = new Set<string>();
  for (let offset = 0; ; offset += ROWS) {
    const { rows } = await client.call(runSql, {
      body: { query: `${query} order by id limit ${ROWS} offset ${offset}`, limit: ROWS },
    });
    for (const [id] of rows) found.add(String(id));
    if (rows.length < ROWS) return found;
  }
}
