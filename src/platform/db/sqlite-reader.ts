import { parentPort, workerData } from 'node:worker_threads';
import { openSqliteFile, SqliteConnection } from './sqlite-connection.ts';

/** A reader thread: one read-only connection, one query at a time; its rows go over in portions. */
export type Asked = { sql: string; parameters: readonly unknown[] } | { next: true };
export type Told = { open: true } | { rows: unknown[]; more: boolean } | { error: string };

const { path } = workerData as { path: string };
const connection = new SqliteConnection(openSqliteFile(path, { readOnly: true }));

/** Rows of a message: what it takes the loop to read them stays within some milliseconds. */
const PORTION = 1000;
/** What is left of the answer, the next portion at the end. */
let left: unknown[][] = [];

/** The rows of a query, or the next of those that are left. */
function answer(asked: Asked): Told {
  if (!('next' in asked)) {
    const { rows } = connection.run<unknown>(asked.sql, asked.parameters);
    left = [];
    for (let start = 0; start < rows.length; start += PORTION) left.push(rows.slice(start, start + PORTION));
    left.reverse();
  }
  const rows = left.pop() ?? [];
  return { rows, more: left.length > 0 };
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
