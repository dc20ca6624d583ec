import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { findMissing, frameHeader, uploadBlob, uploadBlobs, type FileInput } from '../../../data/contract.ts';
import { TreadleError } from '../../../platform/errors/index.ts';
import type { Client } from '../client.ts';
import type { HashCache } from './hash-cache.ts';
import { hashLarge, LARGE, readSmall } from './read-file.ts';
import { changed, type Found } from './scan.ts';

/** Small files travel in batches of this: asked for, and sent, in one request each. */
const BATCH_BYTES = 32 * 1024 * 1024;
const BATCH_FILES = 5000;

/** Hears of progress: a file's bytes count half when they were read and half when they are there. */
export type Step = (bytes: number, files: number) => void;

export interface Sent {
  files: FileInput[];
  /** What had to be uploaded. */
  newBytes: number;
  newBlobs: number;
}

interface Hashed {
  found: Found;
  hash: string;
  /** Absent when the hash came from the cache. */
  bytes?: Buffer;
}

/** Hashes the files and uploads what the server lacks. While one batch travels, the next one is read. */
export async function upload(
  client: Client,
  files: readonly Found[],
  cache: HashCache,
  step: Step,
): Promise<Sent> {
  const sent: Sent = { files: [], newBytes: 0, newBlobs: 0 };
  let travelling: Promise<void> = Promise.resolve();
  let batch: Hashed[] = [];
  let batchBytes = 0;
  const flush = async (): Promise<void> => {
    await travelling;
    const ready = batch;
    travelling = send(client, ready, sent, step);
    travelling.catch(() => undefined); // told by the next await
    batch = [];
    batchBytes = 0;
  };
  let breath = performance.now();
  for (const found of files) {
    const cached = cache.get(found);
    const one: Hashed =
      cached !== undefined
        ? { found, hash: cached }
        : found.size > LARGE
          ? { found, hash: hashLarge(found, (bytes) => step(bytes / 2, 0)) }
          : { found, ...readSmall(found) };
    if (cached === undefined) cache.set(found, one.hash);
    if (cached !== undefined || found.size <= LARGE) step(found.size / 2, 0);
    sent.files.push({
      path: found.path,
      hash: one.hash,
      size: found.size,
      ...(found.executable ? { executable: true } : {}),
    });
    batch.push(one);
    batchBytes += one.bytes?.length ?? 0;
    if (batchBytes >= BATCH_BYTES || batch.length >= BATCH_FILES) await flush();
    // Reading blocks this thread; the request under way needs a turn now and then.
    if (performance.now() - breath > 5) {
      await new Promise<void>((resolve) => void setImmediate(resolve));
      breath = performance.now();
    }
  }
  await flush();
  await travelling;
  return sent;
}

async function send(client: Client, batch: readonly Hashed[], sent: Sent, step: Step): Promise<void> {
  const byHash = new Map(batch.map((one) => [one.hash, one]));
  if (byHash.size === 0) return;
  const { missing } = await client.call(findMissing, { body: { hashes: [...byHash.keys()] } });
  const wanted = missing.map((hash) => byHash.get(hash)!);
  const travels = new Set(wanted);
  for (const one of batch) if (!travels.has(one)) step(one.found.size / 2, 1);
  const small = wanted.filter(({ found }) => found.size <= LARGE);
  if (small.length > 0)
    await client.call(uploadBlobs, {
      body: Readable.from(frames(small, step), { objectMode: false, highWaterMark: 1024 * 1024 }),
    });
  for (const one of wanted) if (one.found.size > LARGE) await sendLarge(client, one, step);
  sent.newBlobs += wanted.length;
  sent.newBytes += wanted.reduce((sum, { found }) => sum + found.size, 0);
}

async function* frames(wanted: readonly Hashed[], step: Step): AsyncGenerator<Buffer> {
  let pieces: Uint8Array[] = [];
  let size = 0;
  for (const one of wanted) {
    const bytes = one.bytes ?? reread(one);
    pieces.push(frameHeader(one.hash, bytes.length), bytes);
    size += bytes.length;
    step(bytes.length / 2, 1);
    if (size < 1024 * 1024) continue;
    yield Buffer.concat(pieces);
    pieces = [];
    size = 0;
  }
  if (pieces.length > 0) yield Buffer.concat(pieces);
}

/** A file whose hash the cache knew, and whose bytes the server lacks. */
function reread({ found, hash }: Hashed): Buffer {
  const again = readSmall(found);
  if (again.hash !== hash) throw changed(found.path, 'its content is not what it was, though its times are');
  return again.bytes;
}

async function sendLarge(client: Client, { found, hash }: Hashed, step: Step): Promise<void> {
  const file = createReadStream(found.file, { highWaterMark: 1024 * 1024 });
  const source = Readable.from(counted(file, step), { objectMode: false, highWaterMark: 1024 * 1024 });
  try {
    await client.call(uploadBlob, { params: { hash }, body: source });
  } catch (error) {
    if (error instanceof TreadleError && error.code === 'content-mismatch')
      throw changed(found.path, 'what was sent is not what was hashed');
    throw error;
  } finally {
    file.destroy();
  }
  step(0, 1);
}

async function* counted(file: Readable, step: Step): AsyncGenerator<Buffer> {
  for await (const chunk of file as AsyncIterable<Buffer>) {
    yield chunk;
    step(chunk.length / 2, 0);
  }
}
