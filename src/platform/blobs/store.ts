import type { Selectable } from 'kysely';
import { insertMany, type Database, type Db } from '../db/index.ts';
import type { BlobTables } from './schema.ts';
import type { StoreId } from './store-file.ts';

export type BlobRow = Selectable<BlobTables['blob']>;

const COLUMNS = ['hash', 'size', 'pack', 'start', 'stored', 'encoding', 'created_at'] as const;
const tables = (db: Db) => db.$extendTables<BlobTables>();

export async function insertBlobs(database: Database, rows: readonly BlobRow[]): Promise<void> {
  if (rows.length === 0) return;
  const values = rows.map((row) => COLUMNS.map((column) => row[column]));
  // Somebody else may have stored the same content meanwhile; theirs is as good as ours.
  await database.write((db) =>
    insertMany(db, database.dialect, 'blob', COLUMNS, values, 'on conflict do nothing'),
  );
}

export const selectBlob = (database: Database, hash: string): Promise<BlobRow | undefined> =>
  tables(database.db).selectFrom('blob').selectAll().where('hash', '=', hash).executeTakeFirst();

export async function selectBlobSizes(
  database: Database,
  hashes: readonly string[],
): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for (let start = 0; start < hashes.length; start += 500) {
    const rows = await tables(database.db)
      .selectFrom('blob')
      .select(['hash', 'size'])
      .where('hash', 'in', hashes.slice(start, start + 500))
      .execute();
    for (const { hash, size } of rows) sizes.set(hash, size);
  }
  return sizes;
}

export async function selectBlobs(
  database: Database,
  hashes: readonly string[],
): Promise<Map<string, BlobRow>> {
  const rows = await tables(database.db).selectFrom('blob').selectAll().where('hash', 'in', hashes).execute();
  return new Map(rows.map((row) => [row.hash, row]));
}

export const selectStoreId = (db: Db): Promise<StoreId | undefined> =>
  tables(db).selectFrom('blob_store').select(['store', 'starts']).where('id', '=', 1).executeTakeFirst();

export async function upsertStoreId(database: Database, { store, starts }: StoreId): Promise<void> {
  await database.write((db) =>
    tables(db)
      .insertInto('blob_store')
      .values({ id: 1, store, starts })
      .onConflict((conflict) => conflict.column('id').doUpdateSet({ store, starts }))
      .execute(),
  );
}

/** The end of the last blob of the newest pack that has any. */
export async function selectNewestPacked(db: Db): Promise<{ pack: string; end: number } | undefined> {
  const row = await tables(db)
    .selectFrom('blob')
    .select(['pack', 'start', 'stored'])
    .where('pack', 'is not', null)
    .orderBy('pack', 'desc')
    .orderBy('start', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && row.pack !== null ? { pack: row.pack, end: row.start + row.stored } : undefined;
}

/** Hashes of some large blobs. */
export async function selectFiles(db: Db, limit: number): Promise<string[]> {
  const rows = await tables(db)
    .selectFrom('blob')
    .select('hash')
    .where('pack', 'is', null)
    .limit(limit)
    .execute();
  return rows.map(({ hash }) => hash);
}

export const anyBlob = async (db: Db): Promise<boolean> =>
  (await tables(db).selectFrom('blob').select('hash').limit(1).executeTakeFirst()) !== undefined;

export const hasLarge = async (db: Db, hash: string): Promise<boolean> =>
  (await tables(db).selectFrom('blob').select('hash').where('hash', '=', hash).executeTakeFirst()) !==
  undefined;

/** Where the last known blob of a pack ends; 0 for a pack that no row names. */
export async function selectPackEnd(db: Db, pack: string): Promise<number> {
  const last = await tables(db)
    .selectFrom('blob')
    .select(['start', 'stored'])
    .where('pack', '=', pack)
    .orderBy('start', 'desc')
    .limit(1)
    .executeTakeFirst();
  return last ? last.start + last.stored : 0;
}

/** Packed blobs as they lie, after one of them. */
export const scanPacked = (
  { scan }: Pick<Database, 'scan'>,
  after: BlobRow | undefined,
): Promise<BlobRow[]> =>
  scan
    .$extendTables<BlobTables>()
    .selectFrom('blob')
    .selectAll()
    .where('pack', 'is not', null)
    .$if(after !== undefined, (query) =>
      query.where((eb) =>
        eb.or([
          eb('pack', '>', after!.pack),
          eb.and([eb('pack', '=', after!.pack), eb('start', '>', after!.start)]),
        ]),
      ),
    )
    .orderBy('pack')
    .orderBy('start')
    .limit(500)
    .execute();

/** Blobs that are files of their own, after one of them. */
export const scanFiles = ({ scan }: Pick<Database, 'scan'>, after: BlobRow | undefined): Promise<BlobRow[]> =>
  scan
    .$extendTables<BlobTables>()
    .selectFrom('blob')
    .selectAll()
    .where('pack', 'is', null)
    .$if(after !== undefined, (query) => query.where('hash', '>', after!.hash))
    .orderBy('hash')
    .limit(100)
    .execute();

/** Everything that is stored, of all workspaces: they share what is equal. */
export async function countBlobs({
  scan,
}: Pick<Database, 'scan'>): Promise<{ blobs: number; bytes: number; stored: number }> {
  const row = await scan
    .$extendTables<BlobTables>()
    .selectFrom('blob')
    .select((eb) => [
      eb.fn.countAll().as('blobs'),
      eb.fn.sum('size').as('bytes'),
      eb.fn.sum('stored').as('stored'),
    ])
    .executeTakeFirstOrThrow();
  return { blobs: Number(row.blobs), bytes: Number(row.bytes ?? 0), stored: Number(row.stored ?? 0) };
}
