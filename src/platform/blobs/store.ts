import { sql, type Selectable } from 'kysely';
import { insertMany, type Database, type Db } from '../db/index.ts';
import type { BlobTables } from './schema.ts';
import type { StoreId } from './store-file.ts';

export type BlobRow = Omit<Selectable<BlobTables['blob']>, 'touched_at'>;

const COLUMNS = ['hash', 'size', 'pack', 'start', 'stored', 'encoding', 'created_at'] as const;
/** Rows of one transaction. The bytes of all are on disk by then, and each row stands for itself. */
const PORTION = 1000;
const tables = (db: Db) => db.$extendTables<BlobTables>();

/** What one `putMany` says. */
export interface Stored {
  fresh: readonly BlobRow[];
  /** Known, and its stored bytes are damaged: they lie here from now on. */
  mended: readonly BlobRow[];
  /** Known, and not asked for in a long time. */
  touched: readonly string[];
  now: number;
}

/** In one transaction, or several where there is much to say: everybody else's change waits for each. */
export async function insertBlobs(
  database: Database,
  { fresh, mended, touched, now }: Stored,
): Promise<BlobRow[]> {
  const most = Math.max(fresh.length, mended.length, touched.length);
  const ours: BlobRow[] = [];
  for (let from = 0; from < most; from += PORTION) {
    const part = fresh.slice(from, from + PORTION);
    const values = part.map((row) => COLUMNS.map((column) => row[column]));
    const stored = await database.write(async (db) => {
      // Somebody else may have stored the same content meanwhile; theirs is as good as ours.
      const written = await insertMany(
        db,
        database.dialect,
        'blob',
        COLUMNS,
        values,
        'on conflict do nothing',
      );
      for (const { hash, pack, start, stored, encoding } of mended.slice(from, from + PORTION))
        await tables(db)
          .updateTable('blob')
          .set({ pack, start, stored, encoding })
          .where('hash', '=', hash)
          .execute();
      for (let at = from; at < Math.min(from + PORTION, touched.length); at += 500)
        await tables(db)
          .updateTable('blob')
          .set({ touched_at: now })
          .where('hash', 'in', touched.slice(at, Math.min(at + 500, from + PORTION)))
          .execute();
      return written === part.length ? part : heldBy(db, part);
    });
    ours.push(...stored, ...mended.slice(from, from + PORTION));
  }
  return ours;
}

/** Of these rows those that are the ones in the table, and not another's of the same content. */
async function heldBy(db: Db, rows: readonly BlobRow[]): Promise<BlobRow[]> {
  const held = new Map<string, string>();
  for (let at = 0; at < rows.length; at += 500) {
    const found = await tables(db)
      .selectFrom('blob')
      .select(['hash', 'pack', 'start'])
      .where(
        'hash',
        'in',
        rows.slice(at, at + 500).map(({ hash }) => hash),
      )
      .execute();
    for (const { hash, pack, start } of found) held.set(hash, `${pack} ${start}`);
  }
  return rows.filter(({ hash, pack, start }) => held.get(hash) === `${pack} ${start}`);
}

export const selectBlob = (database: Database, hash: string): Promise<BlobRow | undefined> =>
  tables(database.db).selectFrom('blob').selectAll().where('hash', '=', hash).executeTakeFirst();

/** A blob that is there: its size, and when somebody last sent it. */
export interface Known {
  size: number;
  seen: number;
  /** Null: a file of its own. */
  pack: string | null;
}

/** At most 500 at a time. */
export async function selectKnown(
  database: Database,
  hashes: readonly string[],
): Promise<Map<string, Known>> {
  const rows = await tables(database.db)
    .selectFrom('blob')
    .select(['hash', 'size', 'pack', 'created_at', 'touched_at'])
    .where('hash', 'in', hashes)
    .execute();
  return new Map(
    rows.map(({ hash, size, pack, created_at, touched_at }) => [
      hash,
      { size, pack, seen: Math.max(created_at, touched_at) },
    ]),
  );
}

