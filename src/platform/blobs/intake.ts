import { createTurns } from '../aside/index.ts';
import type { Clock } from '../clock/index.ts';
import { invalid } from '../errors/index.ts';
import type { BlobBackend, Region, Staged } from './backend.ts';
import { encode } from './encoding.ts';
import { hasher, blake3 } from './hash.ts';
import type { BlobInfo, BlobInput } from './blob-store.ts';
import type { Guard } from './guard.ts';
import { HEADER, header } from './piece.ts';
import type { BlobRow, Known } from './store.ts';

/** From here on a blob is a file of its own, stored raw: it can be linked, cloned and read by range. */
const LARGE = 4 * 1024 * 1024;
/** Small blobs wait for each other up to this, to be looked up and written together. */
const BATCH_BYTES = 4 * 1024 * 1024;
const BATCH_COUNT = 500;
/** A large blob is written in steps of this; request bodies come in far smaller pieces. */
const STEP = 1024 * 1024;

/** What was last sent longer ago than this, ms, gets a new date when it is sent again. */
const STALE = 10 * 60 * 1000;

interface Small extends BlobInfo {
  bytes: Uint8Array;
}

/** What an intake must know of what is stored. */
export interface Stock {
  /** At most 500 at a time. */
  known(hashes: readonly string[]): Promise<Map<string, Known>>;
  /** Whether the bytes of a blob that has a row are there, and were not found damaged. Reads none of them. */
  intact(hash: string, known: Known): Promise<boolean>;
  guard: Guard;
  clock: Clock;
}

/** One `putMany` under way: where the bytes went, and what to give back when it fails. */
export class Intake {
  /** In the order of the sources. */
  readonly infos: BlobInfo[] = [];
  /** What to insert once all bytes are durable. */
  readonly rows: BlobRow[] = [];
  /** Small ones whose stored bytes are damaged: who still has the content mends it by sending it. */
  readonly mended: BlobRow[] = [];
  /** Stored long ago and sent again. */
  readonly touched: string[] = [];
  readonly #backend: BlobBackend;
  readonly #stock: Stock;
  readonly #regions: Region[] = [];
  readonly #staged: Array<{ hash: string; staged: Staged }> = [];
  readonly #taken = new Set<string>();
  readonly #held: Array<() => void> = [];
  #batch: Small[] = [];
  #batchBytes = 0;
  readonly #turns = createTurns();

  constructor(backend: BlobBackend, stock: Stock) {
    this.#backend = backend;
    this.#stock = stock;
  }

  /** Whether it has put bytes into this pack. */
  writes(pack: string): boolean {
    return this.#regions.some((region) => region.pack === pack);
  }

  async take({ bytes: source, expected = {} }: BlobInput): Promise<void> {
    // Thousands of small ones come in one piece of a body, and where all are stored already nothing waits for a disk.
    const due = this.#turns();
    if (due) await due;
    if (source instanceof Uint8Array) {
      if (source.length < LARGE) return this.#takeSmall(source, expected);
      return this.#takeLarge([source], undefined, expected);
    }
    // Small or large shows only when the bytes are here; up to LARGE they wait in memory.
    const iterator = source[Symbol.asyncIterator]();
    const head: Uint8Array[] = [];
    let size = 0;
    while (size < LARGE) {
      const next = await iterator.next();
      if (next.done === true)
        return this.#takeSmall(head.length === 1 ? head[0]! : Buffer.concat(head, size), expected);
      head.push(next.value);
      size += next.value.length;
    }
    await this.#takeLarge(head, iterator, expected);
  }

