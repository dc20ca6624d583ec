import { existsSync, linkSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { conflict } from '../errors/index.ts';
import { newId } from '../ids/index.ts';

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

/**
 * Whether a server is using the folder, without changing anything in it: SQLite writes and removes a journal beside a lock that it
 * tries, so the same lock is tried by another name. The operating system keeps locks by file, not by name.
 */
export function dataFolderIsLocked(folder: string): boolean {
  const file = path.join(folder, 'lock.db');
  if (!existsSync(file)) return false;
  const aside = path.join(folder, `.look-${newId()}`);
  try {
    mkdirSync(aside, { mode: 0o700 });
    const named = path.join(aside, 'lock.db');
    linkSync(file, named);
    const lock = new DatabaseSync(named);
    try {
      lock.exec('pragma busy_timeout = 0; begin exclusive');
      return false;
    } catch {
      return true;
    } finally {
      lock.close();
    }
  } catch {
    return false;
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}
