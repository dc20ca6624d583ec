import { Readable } from 'node:stream';
import { inPortions } from '../platform/aside/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { missing } from '../platform/errors/index.ts';
import { frameHeader } from './frames.ts';
import { walk } from './read-tree.ts';
import { selectHeld } from './store.ts';

/** A stream of frames of these blobs, in the order asked for. */
export async function sendBlobs(ctx: Ctx, hashes: readonly string[]): Promise<Readable> {
  for await (const portion of inPortions(hashes, 500)) {
    const held = await selectHeld(ctx, [...new Set(portion)]);
    const lost = portion.find((hash) => !held.has(hash));
    if (lost !== undefined)
      throw missing(`this workspace holds no blob ${lost}`, {
        field: 'hashes',
        hint: 'ask for hashes that the list of files names',
      });
  }
  return Readable.from(gather(ctx, hashes), { objectMode: false, highWaterMark: 1024 * 1024 });
}

/** Whoever sees single datasets alone gets what the version holds: knowing a hash is not seeing what has it. */
export async function requireInTree(ctx: Ctx, tree: string, hashes: readonly string[]): Promise<void> {
  const wanted = new Set(hashes);
  for await (const { hash } of walk(ctx, tree)) {
    wanted.delete(hash);
    if (wanted.size === 0) return;
  }
  const [lost] = wanted;
  if (lost !== undefined)
    throw missing(`the version holds no file ${lost}`, {
      field: 'hashes',
      hint: 'ask for hashes that its list of files names',
    });
}

/** Small frames travel together: a chunk each would cost more than its bytes. */
async function* gather(ctx: Ctx, hashes: readonly string[]): AsyncGenerator<Uint8Array> {
  let pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const { hash, size, content } of ctx.blobs.readMany(hashes)) {
    pieces.push(frameHeader(hash, size));
    bytes += size;
    if (content instanceof Readable) {
      yield Buffer.concat(pieces);
      yield* content as AsyncIterable<Uint8Array>;
    } else {
      pieces.push(content);
      if (bytes < 256 * 1024) continue;
      yield Buffer.concat(pieces);
    }
    pieces = [];
    bytes = 0;
  }
  if (pieces.length > 0) yield Buffer.concat(pieces);
}
