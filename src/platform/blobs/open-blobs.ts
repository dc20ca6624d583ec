import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import type { Clock } from '../clock/index.ts';
import type { Database } from '../db/index.ts';
import { newId } from '../ids/index.ts';
import { invalid, missing, outwardMessageOf, tooLarge, TreadleError, unavailable } from '../errors/index.ts';
import type { BlobBackend, Region } from './backend.ts';
import { diskError } from './disk-error.ts';
import { decode } from './encoding.ts';
import { fingerprint, type Fingerprint } from './fingerprint.ts';
import { hasher, blake3 } from './hash.ts';
import type { BlobContent, BlobStore, Checked, Damage } from './index.ts';
import { Intake } from './intake.ts';
import { Soundness } from './soundness.ts';
import {
  insertBlobs,
  scanFiles,
  scanPacked,
  selectBlob,
  selectBlobs,
  selectBlobSizes,
  selectFiles,
  selectNewestPacked,
  selectPackEnd,
  selectStoreId,
  upsertStoreId,
  type BlobRow,
} from './store.ts';

/** `readMany` looks up this many rows at once, and reads ahead about this many bytes. */
const BATCH = 512;
const STEP = 4 * 1024 * 1024;
/** A whole read of more than this is verified on the way: the first byte would be long in coming. */
const VERIFY_FIRST = 256 * 1024 * 1024;

interface BlobParts {
  database: Database;
  backend: BlobBackend;
  clock: Clock;
  /** Hears of every read that found damage. */
  onDamage?: (damage: Damage) => void;
}

/** The store over one back end and the rows of one database. Sets aside what a killed process left, then opens. */
export async function openBlobs(parts: BlobParts): Promise<BlobStore> {
  const { database, backend, clock } = parts;
  await backend.recover((pack) => selectPackEnd(database.db, pack));
  await claim(database, backend);
  const reader = new Reader(parts);

  const find = async (hash: string): Promise<BlobRow> => {
    const row = await selectBlob(database, hash);
    if (!row) throw missing(`there is no blob ${hash}`, { field: 'hash' });
    return row;
  };

  const store: BlobStore = {
    async put(source, expected = {}) {
      const [info] = await store.putMany([{ bytes: source, expected }]);
      return info!;
    },
    async putMany(sources) {
      const intake = new Intake(
        backend,
        (hashes) => selectBlobSizes(database, hashes),
        async (hash) => reader.isIntact(await find(hash)),
        clock,
      );
      try {
        for await (const input of sources) await intake.take(input);
        await intake.settle();
      } catch (error) {
        await intake.abort();
        throw diskError(error);
      }
      await insertBlobs(database, intake.rows);
      for (const { hash, pack, start, stored } of intake.rows) {
        if (pack !== null) backend.mark({ pack: { name: pack, end: start + stored } });
        else {
          backend.mark({ file: hash });
          await reader.trust(hash);
        }
      }
      return intake.infos;
    },
    has: (hashes) => selectBlobSizes(database, hashes),
    async info(hash) {
      const row = await selectBlob(database, hash);
      return row && { hash, size: row.size };
    },
    async open(hash, range) {
      const row = await find(hash);
      const within = range && clip(range, row.size);
      if (row.pack === null) return reader.openLarge(row, within);
      const bytes = await reader.readSmall(row);
      return Readable.from([within ? bytes.subarray(within.start, within.end + 1) : bytes], {
        objectMode: false,
      });
    },
    async *readMany(hashes) {
      let batch: string[] = [];
      for (const hash of hashes) {
        batch.push(hash);
        if (batch.length < BATCH) continue;
        yield* readBatch(database, reader, batch);
        batch = [];
      }
      if (batch.length > 0) yield* readBatch(database, reader, batch);
    },
    async read(hash, limit = 16 * 1024 * 1024) {
      const row = await find(hash);
      if (row.size > limit)
        throw tooLarge(`blob ${hash} has ${row.size} bytes; at most ${limit} are read at once`);
      return row.pack === null ? reader.readLarge(row) : reader.readSmall(row);
    },
    async materialise(hash, path, { mode = 0o644, shared = false } = {}) {
      const row = await find(hash);
      if (row.pack === null) {
        await reader.requireSound(row);
        if (shared) await backend.lendFile(hash, path);
        else await backend.copyFile(hash, path, mode);
      } else {
        const bytes = await reader.readSmall(row);
        await writeFile(path, bytes, { flag: 'wx', mode }).catch((error: unknown) => {
          throw diskError(error);
        });
      }
    },
    async matches(hash, path) {
      const row = await selectBlob(database, hash);
      return row !== undefined && reader.matches(row, path);
    },
    scratch: () => backend.scratch(),
    requireWritable: () => backend.requireWritable(),
    check: (signal) => checkAll(database, reader, signal),
    close: () => backend.close(),
  };
  return store;
}

