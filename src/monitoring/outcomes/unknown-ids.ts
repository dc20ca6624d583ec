import type { Ctx } from '../../platform/ctx/index.ts';
import type { Serving } from '../../serving/index.ts';

/** Ids of a table that are remembered as none of ours; a table with more is another server's. */
export const MOST_UNKNOWN = 10_000;

/**
 * Takes ids in parts, and keeps those that have the form of an id but were not made by this server: their keyed check is wrong, which
 * only the server can see. `ids` holds one more than MOST_UNKNOWN at most.
 * Counts those that are ours and of which nothing is recorded.
 */
export function unknownIds(
  ctx: Ctx,
  serving: Pick<Serving, 'readPredictions'>,
): { take(part: string): Promise<void>; ids: ReadonlySet<string>; unrecorded(): number } {
  const ids = new Set<string>();
  let unrecorded = 0;
  return {
    ids,
    unrecorded: () => unrecorded,
    async take(part) {
      const said = new Set(JSON.parse(part) as string[]); // written by our own reader
      const read = await serving.readPredictions(ctx, [...said]);
      for (const id of said) {
        const one = read.get(id);
        if (one?.recorded === false) unrecorded++;
        if (!one && ids.size <= MOST_UNKNOWN) ids.add(id);
      }
    },
  };
}
