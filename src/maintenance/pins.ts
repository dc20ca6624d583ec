import { blake3, deletePins, insertPins, selectPinNames, selectPins } from '../platform/blobs/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { missing } from '../platform/errors/index.ts';
import { decodePage, encodePage } from '../platform/search/index.ts';
import type { Pin, PinRequest } from './contract.ts';

const PAGE = 100;
/** Of a blob that was pinned by its hash, which is the same in every workspace. */
const ALONE = { workspace: '', what: '' };

export async function listPins(
  ctx: Ctx,
  { limit = PAGE, page }: { limit?: number; page?: string },
): Promise<{ items: Pin[]; next?: string }> {
  const [place = 0] = decodePage('pins', page, 1) ?? [];
  const offset = Number(place);
  const found = await selectPins(ctx.db, { limit: limit + 1, offset });
  return {
    items: found.slice(0, limit).map(({ what, workspace, hash, ...pin }) => ({
      ...(hash === null ? { of: what, workspace } : { hash }),
      ...pin,
    })),
    ...(found.length > limit ? { next: encodePage('pins', [offset + limit]) } : {}),
  };
}

/** gc keeps these from now on. What `has` has found cannot go before the pins are written. */
export async function pinBlobs(ctx: Ctx, { hashes, of, reason }: PinRequest): Promise<{ pinned: number }> {
  const wanted = [...new Set(hashes)];
  const there = await ctx.blobs.has(wanted);
  const absent = wanted.find((hash) => !there.has(hash));
  if (absent !== undefined)
    throw missing(`there is no blob ${absent}`, {
      field: 'hashes',
      hint: 'nothing was pinned; leave it out',
    });
  return ctx.write(async (tx) => {
    const name = of === undefined ? ALONE : { workspace: tx.workspace, what: of };
    const said = { ...name, reason, created_at: tx.clock.now(), created_by: tx.actor.name };
    const pinned = await insertPins(tx.db, wanted, said);
    if (pinned.length > 0)
      await tx.record({ action: 'blobs.pinned', resource: 'store:pins', after: told(pinned, of), reason });
    return { pinned: pinned.length };
  });
}

export const unpin = (ctx: Ctx, of: string): Promise<{ blobs: number }> =>
  ctx.write(async (tx) => {
    const gone = await deletePins(tx.db, { workspace: tx.workspace, what: of });
    if (gone.length === 0)
      throw missing(`nothing is pinned as ${of}`, { field: 'of', hint: 'treadle pins lists what is' });
    await tx.record({ action: 'blobs.unpinned', resource: 'store:pins', before: told(gone, of) });
    return { blobs: gone.length };
  });

export const unpinBlob = (ctx: Ctx, hash: string): Promise<{ hash: string }> =>
  ctx.write(async (tx) => {
    const gone = await deletePins(tx.db, { ...ALONE, hash });
    if (gone.length === 0) {
      const [name] = await selectPinNames(tx.db, hash);
      throw missing(
        name === undefined
          ? `the blob ${hash} is not pinned`
          : `the blob ${hash} is pinned as part of ${name}`,
        { field: 'hash', hint: name === undefined ? 'treadle pins lists what is' : `treadle unpin ${name}` },
      );
    }
    await tx.record({ action: 'blobs.unpinned', resource: 'store:pins', before: told(gone) });
    return { hash };
  });

/** Entries stay small: of many the digest of their sorted list, each followed by a line end. */
function told(
  hashes: readonly string[],
  of?: string,
): { of?: string; blobs: number; hashes?: readonly string[]; digest?: string } {
  const blobs = hashes.length;
  const name = of === undefined ? {} : { of };
  if (blobs <= 100) return { ...name, blobs, hashes };
  return {
    ...name,
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