/**
 * Database and folder say the same of themselves: the store that they are, and how often it was opened. The row comes first, so that
 * the folder is at most one behind.
 */
async function claim(database: Database, backend: BlobBackend): Promise<void> {
  const [own, there] = [await selectStoreId(database.db), await backend.readId()];
  const id = { store: own?.store ?? there?.store ?? newId(), starts: (there?.starts ?? 0) + 1 };
  await upsertStoreId(database, id);
  await backend.writeId(id);
  const newest = await selectNewestPacked(database.db);
  const [file] = await selectFiles(database.db, 1);
  backend.mark({ pack: newest && { name: newest.pack, end: newest.end }, file });
}

function clip({ start, end }: { start: number; end: number }, size: number): { start: number; end: number } {
  if (start < 0 || start >= size || end < start) {
    throw invalid(`bytes ${start}-${end} lie outside the ${size} bytes there are`, {
      field: 'range',
      hint: 'ask for a range inside the file',
    });
  }
  return { start, end: Math.min(end, size - 1) };
}

const regionOf = ({ pack, start, stored }: BlobRow): Region => ({ pack: pack ?? '', start, length: stored });

/** Reads rows' bytes and hands out none that are not theirs. */
class Reader {
  readonly #parts: BlobParts;
  readonly #soundness = new Soundness();

  constructor(parts: BlobParts) {
    this.#parts = parts;
  }

  async readSmall(row: BlobRow): Promise<Buffer> {
    const [stored] = await this.readPacked([row]);
    return this.unpack(row, stored!);
  }

  readPacked(rows: readonly BlobRow[]): Promise<Buffer[]> {
    return this.#parts.backend.readRegions(rows.map(regionOf)).catch((error: unknown) => {
      throw this.#damaged(rows[0]!, error);
    });
  }

  async unpack(row: BlobRow, stored: Buffer): Promise<Buffer> {
    let bytes: Buffer;
    try {
      bytes = await decode(row.encoding, stored, row.size);
    } catch (error) {
      throw this.#damaged(row, error);
    }
    return this.#verified(row, bytes);
  }

  async readLarge(row: BlobRow): Promise<Buffer> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of this.#parts.backend.openFile(row.hash)) chunks.push(chunk as Buffer);
    } catch (error) {
      throw this.#damaged(row, error);
    }
    return this.#verified(row, Buffer.concat(chunks));
  }

  /** Verified before the first byte, so that the caller gets an error and not a broken answer; only very many are verified on the way. */
  async openLarge(row: BlobRow, within?: { start: number; end: number }): Promise<Readable> {
    const { backend } = this.#parts;
    if (within || row.size <= VERIFY_FIRST) {
      await this.requireSound(row);
      return backend.openFile(row.hash, within);
    }
    const before = await backend.statFile(row.hash);
    if (before?.size !== row.size) throw this.#damaged(row, sizes(row, before));
    const judge = (good: boolean): Error | null => {
      this.#soundness.remember(row.hash, before, good);
      return good ? null : this.#damaged(row);
    };
    return backend.openFile(row.hash).compose(verifying(row, judge));
  }

  async requireSound(row: BlobRow): Promise<void> {
    const { backend } = this.#parts;
    const subject = {
      name: row.hash,
      stat: () => backend.statFile(row.hash),
      open: () => backend.openFile(row.hash),
    };
    let cause: unknown;
    try {
      if (await this.#soundness.holds(subject, row.hash, row.size)) return;
      cause = sizes(row, await backend.statFile(row.hash));
    } catch (error) {
      cause = error;
    }
    throw this.#damaged(row, cause);
  }

  /** What is wrong with these rows' bytes, read anew. */
  async check(rows: readonly BlobRow[]): Promise<Damage[]> {
    const damaged: Damage[] = [];
    const attempt = async (row: BlobRow, read: () => Promise<unknown>): Promise<void> => {
      await read().catch((error: unknown) => {
        if (!(error instanceof TreadleError) || error.code !== 'blob-damaged') throw error;
        const { hash, size, pack } = row;
        const reason = error.cause === undefined ? CHANGED : outwardMessageOf(error.cause);
        damaged.push({ hash, size, pack: pack ?? undefined, reason });
      });
    };
    const packed = rows.filter(({ pack }) => pack !== null);
    // One that cannot be read must not hide its neighbours.
    const together = await this.#parts.backend.readRegions(packed.map(regionOf)).catch(() => undefined);
    for (const [i, row] of packed.entries())
      await attempt(row, () => (together ? this.unpack(row, together[i]!) : this.readSmall(row)));
    for (const row of rows) {
      if (row.pack !== null) continue;
      this.#soundness.forget(row.hash);
      await attempt(row, () => this.requireSound(row));
    }
    return damaged;
  }

  matches(row: BlobRow, path: string): Promise<boolean> {
    const open = (): Readable => createReadStream(path, { highWaterMark: 1024 * 1024 });
    return this.#soundness.holds({ name: path, stat: () => fingerprint(path), open }, row.hash, row.size);
  }

  /** Costs no read: what nobody has read yet is taken as good. */
  async isIntact({ hash, size, pack }: BlobRow): Promise<boolean> {
    if (pack !== null) return true;
    const now = await this.#parts.backend.statFile(hash);
    return now?.size === size && !this.#soundness.isBad(hash, now);
  }

  /** Its bytes were hashed while they came in. */
  async trust(hash: string): Promise<void> {
    const now = await this.#parts.backend.statFile(hash);
    if (now) this.#soundness.remember(hash, now, true);
  }

  #verified(row: BlobRow, bytes: Buffer): Buffer {
    if (bytes.length !== row.size || blake3(bytes) !== row.hash) throw this.#damaged(row);
    return bytes;
  }

  #damaged({ hash, size, pack }: BlobRow, cause?: unknown): Error {
    const reason = cause === undefined ? CHANGED : outwardMessageOf(cause);
    this.#parts.onDamage?.({ hash, size, pack: pack ?? undefined, reason });
    return unavailable(`the stored bytes of blob ${hash} are damaged`, {
      hint: 'restore the blobs folder from a backup, and check the disk; treadle verify names everything that is damaged',
      code: 'blob-damaged',
      cause,
    });
  }
}

