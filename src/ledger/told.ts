import type { Ctx } from '../platform/ctx/index.ts';

/**
 * What rooms say of their nouns, for whoever tells a story that runs through several of them. Declared down here so that each room
 * answers for its own nouns alone and knows nobody above; `governance` asks them.
 */

/** One step back: what a thing came from, and how. */
export interface Origin {
  /** The verb from the side of the thing: `trained-by`. */
  role: string;
  /** `noun:id`, as the ledger names things. */
  ref: string;
}

export interface Told<Facts> {
  facts: Facts;
  /** As the room's own rows have it; what the ledger says besides is asked of the ledger. */
  from: readonly Origin[];
}

/** Of several things of one noun at once. What is not there any more is left out: a story says so and goes on. */
export type Teller<Facts> = (ctx: Ctx, refs: readonly string[]) => Promise<ReadonlyMap<string, Told<Facts>>>;

/** Where a room's own nouns are what things of a room below came from or stand on: those below cannot know. */
export type Linker = (ctx: Ctx, refs: readonly string[]) => Promise<ReadonlyMap<string, readonly Origin[]>>;

/** The id of a ref. */
export const idOf = (ref: string): string => ref.slice(ref.indexOf(':') + 1);
export const nounOf = (ref: string): string => ref.slice(0, ref.indexOf(':'));
