import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { conflict } from '../errors/index.ts';

/**
 * Two servers never share a data folder. The lock is an open exclusive transaction on a tiny SQLite file:
 * the operating system drops it when the process dies, however it dies. Returns the release.
 */
export function lockDataFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = new DatabaseSync(path.join(folder, 'lock.db'));
  try {
    lock.exec('pragma busy_timeout = 0; begin exclusive');
  } catch (error) {
    lock.close();
    throw conflict(`another Treadle server is using the data folder ${folder}`, {
      hint: 'stop it, or start this one with another --data folder',
      cause: error,
    });
  }
  return () => lock.close();
}
