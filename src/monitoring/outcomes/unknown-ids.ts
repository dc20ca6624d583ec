import type { Ctx } from '../../platform/ctx/index.ts';
import type { Serving } from '../../serving/index.ts';

/** Ids of a table that are remembered as none of ours; a table with more is another server's. */
export const MOST_UNKNOWN = 10_000;

/**
 * Takes ids in parts, and keeps those that have the form of an id but were not made by this server: their keyed check is wrong, which
 * only the server can see. `ids` holds one more than MOST_UNKNOWN at most.
 */
export function unknownIds(
  ctx: Ctx,
  serving: Pick<Serving, 'readPredictions'>,
): { take(part: string): Promise<void>; ids: ReadonlySet<string> } {
  const ids = new Set<string>();
  return {
    ids,
    async take(part) {
      const said = new Set(JSON.parse(part) as string[]); // written by our own reader
      const read = await serving.readPredictions(ctx, [...said]);
      for (const id of said) if (!read.has(id) && ids.size <= MOST_UNKNOWN) ids.add(id);
    },
  };
}