export async function selectBlobs(
  database: Pick<Database, 'db'>,
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

/** Where the last blob of a pack that was ever known ends; 0 for a pack that no row has named. */
export async function selectPackEnd(db: Db, pack: string, collects = true): Promise<number> {
  const last = await tables(db)
    .selectFrom('blob')
    .select(['start', 'stored'])
    .where('pack', '=', pack)
    .orderBy('start', 'desc')
    .limit(1)
    .executeTakeFirst();
  const before = collects
    ? await tables(db).selectFrom('blob_reach').select('reach').where('name', '=', pack).executeTakeFirst()
    : undefined;
  return Math.max(last ? last.start + last.stored : 0, before?.reach ?? 0);
}

/** Notes how far these rows reach, before they go or move. */
export async function noteReach(db: Db, rows: readonly BlobRow[]): Promise<void> {
  const reach = new Map<string, number>();
  for (const { pack, start, stored } of rows)
    if (pack !== null) reach.set(pack, Math.max(reach.get(pack) ?? 0, start + stored));
  for (const [name, end] of reach)
    await tables(db)
      .insertInto('blob_reach')
      .values({ name, reach: end })
      .onConflict((on) =>
        on.column('name').doUpdateSet({
          reach: sql`case when excluded.reach > blob_reach.reach then excluded.reach else blob_reach.reach end`,
        }),
      )
      .execute();
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

/** What goes as soon as no row names it. */
export interface Doomed {
  kind: 'file' | 'pack';
  name: string;
}

export async function insertDoomed(db: Db, doomed: readonly Doomed[]): Promise<void> {
  if (doomed.length === 0) return;
  await tables(db)
    .insertInto('blob_doomed')
    .values([...doomed])
    .onConflict((on) => on.doNothing())
    .execute();
}

export async function deleteDoomed(db: Db, { kind, name }: Doomed): Promise<void> {
  await tables(db).deleteFrom('blob_doomed').where('kind', '=', kind).where('name', '=', name).execute();
  if (kind === 'pack') await tables(db).deleteFrom('blob_reach').where('name', '=', name).execute();
}

/** What a killed gc had not removed yet, and no row names. */
export async function selectDoomed(db: Db): Promise<Doomed[]> {
  const rows = await tables(db).selectFrom('blob_doomed').selectAll().execute();
  const free: Doomed[] = [];
  for (const { kind, name } of rows) {
    const named = await tables(db)
      .selectFrom('blob')
      .select('hash')
      .$if(kind === 'pack', (query) => query.where('pack', '=', name))
      .$if(kind === 'file', (query) => query.where('hash', '=', name).where('pack', 'is', null))
      .limit(1)
      .executeTakeFirst();
    if (!named) free.push({ kind: kind === 'pack' ? 'pack' : 'file', name });
  }
  return free;
}

/** After a start has removed what was doomed; what rows name again stays. */
export const clearDoomed = (database: Database, removed: readonly Doomed[]): Promise<void> =>
  database.write(async (db) => {
    for (const one of removed) await deleteDoomed(db, one);
    await tables(db).deleteFrom('blob_doomed').execute();
  });

/** Deletes the rows of these that nobody has sent since, and that nobody pinned. What becomes free of it is doomed with them. */
export async function deleteBlobs(db: Db, hashes: readonly string[], before: number): Promise<BlobRow[]> {
  if (hashes.length === 0) return [];
  const rows = await tables(db)
    .deleteFrom('blob')
    .where('hash', 'in', hashes)
    .where('created_at', '<=', before)
    .where('touched_at', '<=', before)
    .where('hash', 'not in', (eb) => eb.selectFrom('pin').select('hash'))
    .returningAll()
    .execute();
  await noteReach(db, rows);
  await insertDoomed(
    db,
    rows.flatMap(({ hash, pack }) => (pack === null ? [{ kind: 'file' as const, name: hash }] : [])),
  );
  return rows;
}

/** Rows of one pack after a place in it. */
export const selectPack = (db: Db, pack: string, after: number, limit: number): Promise<BlobRow[]> =>
  tables(db)
    .selectFrom('blob')
    .selectAll()
    .where('pack', '=', pack)
    .where('start', '>', after)
    .orderBy('start')
    .limit(limit)
    .execute();

/** Bytes of a pack that rows name, and how many rows. */
export async function sumPack(
  { scan }: Pick<Database, 'scan'>,
  pack: string,
): Promise<{ blobs: number; stored: number }> {
  const row = await scan
    .$extendTables<BlobTables>()
    .selectFrom('blob')
    .select((eb) => [eb.fn.countAll().as('blobs'), eb.fn.sum('stored').as('stored')])
    .where('pack', '=', pack)
    .executeTakeFirstOrThrow();
  return { blobs: Number(row.blobs), stored: Number(row.stored ?? 0) };
}

/** Blobs that were copied elsewhere lie there from now on. */
export async function moveBlobs(
  db: Db,
  moves: ReadonlyArray<{ row: BlobRow; start: number }>,
  pack: string,
): Promise<void> {
  await noteReach(
    db,
    moves.map(({ row }) => row),
  );
  for (const { row, start } of moves)
    await tables(db)
      .updateTable('blob')
      .set({ pack, start })
      .where('hash', '=', row.hash)
      .where('pack', '=', row.pack)
      .where('start', '=', row.start)
      .execute();
}

type PinRow = BlobTables['pin'];

export const selectPinned = async (db: Db): Promise<string[]> =>
  (await tables(db).selectFrom('pin').select('hash').distinct().execute()).map(({ hash }) => hash);

/** Names in a workspace under which something is pinned: those that begin so. */
export async function selectPinNamesOf(db: Db, workspace: string, begin: string): Promise<string[]> {
  const rows = await tables(db)
    .selectFrom('pin')
    .select('what')
    .distinct()
    .where('workspace', '=', workspace)
    .where(sql`substr(what, 1, ${begin.length})`, '=', begin)
    .orderBy('what')
    .execute();
  return rows.map(({ what }) => what);
}

/** What was pinned together: all of one name, or one blob by its hash. */
export interface Pinned extends Omit<PinRow, 'hash'> {
  /** Of a blob that was pinned by its hash. */
  hash: string | null;
  blobs: number;
  /** Of their content. */
  bytes: number;
}

/** The newest first. */
export async function selectPins(
  db: Db,
  { limit, offset }: { limit: number; offset: number },
): Promise<Pinned[]> {
  const alone = sql<string | null>`case when pin.what = '' then pin.hash end`;
  const rows = await tables(db)
    .selectFrom('pin')
    .leftJoin('blob', 'blob.hash', 'pin.hash')
    .select((eb) => [
      'pin.workspace',
      'pin.what',
      'pin.reason',
      'pin.created_by',
      alone.as('hash'),
      eb.fn.min('pin.created_at').as('created_at'),
      eb.fn.countAll().as('blobs'),
      eb.fn.sum('blob.size').as('bytes'),
    ])
    .groupBy(['pin.workspace', 'pin.what', 'pin.reason', 'pin.created_by', alone])
    .orderBy('created_at', 'desc')
    .orderBy('pin.what')
    .orderBy(alone)
    .limit(limit)
    .offset(offset)
    .execute();
  return rows.map(({ created_at, blobs, bytes, ...row }) => ({
    ...row,
    created_at: Number(created_at),
    blobs: Number(blobs),
    bytes: Number(bytes ?? 0),
  }));
}

/** Pins those that are not pinned under this name yet; returns their hashes. */
export async function insertPins(
  db: Db,
  hashes: readonly string[],
  said: Omit<PinRow, 'hash'>,
): Promise<string[]> {
  const rows = await tables(db)
    .insertInto('pin')
    .values(hashes.map((hash) => ({ hash, ...said })))
    .onConflict((conflict) => conflict.doNothing())
    .returning('hash')
    .execute();
  return rows.map(({ hash }) => hash);
}

/** All that was pinned under a name, or the one blob that was pinned by its hash; returns what is no longer pinned so. */
export async function deletePins(
  db: Db,
  { hash, ...name }: Pick<PinRow, 'workspace' | 'what'> & { hash?: string },
): Promise<string[]> {
  const rows = await tables(db)
    .deleteFrom('pin')
    .where('workspace', '=', name.workspace)
    .where('what', '=', name.what)
    .$if(hash !== undefined, (query) => query.where('hash', '=', hash!))
    .returning('hash')
    .execute();
  return rows.map((row) => row.hash);
}

/** Under which names these are pinned. */
export const selectPinNames = async (db: Db, hash: string): Promise<string[]> =>
  (await tables(db).selectFrom('pin').select('what').where('hash', '=', hash).execute()).map(
    ({ what }) => what,
  );

/** Sizes as stored. */
export async function selectStored(
  { scan }: Pick<Database, 'scan'>,
  hashes: readonly string[],
): Promise<Map<string, { size: number; stored: number }>> {
  const rows = await scan
    .$extendTables<BlobTables>()
    .selectFrom('blob')
    .select(['hash', 'size', 'stored'])
    .where('hash', 'in', hashes)
    .execute();
  return new Map(rows.map(({ hash, size, stored }) => [hash, { size, stored }]));
}
