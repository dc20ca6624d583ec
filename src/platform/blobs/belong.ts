import type { Database } from '../db/index.ts';
import { conflict, type TreadleError } from '../errors/index.ts';
import { inspectFolder, type Inspection, type StoreId } from './store-file.ts';
import { anyBlob, hasLarge, selectFiles, selectNewestPacked, selectPackEnd, selectStoreId } from './store.ts';

/** A database and a blobs folder that a server is about to open together. */
export interface Pair {
  /** Undefined where there is no database yet. */
  database: Pick<Database, 'db' | 'dialect'> | undefined;
  /** As a person knows it: the file, or the address. */
  named: string;
  folder: string;
  /** The person says that one of the two was restored from an older backup. */
  restored: boolean;
}

/**
 * Refuses a pair that does not belong together, before anything is changed: a start beside the wrong database would take every
 * blob for a loose end. It costs a few look-ups however much is stored.
 */
export async function requireBelonging(pair: Pair): Promise<void> {
  const { database, named, folder } = pair;
  const found = await inspectFolder(folder);
  const tables =
    database !== undefined && (await database.dialect.tableExists(database.db, 'blob'))
      ? database
      : undefined;
  const stored = found.packs.length > 0 || found.anyFile;
  if (!tables) {
    if (found.id === undefined && !stored) return;
    throw refusal(
      `the data folder's blobs ${folder} are there, but the database ${named} is empty or gone`,
      'put the database back from the backup that was made together with this folder; was --db or --data forgotten? To begin anew, choose another --data folder',
    );
  }
  const { db } = tables;
  if (found.id === 'broken' && !pair.restored)
    throw refusal(
      `${folder}/store.json cannot be read`,
      'put it back from a backup; or, if database and blobs surely belong together, start once with --restored yes',
    );
  const id = found.id === 'broken' ? undefined : found.id;
  const own = (await tables.dialect.tableExists(db, 'blob_store')) ? await selectStoreId(db) : undefined;
  if (own && id && own.store !== id.store)
    throw refusal(
      `the database ${named} belongs to store ${own.store}, and the blobs ${folder} to store ${id.store}`,
      'start each with its own: check --db and --data, or put the right one back',
    );
  if (pair.restored) return;
  const older = await olderSide(tables, found, own, id);
  if (older !== undefined)
    throw refusal(
      older === 'database'
        ? `the database ${named} is older than the blobs ${folder}, or another: it does not know what is stored there`
        : `the blobs ${folder} are gone, incomplete or older than the database ${named}: what it knows is not stored there`,
      `put back the ${older === 'database' ? 'newer database' : 'complete folder'}; or, if this is what the backup has, start once with --restored yes: bytes that the database does not know are moved to ${folder}/lost, nothing is removed, and treadle verify says what is missing`,
    );
}

/** Which of the two is from an earlier moment than the other, if one is. */
async function olderSide(
  { db, dialect }: Pick<Database, 'db' | 'dialect'>,
  found: Inspection,
  own: StoreId | undefined,
  id: StoreId | undefined,
): Promise<'database' | 'blobs' | undefined> {
  if (!own && id) return 'database';
  // The row is written before the file: a server that was killed in between left the file behind by one, or not made yet.
  if (own && own.starts > (id?.starts ?? 0) + 1) return 'blobs';
  if (own && id && own.starts < id.starts) return 'database';
  const { pack: marked, file } = found.mark;
  const collects = await dialect.tableExists(db, 'blob_reach');
  const newest = await selectNewestPacked(db);
  if (marked && (await selectPackEnd(db, marked.name, collects)) < marked.end) return 'database';
  if (file !== undefined && !(await hasLarge(db, file))) return 'database';
  if (newest && ((await found.sizeOfPack(newest.pack)) ?? 0) < newest.end) return 'blobs';
  const large = await selectFiles(db, 8);
  if (large.length > 0) {
    const here = await Promise.all(large.map((hash) => found.hasFile(hash)));
    if (!here.includes(true)) return 'blobs';
  }
  if (id) return undefined;
  // A pair of before the store id: it is adopted when the rows know what is here, up to one pack that a kill left without a row.
  const unknown = found.packs.filter((name) => newest === undefined || name > newest.pack);
  if (unknown.length > 1) return 'database';
  const stored = found.packs.length > 0 || found.anyFile;
  return stored && !(await anyBlob(db)) ? 'database' : undefined;
}

const refusal = (message: string, hint: string): TreadleError =>
  conflict(message, { code: 'wrong-store', hint });
