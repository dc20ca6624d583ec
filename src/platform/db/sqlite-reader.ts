import { parentPort, workerData } from 'node:worker_threads';
import { openSqliteFile, SqliteConnection } from './sqlite-connection.ts';

/** A reader thread: one read-only connection, one query at a time. */
const { path } = workerData as { path: string };
const connection = new SqliteConnection(openSqliteFile(path, { readOnly: true }));

parentPort?.postMessage({ open: true });
parentPort?.on('message', ({ sql, parameters }: { sql: string; parameters: unknown[] }) => {
  try {
    parentPort?.postMessage({ rows: connection.run(sql, parameters).rows });
  } catch (error) {
    parentPort?.postMessage({ error: error instanceof Error ? error.message : String(error) });
  }
});
