import { existsSync, linkSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { conflict, systemCode, unavailable } from '../errors/index.ts';
import { makeFolders } from '../files/index.ts';
import { newId } from '../ids/index.ts';

/**
 * Two servers never share a data folder. The lock is an open exclusive transaction on a tiny SQLite file:
 * the operating system drops it when the process dies, however it dies. Returns the release.
 */
export function lockDataFolder(folder: string): () => void {
  try {
    makeFolders(folder, 0o700);
  } catch (error) {
    throw unavailable(`the data folder ${folder} cannot be made (${systemCode(error)})`, {
      field: 'data',
      hint: 'name a folder on a disk that the user of the server may write to',
      cause: error,
    });
  }
  return lock(path.join(folder, 'lock.db'), (cause) =>
    conflict(`another Treadle server is using the data folder ${folder}`, {
      hint: 'stop it, or start this one with another --data folder',
      cause,
    }),
  );
}

/** One gc or backup at a time looks at a blobs folder: a backup must find what it read about. */
export const lockCollecting = (folder: string): (() => void) =>
  lock(path.join(folder, 'collect.db'), (cause) =>
    conflict(`another gc or a backup is under way in ${folder}`, {
      hint: 'wait until it has ended, then try again',
      cause,
    }),
  );

/** Waits for a lock that one process at a time holds, by the same means; for work that is short beside the wait of nobody. */
export async function lockInTurn(file: string): Promise<() => void> {
  for (;;) {
    try {
      return lock(file, (cause) => new Taken('somebody has it', { cause }));
    } catch (error) {
      // Anything but "somebody has it" would be waited for in vain.
      if (!(error instanceof Taken) || !isBusy(error.cause)) throw error;
    }
    await sleep(100);
  }
}

class Taken extends Error {}
const BUSY = 5;
const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && error.errcode === BUSY;

function lock(file: string, taken: (cause: unknown) => Error): () => void {
  makeFolders(path.dirname(file), 0o700);
  const held = new DatabaseSync(file);
  try {
    held.exec('pragma busy_timeout = 0; begin exclusive');
  } catch (error) {
    held.close();
    throw taken(error);
  }
  return () => held.close();
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
