import { writeFile } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import type { Clock } from '../clock/index.ts';
import type { Database } from '../db/index.ts';
import { invalid, missing, tooLarge, unavailable } from '../errors/index.ts';
import type { BlobBackend, Region } from './backend.ts';
import { diskError } from './disk-error.ts';
import { decode } from './encoding.ts';
import { hasher, blake3 } from './hash.ts';
import type { BlobContent, BlobInfo, BlobStore } from './index.ts';
import { Intake } from './intake.ts';
import {
  insertBlobs,
  selectBlob,
  selectBlobs,
  selectBlobSizes,
  selectPackEnd,
  type BlobRow,
} from './store.ts';

/** `readMany` looks up this many rows at once, and reads ahead about this many bytes. */
const BATCH = 512;
const STEP = 4 * 1024 * 1024;

/** The store over one back end and the rows of one database. Cleans up what a killed process left, then opens. */
export async function openBlobs(parts: {
  database: Database;
  backend: BlobBackend;
  clock: Clock;
}): Promise<BlobStore> {
  const { database, backend, clock } = parts;
  await backend.recover((pack) => selectPackEnd(database, pack));

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
      const intake = new Intake(backend, (hashes) => selectBlobSizes(database, hashes), clock);
      try {
        for await (const input of sources) await intake.take(input);
        await intake.settle();
      } catch (error) {
        await intake.abort();
        throw diskError(error);
      }
      await insertBlobs(database, intake.rows);
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
      if (row.pack !== null || row.size === 0) {
        const bytes = await readSmall(backend, row);
        return Readable.from([within ? bytes.subarray(within.start, within.end + 1) : bytes], {
          objectMode: false,
        });
      }
      await requireFile(backend, row);
      const stream = backend.openFile(hash, within);
      return within ? stream : stream.compose(verifying(row));
    },
    async *readMany(hashes) {
      let batch: string[] = [];
      for (const hash of hashes) {
        batch.push(hash);
        if (batch.length < BATCH) continue;
        yield* readBatch(parts, batch);
        batch = [];
      }
      if (batch.length > 0) yield* readBatch(parts, batch);
    },
    async read(hash, limit = 16 * 1024 * 1024) {
      const row = await find(hash);
      if (row.size > limit)
        throw tooLarge(`blob ${hash} has ${row.size} bytes; at most ${limit} are read at once`);
      if (row.pack !== null) return readSmall(backend, row);
      await requireFile(backend, row);
      const chunks: Buffer[] = [];
      for await (const chunk of backend.openFile(hash)) chunks.push(chunk as Buffer);
      return verified(row, Buffer.concat(chunks));
    },
    async materialise(hash, path, { link = false, mode = 0o644 } = {}) {
      const row = await find(hash);
      if (row.pack === null) {
        await requireFile(backend, row);
        await backend.copyFile(hash, path, { link, mode });
      } else {
        const bytes = await readSmall(backend, row);
        await writeFile(path, bytes, { flag: 'wx', mode }).catch((error: unknown) => {
          throw diskError(error);
        });
      }
    },
    scratch: () => backend.scratch(),
    close: () => backend.close(),
  };
  return store;
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

async function readSmall(backend: BlobBackend, row: BlobRow): Promise<Buffer> {
  const [stored] = await backend.readRegions([regionOf(row)]).catch((error: unknown) => {
    throw damaged(row, error);
  });
  return unpack(row, stored!);
}

async function unpack(row: BlobRow, stored: Buffer): Promise<Buffer> {
  let bytes: Buffer;
  try {
    bytes = await decode(row.encoding, stored, row.size);
  } catch (error) {
    throw damaged(row, error);
  }
  return verified(row, bytes);
}

/** One batch of `readMany`. */
async function* readBatch(
  parts: { database: Database; backend: BlobBackend },
  hashes: readonly string[],
): AsyncGenerator<BlobContent> {
  const { database, backend } = parts;
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
      await requireFile(backend, row);
      yield { hash: row.hash, size: row.size, content: backend.openFile(row.hash).compose(verifying(row)) };
      continue;
    }
    if (!ready.has(row)) {
      const from = packed.indexOf(row);
      let to = from;
      for (let bytes = 0; to < packed.length && bytes < STEP; to++) bytes += packed[to]!.stored;
      const step = packed.slice(from, to);
      const stored = await backend.readRegions(step.map(regionOf)).catch((error: unknown) => {
        throw damaged(row, error);
      });
      step.forEach((one, i) => ready.set(one, stored[i]!));
    }
    const content = await unpack(row, ready.get(row)!);
    ready.delete(row);
    yield { hash: row.hash, size: row.size, content };
  }
}

async function requireFile(backend: BlobBackend, row: BlobRow): Promise<void> {
  const size = await backend.statFile(row.hash);
  if (size !== row.size) throw damaged(row, new Error(`its file has ${size ?? 'no'} bytes, not ${row.size}`));
}

function verified(row: BlobRow, bytes: Buffer): Buffer {
  if (bytes.length !== row.size || blake3(bytes) !== row.hash) throw damaged(row);
  return bytes;
}

function verifying(row: BlobRow): Transform {
  const hash = hasher();
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
    flush(done) {
      done(hash.hex() === row.hash ? null : damaged(row));
    },
  });
}

function damaged({ hash }: BlobInfo, cause?: unknown): Error {
  return unavailable(`the stored bytes of blob ${hash} are damaged`, {
    hint: 'restore the blobs folder from a backup, and check the disk',
    code: 'blob-damaged',
    cause,
  });
}
