import { parentPort, workerData } from 'node:worker_threads';
import { openSqliteFile, SqliteConnection } from './sqlite-connection.ts';

/** A reader thread: one read-only connection, one query at a time; its rows go over in portions. */
export type Asked = { sql: string; parameters: readonly unknown[] } | { next: true };
export type Told = { open: true } | ({ more: boolean } & Portion) | { error: string };
/** Rows as the values of their columns: names in each of them would be most of what is copied between threads. */
export interface Portion {
  columns: readonly string[];
  rows: unknown[][];
}

const { path } = workerData as { path: string };
const connection = new SqliteConnection(openSqliteFile(path, { readOnly: true }));

/** Rows of a message, and about how many characters: what it takes the loop to read them stays within some milliseconds. */
const PORTION = 1000;
const PORTION_TEXT = 1024 * 1024;
/** What is left of the answer, the next portion at the end. */
let left: unknown[][][] = [];
let columns: readonly string[] = [];

/** The rows of a query, or the next of those that are left. */
function answer(asked: Asked): Told {
  if (!('next' in asked)) {
    const table = connection.table(asked.sql, asked.parameters);
    ({ columns } = table);
    left = [...portions(table.rows)].toReversed();
  }
  const rows = left.pop() ?? [];
  return { columns, rows, more: left.length > 0 };
}

function* portions(rows: readonly unknown[][]): Generator<unknown[][]> {
  let portion: unknown[][] = [];
  let text = 0;
  for (const row of rows) {
    portion.push(row);
    for (const value of row)
      if (typeof value === 'string' || value instanceof Uint8Array) text += value.length;
    if (portion.length < PORTION && text < PORTION_TEXT) continue;
    yield portion;
    portion = [];
    text = 0;
  }
  if (portion.length > 0) yield portion;
}

parentPort?.postMessage({ open: true } satisfies Told);
parentPort?.on('message', (asked: Asked) => {
  let told: Told;
  try {
    told = answer(asked);
  } catch (error) {
    told = { error: error instanceof Error ? error.message : String(error) };
  }
  parentPort?.postMessage(told);
});
