import type { Tx } from '../platform/ctx/index.ts';

/** A version that something is about to point at. */
export interface MovedVersion {
  /** `model_version:flights/3`. */
  ref: string;
  model: string;
  version: number;
}

/** Something that people and programs follow to a version is about to point elsewhere, or at nothing. */
export interface VersionMove {
  kind: 'alias' | 'stage' | 'endpoint';
  /** Of the alias, the stage or the endpoint. */
  name: string;
  /** Of an alias or a stage: the model that it is of, as it is called once this is done, and its name in the ledger. */
  model?: { name: string; ref: string };
  /** Where the model gets another name, under which this is so: what it was called until now. */
  renamed?: string;
  /** Refs of the versions that it points at now. */
  from: readonly string[];
  /** All that it points at afterwards; nothing where it is taken away. */
  to: readonly MovedVersion[];
  /** Names this very move where it is made in several steps: what was let through once is not asked for again. */
  key?: string;
}

/**
 * A room above that says which moves are permitted: asked in the transaction of the move, after what moves is held, and throws where it is
 * not. Whoever writes what an alias, a stage or an endpoint points at asks; `writers.test.ts` knows all who do.
 */
export type MoveGuard = (tx: Tx, move: VersionMove) => Promise<void>;

/** Code of the error of a move that nobody has approved: who can wait does, and everybody else is told where to ask. */
export const NEEDS_APPROVAL = 'needs-approval';

/** Code of the error of a move that time alone permits: who can wait does. */
export const NOT_YET = 'not-yet';

export async function askGuards(
  tx: Tx,
  guards: readonly MoveGuard[],
  moves: readonly VersionMove[],
): Promise<void> {
  for (const move of moves) for (const guard of guards) await guard(tx, move);
}
