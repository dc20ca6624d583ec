import path from 'node:path';
import { syncDirectory } from '../platform/blobs/index.ts';
import { invalid, messageOf } from '../platform/errors/index.ts';
import { copySynced } from './copy-synced.ts';

/** Whoever has the key and the database can rewrite the ledger: so it is copied only when asked, and not beside the database. */
export function requireKeyApart(to: string, folder: string): void {
  if (!path.relative(folder, to).startsWith('..'))
    throw invalid(`${to} lies in the backup itself`, {
      field: 'key',
      hint: 'keep the key apart: whoever has both can rewrite the ledger',
    });
}

export async function keepKey(key: string, to: string): Promise<void> {
  try {
    await copySynced(key, to);
    await syncDirectory(path.dirname(to));
  } catch (error) {
    throw invalid(`the ledger's key ${key} could not be copied to ${to}: ${messageOf(error)}`, {
      field: 'key',
      hint: 'name a file in a folder that is there and can be written',
      cause: error,
    });
  }
}
