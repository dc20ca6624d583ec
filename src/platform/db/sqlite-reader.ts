import { parentPort, workerData } from 'node:worker_threads';
import { openSqliteFile, SqliteConnection } from './sqlite-connection.ts';

/** A reader thread: one read-only connection, one query at a time. */
const { path } = workerData as { path: string };
const connection = new SqliteConnection(openSqliteFile(path, { readOnly: true }));

parentPort?.on('message', ({ id, sql, parameters }: { id: number; sql: string; parameters: unknown[] }) => {
  try {
    parentPort?.postMessage({ id, rows: connection.run(sql, parameters).rows });
  } catch (error) {
    parentPort?.postMessage({ id, error: error instanceof Error ? error.message : String(error) });
  }
});
