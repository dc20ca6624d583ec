import { constants, createReadStream } from 'node:fs';
import { copyFile, mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import type { Database, Db } from '../db/index.ts';
import { outwardMessageOf, systemCode } from '../errors/index.ts';
import type { Damage } from './blob-store.ts';
import { decode } from './encoding.ts';
import { blake3, hasher } from './hash.ts';
import { listFiles, listPacks } from './list-stored.ts';
import { lookOf } from './look.ts';
import { HEADER, header } from './piece.ts';
import { scanFiles, scanPacked, selectBlobs, sumPack, type BlobRow } from './store.ts';
import { syncDirectory } from './sync-directory.ts';

export interface CopyParts {
  /** The rows say what is to be there. */
  database: Pick<Database, 'scan'>;
  /** Blobs folders. The one that is copied may belong to a running server: nothing is changed in it. */
  from: string;
  to: string;
  /** The rows of an earlier copy to the same place: what they name was there afterwards, except what was damaged. */
  before?: { db: Db; except: ReadonlySet<string> };
  /**
   * How the files of the earlier copy looked when it ended. Only what looks so still is believed; any other file is read, and what is
   * missing or damaged in it is copied again. Empty: every byte is read.
   */
  looked?: ReadonlyMap<string, string>;
}

/** A part of a copy. */
export interface Copied {
  blobs: number;
  bytes: number;
  /** Written now, of these. */
  fresh: { blobs: number; bytes: number };
  /** What the earlier copy had, of what was written now: it was gone or damaged. */
  mended: { blobs: number; bytes: number };
  /** Not copied: its bytes are not the blob's. */
  damaged: Damage[];
  /** Files that are done, from the folder on, and how they look now. */
  looks: Array<[file: string, look: string]>;
}

/**
 * Copies all blobs that have rows, each verified before it is written, and none that an earlier copy still has. Packs keep the places of
 * what is needed, as holes where nothing is. On disk when it ends.
 */
export async function* copyStore(parts: CopyParts): AsyncGenerator<Copied> {
  for (const folder of ['packs', 'files'])
    await mkdir(path.join(parts.to, folder), { recursive: true, mode: 0o700 });
  yield* copyPacks(parts);
  yield* copyFiles(parts);
  for (const folder of ['packs', 'files', '.']) await syncDirectory(path.join(parts.to, folder));
}

async function* copyPacks({ database, from, to, before, looked }: CopyParts): AsyncGenerator<Copied> {
  let pack: OpenPack | undefined;
  try {
    for (let after: BlobRow | undefined; ;) {
      const rows = await scanPacked(database, after);
      if (rows.length === 0) break;
      after = rows.at(-1);
      const known = before && (await selectBlobs(before, hashesOf(rows)));
      const part = emptyPart();
      for (const row of rows) {
        if (pack?.name !== row.pack) {
          if (pack) part.looks.push(...(await pack.end()));
          pack = new OpenPack(from, to, row.pack!);
          await pack.look(looked);
        }
        const there = known?.get(row.hash);
        const had =
          there?.pack === row.pack && there.start === row.start && before?.except.has(row.hash) === false;
        count(part, row, had, had && pack.unchanged ? { is: 'there' } : await pack.copy(row));
      }
      yield part;
    }
    if (pack) yield { ...emptyPart(), looks: await pack.end() };
  } finally {
    await pack?.end();
  }
}

interface Outcome {
  is: 'there' | 'written' | 'damaged';
  /** What is wrong with the bytes that were to be copied. */
  fault?: string;
}

/** A pack of the copy, and the one that it is a copy of; opened when the first of its blobs has to be looked at. */
class OpenPack {
  readonly name: string;
  readonly #from: string;
  readonly #to: string;
  readonly #file: string;
  /** Whether it looks as it did when the earlier copy ended. */
  unchanged = false;
  #size = 0;
  #opened: Promise<{ from: FileHandle | string; to: FileHandle | undefined }> | undefined;

  constructor(from: string, to: string, name: string) {
    this.name = name;
    this.#file = path.posix.join('packs', `${name}.pack`);
    this.#from = path.join(from, this.#file);
    this.#to = path.join(to, this.#file);
  }

  async look(looked: CopyParts['looked']): Promise<void> {
    const now = await lookOf(this.#to);
    this.#size = now?.size ?? 0;
    this.unchanged = now !== undefined && looked?.get(this.#file) === now.look;
  }

  async copy(row: BlobRow): Promise<Outcome> {
    this.#opened ??= this.#open();
    const { from, to } = await this.#opened;
    const head = header(row, { encoding: row.encoding, stored: { length: row.stored } });
    if (to && row.start + row.stored <= this.#size) {
      const there = await readPiece(to, row).catch(outwardMessageOf);
      if (typeof there !== 'string' && there.subarray(0, HEADER).equals(head)) return { is: 'there' };
    }
    const piece = typeof from === 'string' ? from : await readPiece(from, row);
    if (typeof piece === 'string') return { is: 'damaged', fault: piece };
    head.copy(piece);
    if (!to) throw new Error(`${this.#to} was not opened`);
    for (let done = 0; done < piece.length;)
      done += (await to.write(piece, done, piece.length - done, row.start - HEADER + done)).bytesWritten;
    return { is: 'written' };
  }

  /** On disk when it ends; says how it looks then. */
  async end(): Promise<Array<[string, string]>> {
    const opened = await this.#opened;
    this.#opened = undefined;
    try {
      await opened?.to?.sync();
    } finally {
      await opened?.to?.close();
      if (typeof opened?.from === 'object') await opened.from.close();
    }
    const now = await lookOf(this.#to);
    return now ? [[this.#file, now.look]] : [];
  }

  async #open(): Promise<{ from: FileHandle | string; to: FileHandle | undefined }> {
    const from = await open(this.#from, 'r').catch(outwardMessageOf);
    try {
      // Where there is nothing to copy, none is made.
      const make = typeof from === 'string' ? 0 : constants.O_CREAT;
      return { from, to: await open(this.#to, constants.O_RDWR | make, 0o600) };
    } catch (error) {
      if (typeof from === 'string' && isGone(error)) return { from, to: undefined };
      if (typeof from !== 'string') await from.close();
      throw error;
    }
  }
}

/** The piece with its header, if its bytes are the blob's; else why not. */
async function readPiece(from: FileHandle, row: BlobRow): Promise<Buffer | string> {
  const bytes = Buffer.allocUnsafe(row.stored + HEADER);
  const { bytesRead } = await from.read(bytes, 0, bytes.length, row.start - HEADER);
  if (bytesRead < bytes.length) return `its pack ends before it`;
  try {
    const content = await decode(row.encoding, bytes.subarray(HEADER), row.size);
    if (content.length !== row.size || blake3(content) !== row.hash) return 'its bytes have another hash';
  } catch (error) {
    return outwardMessageOf(error);
  }
  return bytes;
}

async function* copyFiles({ database, from, to, before, looked }: CopyParts): AsyncGenerator<Copied> {
  const touched = new Set<string>();
  for (let after: BlobRow | undefined; ;) {
    const rows = await scanFiles(database, after);
    if (rows.length === 0) break;
    after = rows.at(-1);
    const known = before && (await selectBlobs(before, hashesOf(rows)));
    for (const row of rows) {
      const part = emptyPart();
      const file = path.posix.join('files', row.hash.slice(0, 2), row.hash);
      const place = path.join(to, file);
      const there = await lookOf(place);
      const had =
        looked?.has(file) === true ||
        (known?.get(row.hash)?.pack === null && before?.except.has(row.hash) === false);
      if (there?.size === row.size && (looked?.get(file) === there.look || (await holds(place, row.hash))))
        count(part, row, had, { is: 'there' });
      else {
        await mkdir(path.dirname(place), { recursive: true, mode: 0o700 });
        const fault = await copyLarge(path.join(from, file), place, row);
        count(part, row, had, fault === undefined ? { is: 'written' } : { is: 'damaged', fault });
        touched.add(path.dirname(place));
      }
      const now = await lookOf(place);
      if (now && part.damaged.length === 0) part.looks.push([file, now.look]);
      yield part;
    }
  }
  for (const below of touched) await syncDirectory(below);
}

function count(part: Copied, row: BlobRow, had: boolean, { is, fault }: Outcome): void {
  part.blobs++;
  part.bytes += row.stored;
  if (is === 'damaged') part.damaged.push(damageOf(row, fault ?? ''));
  if (is !== 'written') return;
  for (const sum of had ? [part.fresh, part.mended] : [part.fresh]) {
    sum.blobs++;
    sum.bytes += row.stored;
  }
}

const isGone = (error: unknown): boolean => systemCode(error) === 'ENOENT';

/** Whether a file can be read and has these bytes. */
const holds = (file: string, hash: string): Promise<boolean> =>
  hashFile(file).then(
    (found) => found === hash,
    () => false,
  );

/** A reflink where both lie on one file system that can, else a copy; read and verified before it gets its name. */
async function copyLarge(from: string, to: string, { hash }: BlobRow): Promise<string | undefined> {
  const draft = `${to}.new`;
  await rm(draft, { force: true });
  try {
    await copyFile(from, draft, constants.COPYFILE_FICLONE);
  } catch (error) {
    await rm(draft, { force: true });
    if (isGone(error)) return 'its file is gone';
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

const emptyPart = (): Copied => ({
  blobs: 0,
  bytes: 0,
  fresh: { blobs: 0, bytes: 0 },
  mended: { blobs: 0, bytes: 0 },
  damaged: [],
  looks: [],
});

const hashesOf = (rows: readonly BlobRow[]): string[] => rows.map(({ hash }) => hash);

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
