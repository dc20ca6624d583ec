import { open } from 'node:fs/promises';
import { backup, DatabaseSync } from 'node:sqlite';

/** All pages in one step: one moment of the database, and nobody who writes meanwhile has it begin again. */
const ALL = 2 ** 31 - 1;

/** A copy of a database as it is at one moment, by SQLite's own online backup; a server may go on writing. On disk when it ends, for its owner alone. */
export async function snapshotSqlite(file: string, to: string): Promise<void> {
  // SQLite would make the file readable by everybody; one that is there keeps its rights.
  await (await open(to, 'wx', 0o600)).close();
  const source = new DatabaseSync(file, { readOnly: true, timeout: 30_000 });
  try {
    await backup(source, to, { rate: ALL });
  } finally {
    source.close();
  }
  const handle = await open(to, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