  /** Makes everything durable. Rows are written after it: a row whose bytes are not on disk would be a blob that cannot be read. */
  async settle(): Promise<void> {
    await this.#flush();
    await this.#backend.sync(this.#regions);
    for (const { hash, staged } of this.#staged) await staged.finish(hash);
  }

  /** Called when its rows are written, or will not be. */
  async release(): Promise<void> {
    const turns = createTurns();
    for (const release of this.#held.splice(0)) {
      release();
      const due = turns();
      if (due) await due;
    }
  }

  async abort(): Promise<void> {
    for (const { staged } of this.#staged) await staged.abort();
    await this.#backend.discard(this.#regions);
  }

  async #takeSmall(bytes: Uint8Array, expected: Partial<BlobInfo>): Promise<void> {
    const info = { hash: blake3(bytes), size: bytes.length };
    check(info, expected);
    this.infos.push(info);
    if (this.#taken.has(info.hash)) return;
    this.#taken.add(info.hash);
    this.#batch.push({ ...info, bytes });
    this.#batchBytes += bytes.length;
    if (this.#batchBytes >= BATCH_BYTES || this.#batch.length >= BATCH_COUNT) await this.#flush();
  }

  async #flush(): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    this.#batchBytes = 0;
    if (batch.length === 0) return;
    const there = await this.#known(batch.map(({ hash }) => hash));
    const fresh: Small[] = [];
    for (const blob of batch) {
      const known = there.get(blob.hash);
      if (!known || !(await this.#stock.intact(blob.hash, known))) fresh.push(blob);
    }
    // After the look-up: what is stored already is neither compressed nor written, and a second commit of the same data costs hashing alone.
    const encoded = await Promise.all(fresh.map(({ bytes }) => encode(bytes)));
    const pieces = fresh.map((blob, i) => Buffer.concat([header(blob, encoded[i]!), encoded[i]!.stored]));
    if (pieces.length === 0) return;
    const regions = await this.#backend.append(pieces);
    this.#regions.push(...regions);
    fresh.forEach(({ hash, size }, i) => {
      const { pack, start, length } = regions[i]!;
      (there.has(hash) ? this.mended : this.rows).push({
        hash,
        size,
        pack,
        start: start + HEADER,
        stored: length - HEADER,
        encoding: encoded[i]!.encoding,
        created_at: this.#stock.clock.now(),
      });
    });
  }

  /** Those of them that are stored; from here on they are not removed, and neither is what is about to be. */
  async #known(hashes: readonly string[]): Promise<Map<string, Known>> {
    this.#held.push(await this.#stock.guard.hold(hashes));
    const known = await this.#stock.known(hashes);
    this.#stock.guard.note([...known.keys()]);
    for (const [hash, { seen }] of known) if (seen < this.#stock.clock.now() - STALE) this.touched.push(hash);
    return known;
  }

  async #takeLarge(
    head: Uint8Array[],
    rest: AsyncIterator<Uint8Array> | undefined,
    expected: Partial<BlobInfo>,
  ): Promise<void> {
    const staged = await this.#backend.stage().catch(async (error: unknown) => {
      await rest?.return?.();
      throw error;
    });
    try {
      const hash = hasher();
      let size = 0;
      let step: Uint8Array[] = [];
      let waiting = 0;
      let writing = Promise.resolve();
      const flush = async (): Promise<void> => {
        await writing;
        writing = staged.write(step);
        writing.catch(() => undefined); // told at the next step, or at the end
        step = [];
        waiting = 0;
      };
      const take = async (chunk: Uint8Array): Promise<void> => {
        hash.update(chunk);
        size += chunk.length;
        if (expected.size !== undefined && size > expected.size)
          check({ hash: '', size }, { size: expected.size });
        step.push(chunk);
        waiting += chunk.length;
        if (waiting >= STEP) await flush();
      };
      for (const chunk of head) await take(chunk);
      for (let next = await rest?.next(); next && next.done !== true; next = await rest!.next())
        await take(next.value);
      await flush();
      await writing;
      const info = { hash: hash.hex(), size };
      check(info, expected);
      this.infos.push(info);
      // Content whose stored bytes were found damaged is stored anew: who still has it mends it by sending it.
      const known = (await this.#known([info.hash])).get(info.hash);
      const sound = known !== undefined && (await this.#stock.intact(info.hash, known));
      if (sound || this.#taken.has(info.hash)) return await staged.abort();
      this.#taken.add(info.hash);
      this.#staged.push({ hash: info.hash, staged });
      this.rows.push({
        ...info,
        pack: null,
        start: 0,
        stored: size,
        encoding: 'raw',
        created_at: this.#stock.clock.now(),
      });
    } catch (error) {
      await rest?.return?.();
      await staged.abort();
      throw error;
    }
  }
}

function check(info: BlobInfo, expected: Partial<BlobInfo>): void {
  const wrong =
    expected.size !== undefined && expected.size !== info.size
      ? `${info.size} bytes arrived, not ${expected.size}`
      : expected.hash !== undefined && expected.hash !== info.hash
        ? `the bytes have the hash ${info.hash}, not ${expected.hash}`
        : undefined;
  if (wrong === undefined) return;
  throw invalid(`the content is not what was announced: ${wrong}`, {
    field: 'hash',
    hint: 'the file may have changed while it was read, or the upload was cut short; send it again',
    code: 'content-mismatch',
  });
}
