import { blake3, deletePin, insertPins, selectPins } from '../platform/blobs/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { missing } from '../platform/errors/index.ts';
import type { PinRequest } from './contract.ts';

export const listPins = (ctx: Ctx): ReturnType<typeof selectPins> => selectPins(ctx.db);

/** gc keeps these from now on. What `has` has found cannot go before the pins are written. */
export async function pinBlobs(ctx: Ctx, { hashes, reason }: PinRequest): Promise<{ pinned: number }> {
  const wanted = [...new Set(hashes)];
  const there = await ctx.blobs.has(wanted);
  const absent = wanted.find((hash) => !there.has(hash));
  if (absent !== undefined)
    throw missing(`there is no blob ${absent}`, {
      field: 'hashes',
      hint: 'nothing was pinned; leave it out',
    });
  return ctx.write(async (tx) => {
    const said = { reason, created_at: tx.clock.now(), created_by: tx.actor.name };
    const pinned = await insertPins(tx.db, wanted, said);
    if (pinned.length > 0)
      await tx.record({ action: 'blobs.pinned', resource: 'store:pins', after: told(pinned), reason });
    return { pinned: pinned.length };
  });
}

export const unpinBlob = (ctx: Ctx, hash: string): Promise<{ hash: string }> =>
  ctx.write(async (tx) => {
    if (!(await deletePin(tx.db, hash)))
      throw missing(`the blob ${hash} is not pinned`, { field: 'hash', hint: 'treadle pins lists what is' });
    await tx.record({ action: 'blobs.unpinned', resource: 'store:pins', before: told([hash]) });
    return { hash };
  });

/** Entries stay small: of many the digest of their sorted list, each followed by a line end. */
function told(hashes: readonly string[]): { blobs: number; hashes?: readonly string[]; digest?: string } {
  const blobs = hashes.length;
  if (blobs <= 100) return { blobs, hashes };
  return {
    blobs,
    digest: blake3(
      Buffer.from(
        hashes
          .toSorted()
          .map((hash) => `${hash}\n`)
          .join(''),
      ),
    ),
  };
}
