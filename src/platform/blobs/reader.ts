import { createReadStream } from 'node:fs';
import { Transform, type Readable } from 'node:stream';
import type { Database } from '../db/index.ts';
import { missing, outwardMessageOf, tooLarge, TreadleError, unavailable } from '../errors/index.ts';
import type { BlobBackend, Region } from './backend.ts';
import type { Damage } from './blob-store.ts';
import { decode } from './encoding.ts';
import { fingerprint, type Fingerprint } from './fingerprint.ts';
import { blake3, hasher } from './hash.ts';
import { Soundness } from './soundness.ts';
import { selectBlob, selectBlobs, type BlobRow } from './store.ts';

/** A whole read of more than this is verified on the way: the first byte would be long in coming. */
const VERIFY_FIRST = 256 * 1024 * 1024;

export interface ReaderParts {
  database: Database;
  backend: BlobBackend;
  /** Hears of every read that found damage. */
  onDamage?: (damage: Damage) => void;
}

const regionOf = ({ pack, start, stored }: BlobRow): Region => ({ pack: pack ?? '', start, length: stored });

/** Reads rows' bytes and hands out none that are not theirs. */
export class Reader {
  readonly #parts: ReaderParts;
  readonly #soundness = new Soundness();
  /** Found damaged: the next one who sends the content mends them. */
  readonly #bad = new Set<string>();

  constructor(parts: ReaderParts) {
    this.#parts = parts;
  }

  async readSmall(row: BlobRow): Promise<Buffer> {
    const [stored] = await this.readPacked([row]);
    return this.unpack(row, stored!);
  }

  async readPacked(rows: readonly BlobRow[]): Promise<Buffer[]> {
    const { backend, database } = this.#parts;
    try {
      return await backend.readRegions(rows.map(regionOf));
    } catch (error) {
      // gc moves what is left of a pack to another one: whoever looked it up before finds it there.
      const now = await selectBlobs(database, [...new Set(rows.map(({ hash }) => hash))]);
      const moved = rows.map((row) => now.get(row.hash) ?? row);
      if (moved.every((row, i) => row.pack === rows[i]!.pack && row.start === rows[i]!.start))
        throw this.#damaged(rows[0]!, error);
      return backend.readRegions(moved.map(regionOf)).catch((again: unknown) => {
        throw this.#damaged(rows[0]!, again);
      });
    }
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

  /** The whole blob, by its name. */
  async readNamed(hash: string, limit: number): Promise<Buffer> {
    const row = await selectBlob(this.#parts.database, hash);
    if (!row) throw missing(`there is no blob ${hash}`, { field: 'hash' });
    if (row.size > limit)
      throw tooLarge(`blob ${hash} has ${row.size} bytes; at most ${limit} are read at once`);
    return row.pack === null ? this.readLarge(row) : this.readSmall(row);
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
      if (await this.#soundness.holds(subject, row.hash, row.size)) return void this.#bad.delete(row.hash);
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
      await read().catch(async (error: unknown) => {
        if (!(error instanceof TreadleError) || error.code !== 'blob-damaged') throw error;
        if ((await selectBlobs(this.#parts.database, [row.hash])).size === 0) return; // gc was quicker
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
  async isIntact(hash: string, { size, pack }: Pick<BlobRow, 'size' | 'pack'>): Promise<boolean> {
    if (pack !== null) return !this.#bad.has(hash);
    const now = await this.#parts.backend.statFile(hash);
    return now?.size === size && !this.#soundness.isBad(hash, now);
  }

  isBad(hash: string): boolean {
    return this.#bad.has(hash);
  }

  /** It is stored elsewhere now, or not at all. */
  forget(hash: string): void {
    this.#bad.delete(hash);
    this.#soundness.forget(hash);
  }

  /** Its bytes were hashed while they came in. */
  async trust(hash: string): Promise<void> {
    this.#bad.delete(hash);
    const now = await this.#parts.backend.statFile(hash);
    if (now) this.#soundness.remember(hash, now, true);
  }

  #verified(row: BlobRow, bytes: Buffer): Buffer {
    if (bytes.length !== row.size || blake3(bytes) !== row.hash) throw this.#damaged(row);
    this.#bad.delete(row.hash);
    return bytes;
  }

  #damaged({ hash, size, pack }: BlobRow, cause?: unknown): Error {
    const reason = cause === undefined ? CHANGED : outwardMessageOf(cause);
    this.#bad.add(hash);
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
