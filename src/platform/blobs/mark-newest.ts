import type { Database } from '../db/index.ts';
import type { BlobBackend } from './backend.ts';
import { selectFiles, selectNewestPacked } from './store.ts';

/** Marks the furthest blobs that have rows. */
export async function markNewest(database: Database, backend: BlobBackend): Promise<void> {
  const newest = await selectNewestPacked(database.db);
  const [file] = await selectFiles(database.db, 1);
  backend.mark({ pack: newest && { name: newest.pack, end: newest.end }, file });
}
