import type { Readable } from 'node:stream';
import { requireRoom } from '../access/index.ts';
import { inPortions } from '../platform/aside/index.ts';
import type { BlobInput } from '../platform/blobs/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { invalid, tooLarge } from '../platform/errors/index.ts';
import { ByteReader, FRAME_HEADER, readFrameHeader } from './frames.ts';
import { insertHeld, selectHeld } from './store.ts';

/** A blob up to this is taken in one piece; a larger one streams. */
const WHOLE = 4 * 1024 * 1024;

/** Frames of one request: what is known of each is held until the last is here. */
const MOST = 100_000;
/** Rows of one transaction: everybody else's change waits for it. */
const PORTION = 1000;

/**
 * Which of these blobs the workspace must still upload. Content of another workspace counts as missing: knowing a hash is not owning
 * the bytes. So does what is damaged: sending it again mends it.
 */
export async function findMissing(ctx: Ctx, hashes: readonly string[]): Promise<string[]> {
  const missing: string[] = [];
  const seen = new Set<string>();
  for await (const portion of inPortions(hashes, 500)) {
    const fresh = [...new Set(portion)].filter((hash) => !seen.has(hash));
    for (const hash of fresh) seen.add(hash);
    const held = await selectHeld(ctx, fresh);
    const stored = await ctx.blobs.has([...held]);
    for (const hash of fresh) if (!held.has(hash) || !stored.has(hash)) missing.push(hash);
  }
  return missing;
}

/** Stores the frames of one upload: all of them, or none. */
export async function receiveBlobs(ctx: Ctx, body: Readable): Promise<{ blobs: number; bytes: number }> {
  await requireRoom(ctx, 'bytes', 1);
  const infos = await ctx.blobs.putMany(frames(body));
  await holdUploaded(ctx, infos);
  return { blobs: infos.length, bytes: infos.reduce((sum, { size }) => sum + size, 0) };
}

export async function receiveBlob(
  ctx: Ctx,
  hash: string,
  body: Readable,
): Promise<{ hash: string; size: number }> {
  await requireRoom(ctx, 'bytes', 1);
  const info = await ctx.blobs.put(body as AsyncIterable<Uint8Array>, { hash });
  await holdUploaded(ctx, [info]);
  return info;
}

/** Nothing of an upload is an audit fact: the commit that names the blobs is. */
export async function holdUploaded(
  ctx: Ctx,
  infos: ReadonlyArray<{ hash: string; size: number }>,
): Promise<void> {
  const sizes = new Map(infos.map(({ hash, size }) => [hash, size]));
  const fresh = (await findMissing(ctx, [...sizes.keys()])).map((hash) => ({ hash, size: sizes.get(hash)! }));
  for await (const portion of inPortions(fresh, PORTION)) await ctx.write((tx) => insertHeld(tx, portion));
}

async function* frames(body: Readable): AsyncGenerator<BlobInput> {
  const reader = new ByteReader(body as AsyncIterable<Uint8Array>);
  for (let n = 0; ; n++) {
    if (n > MOST)
      throw tooLarge(`an upload may hold ${MOST.toLocaleString('en')} frames`, {
        field: 'body',
        hint: 'send the rest in another request',
      });
    const header = await reader.take(FRAME_HEADER);
    if (header.length === 0) return;
    const cutShort = (): Error =>
      invalid(`the upload ends in the middle of frame ${n}`, {
        field: 'body',
        hint: 'send each frame whole: hash, size, bytes',
        code: 'content-mismatch',
      });
    if (header.length < FRAME_HEADER) throw cutShort();
    const expected = readFrameHeader(header);
    if (!Number.isSafeInteger(expected.size))
      throw invalid(`frame ${n} claims ${expected.size} bytes`, {
        field: 'body',
        hint: 'the size is an unsigned little-endian number of 8 bytes',
      });
    if (expected.size > WHOLE) {
      yield { bytes: reader.stream(expected.size), expected };
    } else {
      const bytes = await reader.take(expected.size);
      if (bytes.length < expected.size) throw cutShort();
      yield { bytes, expected };
    }
  }
}
