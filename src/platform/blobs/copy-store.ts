import { constants, createReadStream } from 'node:fs';
import { copyFile, mkdir, open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import type { Database, Db } from '../db/index.ts';
import { outwardMessageOf } from '../errors/index.ts';
import type { Damage } from './blob-store.ts';
import { decode } from './encoding.ts';
import { blake3, hasher } from './hash.ts';
import { listFiles, listPacks } from './list-stored.ts';
import { HEADER } from './piece.ts';
import { scanFiles, scanPacked, selectBlobs, sumPack, type BlobRow } from './store.ts';
import { syncDirectory } from './sync-directory.ts';

export interface CopyParts {
  /** The rows say what is to be there. */
  database: Pick<Database, 'scan'>;
  /** Blobs folders. The one that is copied may belong to a running server: nothing is changed in it. */
  from: string;
  to: string;
  /** The rows of an earlier copy to the same place: what they name is there, except what was damaged. */
  before?: { db: Db; except: ReadonlySet<string> };
}

/** A part of a copy. */
export interface Copied {
  blobs: number;
  bytes: number;
  /** What was not there yet, of these. */
  fresh: { blobs: number; bytes: number };
  /** Not copied: its bytes are not the blob's. */
  damaged: Damage[];
}

/**
 * Copies all blobs that have rows, each verified before it is written, and none that an earlier copy has. Packs keep the places of
 * what is needed, as holes where nothing is. On disk when it ends.
 */
export async function* copyStore(parts: CopyParts): AsyncGenerator<Copied> {
  for (const folder of ['packs', 'files'])
    await mkdir(path.join(parts.to, folder), { recursive: true, mode: 0o700 });
  yield* copyPacks(parts);
  yield* copyFiles(parts);
  for (const folder of ['packs', 'files', '.']) await syncDirectory(path.join(parts.to, folder));
}

async function* copyPacks({ database, from, to, before }: CopyParts): AsyncGenerator<Copied> {
  let pack: OpenPair | undefined;
  try {
    for (let after: BlobRow | undefined; ;) {
      const rows = await scanPacked(database, after);
      if (rows.length === 0) break;
      after = rows.at(-1);
      const known =
        before &&
        (await selectBlobs(
          before,
          rows.map(({ hash }) => hash),
        ));
      const part = emptyPart();
      for (const row of rows) {
        part.blobs++;
        part.bytes += row.stored;
        const there = known?.get(row.hash);
        if (there?.pack === row.pack && there.start === row.start && before?.except.has(row.hash) === false)
          continue;
        if (pack?.name !== row.pack) {
          await pack?.close();
          pack = undefined;
          pack = await openPair(from, to, row.pack!).catch((error: unknown) => {
            part.damaged.push(damageOf(row, outwardMessageOf(error)));
            return undefined;
          });
          if (!pack) continue;
        }
        const fault = await copyPiece(pack, row);
        if (fault === undefined) {
          part.fresh.blobs++;
          part.fresh.bytes += row.stored;
        } else part.damaged.push(damageOf(row, fault));
      }
      yield part;
    }
  } finally {
    await pack?.close();
  }
}

interface OpenPair {
  name: string;
  from: FileHandle;
  to: FileHandle;
  close(): Promise<void>;
}

async function openPair(from: string, to: string, name: string): Promise<OpenPair> {
  const file = path.join('packs', `${name}.pack`);
  const source = await open(path.join(from, file), 'r');
  const target = await open(path.join(to, file), constants.O_RDWR | constants.O_CREAT, 0o600).catch(
    async (error: unknown) => {
      await source.close();
      throw error;
    },
  );
  return {
    name,
    from: source,
    to: target,
    async close() {
      await source.close();
      await target.sync();
      await target.close();
    },
  };
}

/** The piece with its header, if its bytes are the blob's; else why not. */
async function copyPiece({ from, to }: OpenPair, row: BlobRow): Promise<string | undefined> {
  const bytes = Buffer.allocUnsafe(row.stored + HEADER);
  const { bytesRead } = await from.read(bytes, 0, bytes.length, row.start - HEADER);
  if (bytesRead < bytes.length) return `its pack ends before it`;
  try {
    const content = await decode(row.encoding, bytes.subarray(HEADER), row.size);
    if (content.length !== row.size || blake3(content) !== row.hash) return 'its bytes have another hash';
  } catch (error) {
    return outwardMessageOf(error);
  }
  for (let done = 0; done < bytes.length;)
    done += (await to.write(bytes, done, bytes.length - done, row.start - HEADER + done)).bytesWritten;
  return undefined;
}

async function* copyFiles({ database, from, to }: CopyParts): AsyncGenerator<Copied> {
  const touched = new Set<string>();
  for (let after: BlobRow | undefined; ;) {
    const rows = await scanFiles(database, after);
    if (rows.length === 0) break;
    after = rows.at(-1);
    for (const row of rows) {
      const part = { ...emptyPart(), blobs: 1, bytes: row.stored };
      const below = path.join('files', row.hash.slice(0, 2));
      const place = path.join(below, row.hash);
      const there = await stat(path.join(to, place)).catch(() => undefined);
      if (there?.size !== row.size) {
        await mkdir(path.join(to, below), { recursive: true, mode: 0o700 });
        const fault = await copyLarge(path.join(from, place), path.join(to, place), row);
        if (fault === undefined) part.fresh = { blobs: 1, bytes: row.stored };
        else part.damaged.push(damageOf(row, fault));
        touched.add(below);
      }
      yield part;
    }
  }
  for (const below of touched) await syncDirectory(path.join(to, below));
}

/** A reflink where both lie on one file system that can, else a copy; read and verified before it gets its name. */
async function copyLarge(from: string, to: string, { hash }: BlobRow): Promise<string | undefined> {
  const draft = `${to}.new`;
  await rm(draft, { force: true });
  try {
    await copyFile(from, draft, constants.COPYFILE_FICLONE);
  } catch (error) {
    await rm(draft, { force: true });
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 'its file is gone';
    throw error;
  }
  const handle = await open(draft, 'r');
  try {
    const state = hasher();
    for await (const chunk of handle.createReadStream({ autoClose: false, highWaterMark: 1024 * 1024 }))
      state.update(chunk as Buffer);
    if (state.hex() !== hash) {
      await rm(draft, { force: true });
      return 'its bytes have another hash';
    }
    await handle.sync();
    await handle.chmod(0o444);
  } finally {
    await handle.close();
  }
  await rename(draft, to);
  return undefined;
}

const emptyPart = (): Copied => ({ blobs: 0, bytes: 0, fresh: { blobs: 0, bytes: 0 }, damaged: [] });

const damageOf = ({ hash, size, pack }: BlobRow, reason: string): Damage => ({
  hash,
  size,
  pack: pack ?? undefined,
  reason,
});

/** Packs and files of a copy that its rows do not name. */
export async function* staleBlobs(database: Pick<Database, 'scan'>, folder: string): AsyncGenerator<string> {
  for (const { name } of await listPacks(path.join(folder, 'packs')))
    if ((await sumPack(database, name)).blobs === 0) yield path.join(folder, 'packs', `${name}.pack`);
  for await (const files of listFiles(path.join(folder, 'files'))) {
    const rows = await selectBlobs(
      { db: database.scan },
      files.map(({ name }) => name),
    );
    for (const { name } of files)
      if (rows.get(name)?.pack !== null) yield path.join(folder, 'files', name.slice(0, 2), name);
  }
}

/** BLAKE3 of a file. */
export async function hashFile(file: string): Promise<string> {
  const state = hasher();
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 }))
    state.update(chunk as Buffer);
  return state.hex();
}
