import type { CollectParts } from './collect-parts.ts';
import { deleteBlobs, deleteDoomed, selectKnown, type BlobRow } from './store.ts';
import type { BlobUser } from './uses.ts';

/** Rows of one transaction: every other writer waits for it. */
const AT_ONCE = 200;

/**
 * Removes those of these that nobody holds, has asked for or has sent again: the rows in one transaction with what is only said of
 * them, then the files. The bytes in packs stay until the packs are rewritten.
 */
export async function removeBlobs(
  { database, backend, reader, guard }: CollectParts,
  rows: readonly BlobRow[],
  before: number,
  users: readonly BlobUser[],
): Promise<BlobRow[]> {
  const removed: BlobRow[] = [];
  for (let from = 0; from < rows.length; from += AT_ONCE) {
    const { hashes, done } = guard.condemn(rows.slice(from, from + AT_ONCE).map(({ hash }) => hash));
    try {
      if (hashes.length === 0) continue;
      const gone = await database.write(async (db) => {
        const deleted = await deleteBlobs(db, hashes, before);
        const names = deleted.map(({ hash }) => hash);
        if (names.length > 0) for (const { forget } of users) await forget?.(db, names);
        return deleted;
      });
      const files = gone.filter(({ pack }) => pack === null);
      for (const { hash } of files) await backend.remove({ kind: 'file', name: hash });
      for (const { hash } of gone) reader.forget(hash);
      if (files.length > 0)
        await database.write(async (db) => {
          for (const { hash } of files) await deleteDoomed(db, { kind: 'file', name: hash });
        });
      removed.push(...gone);
    } finally {
      done();
    }
  }
  return removed;
}

/** Files that no row names, older than the grace period: what a put left that was killed just before its row. */
export async function removeLooseFiles(
  { database, backend, guard }: CollectParts,
  before: number,
  dryRun: boolean,
): Promise<number> {
  let bytes = 0;
  for await (const files of backend.files()) {
    const old = files.filter(({ changed }) => changed <= before);
    if (old.length === 0) continue;
    const { hashes, done } = guard.condemn(old.map(({ name }) => name));
    try {
      const known = await selectKnown(database, hashes);
      const free = new Set(hashes.filter((hash) => known.get(hash)?.pack !== null));
      for (const { name, size } of old) {
        if (!free.has(name)) continue;
        bytes += size;
        if (!dryRun) await backend.remove({ kind: 'file', name });
      }
    } finally {
      done();
    }
  }
  return bytes;
}
