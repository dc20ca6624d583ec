import type { Readable } from 'node:stream';
import { inPortions } from '../platform/aside/index.ts';
import type { BlobInput } from '../platform/blobs/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { invalid, tooLarge } from '../platform/errors/index.ts';
import { insertCode, knownCode } from './store.ts';

const HEAD = 40;
/** Rows of one transaction: everybody else's change waits for it. */
const PORTION = 1000;
/** Hashes that are looked up at once. */
const LOOKED_UP = 500;
/** One file of code; what is larger is data. */
const MAX_FILE = 64 * 1024 * 1024;
/** Frames of one request: what is known of each is held until the last is here. A project has half as many files at most. */
const MOST = 100_000;

/** Which of these this workspace has not sent yet, whatever others have. */
export async function missingBlobs(ctx: Ctx, hashes: readonly string[]): Promise<string[]> {
  const missing: string[] = [];
  const seen = new Set<string>();
  for await (const portion of inPortions(hashes, LOOKED_UP)) {
    const fresh = [...new Set(portion)].filter((hash) => !seen.has(hash));
    for (const hash of fresh) seen.add(hash);
    const known = await knownCode(ctx, fresh);
    const stored = await ctx.blobs.has([...known]);
    for (const hash of fresh) if (!known.has(hash) || !stored.has(hash)) missing.push(hash);
  }
  return missing;
}

/** Takes frames of hash, size and bytes: all of them, or none. */
export async function uploadCode(ctx: Ctx, body: Readable): Promise<{ blobs: number; bytes: number }> {
  const infos = await ctx.blobs.putMany(frames(body));
  for await (const portion of inPortions(infos, PORTION)) await ctx.write((tx) => insertCode(tx, portion));
  return { blobs: infos.length, bytes: infos.reduce((sum, { size }) => sum + size, 0) };
}

/** Keeps files that the server has in memory itself; their hashes, in their order. */
export async function keepCode(ctx: Ctx, contents: readonly Uint8Array[]): Promise<string[]> {
  const infos = await ctx.blobs.putMany(contents.map((bytes) => ({ bytes })));
  for await (const portion of inPortions(infos, PORTION)) await ctx.write((tx) => insertCode(tx, portion));
  return infos.map(({ hash }) => hash);
}

async function* frames(body: Readable): AsyncGenerator<BlobInput> {
  let held: Buffer = Buffer.alloc(0);
  const parts: Buffer[] = [];
  let have = 0;
  let wanted = HEAD;
  let head: { hash: string; size: number } | undefined;
  let taken = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    parts.push(chunk);
    have += chunk.length;
    while (have >= wanted) {
      held = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
      const part = held.subarray(0, wanted);
      parts.length = 0;
      if (held.length > wanted) parts.push(held.subarray(wanted));
      have -= wanted;
      if (head) {
        yield { bytes: part, expected: head };
        head = undefined;
        wanted = HEAD;
      } else {
        if (++taken > MOST)
          throw tooLarge(`an upload may hold ${MOST.toLocaleString('en')} files`, {
            field: 'body',
            hint: 'send the rest in another request',
          });
        const size = part.readBigUInt64LE(32);
        if (size > BigInt(MAX_FILE))
          throw tooLarge(`a file of the project has ${size} bytes, and code may have ${MAX_FILE}`, {
            field: 'body',
            hint: 'commit large files as a dataset: treadle data commit',
          });
        head = { hash: part.toString('hex', 0, 32), size: Number(size) };
        wanted = head.size;
      }
    }
  }
  if (head || have > 0)
    throw invalid('the upload ends inside a frame', { field: 'body', hint: 'send it again' });
}