const CHANGED = 'its bytes have another hash';

/** Why a file of another size than its row cannot be the blob. */
const sizes = ({ size }: BlobRow, found: Fingerprint | undefined): Error | undefined =>
  found?.size === size ? undefined : new Error(`its file has ${found?.size ?? 'no'} bytes, not ${size}`);

/** All blobs in the order in which they lie on disk; between two parts everybody else has a turn. */
async function* checkAll(
  database: Database,
  reader: Reader,
  signal: AbortSignal | undefined,
): AsyncGenerator<Checked> {
  for (const select of [scanPacked, scanFiles]) {
    for (let after: BlobRow | undefined; ;) {
      const rows = await select(database, after);
      if (rows.length === 0) break;
      after = rows.at(-1);
      for (let from = 0; from < rows.length;) {
        let [to, bytes] = [from, 0];
        while (to < rows.length && to - from < 64 && bytes < STEP) bytes += rows[to++]!.stored;
        signal?.throwIfAborted();
        const damaged = await reader.check(rows.slice(from, to));
        yield { blobs: to - from, bytes, damaged };
        from = to;
        await new Promise<void>((resolve) => void setImmediate(resolve));
      }
    }
  }
}

/** One batch of `readMany`. */
async function* readBatch(
  database: Database,
  reader: Reader,
  hashes: readonly string[],
): AsyncGenerator<BlobContent> {
  const found = await selectBlobs(database, hashes);
  const rows = hashes.map((hash) => {
    const row = found.get(hash);
    if (!row) throw missing(`there is no blob ${hash}`, { field: 'hash' });
    return row;
  });
  const packed = rows.filter(({ pack }) => pack !== null);
  // Large batches of middling blobs are read in steps, so that memory stays within a few MiB.
  const ready = new Map<BlobRow, Buffer>();
  for (const row of rows) {
    if (row.pack === null) {
      yield { hash: row.hash, size: row.size, content: await reader.openLarge(row) };
      continue;
    }
    if (!ready.has(row)) {
      const from = packed.indexOf(row);
      let to = from;
      for (let bytes = 0; to < packed.length && bytes < STEP; to++) bytes += packed[to]!.stored;
      const step = packed.slice(from, to);
      const stored = await reader.readPacked(step);
      step.forEach((one, i) => ready.set(one, stored[i]!));
    }
    const content = await reader.unpack(row, ready.get(row)!);
    ready.delete(row);
    yield { hash: row.hash, size: row.size, content };
  }
}

/** Holds back the last bytes until the hash of all agrees: what was cut short cannot be taken for the blob. */
function verifying(row: BlobRow, judge: (good: boolean) => Error | null): Transform {
  const hash = hasher();
  let held: Buffer | undefined;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      const before = held;
      held = chunk;
      done(null, before);
    },
    flush(done) {
      const fault = judge(hash.hex() === row.hash);
      if (fault) done(fault);
      else done(null, held);
    },
  });
}
