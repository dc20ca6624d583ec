import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { syncDirectory } from '../platform/blobs/index.ts';
import { conflict, invalid, messageOf } from '../platform/errors/index.ts';
import { copySynced } from './copy-synced.ts';
import { liesWithin } from './target.ts';

/**
 * Whoever has the key and the database can rewrite the ledger: so it is copied only when asked, and not beside the database. What is
 * there already may be the only key of another store: nothing but the very same key is passed over, and nothing is overwritten.
 */
export function requireKeyApart(key: string, to: string, folder: string): void {
  if (liesWithin(to, folder))
    throw invalid(`${to} lies in the backup itself`, {
      field: 'key',
      hint: 'keep the key apart: whoever has both can rewrite the ledger',
    });
  if (liesWithin(to, path.dirname(key)))
    throw invalid(`${to} lies in the data folder itself`, {
      field: 'key',
      hint: 'name a file elsewhere: a copy is for the day when this folder is lost',
    });
  if (statSync(to, { throwIfNoEntry: false }) && !isKept(key, to))
    throw conflict(`${to} is there already, and is not a copy of this store's key`, {
      field: 'key',
      code: 'key-exists',
      hint: 'name a file that is not there yet; nothing that is there is ever overwritten',
    });
}

export async function keepKey(key: string, to: string): Promise<void> {
  if (isKept(key, to)) return;
  try {
    await copySynced(key, to, { fresh: true });
    await syncDirectory(path.dirname(to));
  } catch (error) {
    throw invalid(`the ledger's key ${key} could not be copied to ${to}: ${messageOf(error)}`, {
      field: 'key',
      hint: 'name a file in a folder that is there and can be written',
      cause: error,
    });
  }
}

/** Whether the same key lies there already. */
function isKept(key: string, to: string): boolean {
  try {
    return statSync(to).isFile() && readFileSync(to).equals(readFileSync(key));
  } catch {
    return false; // what cannot be read is not known to be the same
  }
}
