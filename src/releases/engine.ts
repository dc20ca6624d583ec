import type { MoveGuard } from '../models/index.ts';
import type { Ctx, Tx } from '../platform/ctx/index.ts';
import type { HandOver } from '../pipelines/index.ts';
import type { Serving } from '../serving/index.ts';
import type { Validation } from '../validation/index.ts';

/** What the verbs of the room share in one server: the doors of the rooms below, and who hears of a cancel. */
export interface Engine {
  readonly executions: HandOver;
  readonly validation: Pick<Validation, 'open' | 'run'>;
  readonly serving: Pick<
    Serving,
    'find' | 'deploy' | 'settled' | 'takenAway' | 'takeBack' | 'sums' | 'revision'
  >;
  /** Rooms above that say what may point at a version. */
  readonly guards: readonly MoveGuard[];
  /** Where an approval that is missing is asked for, by whoever can wait for it. */
  readonly approvals: {
    /** The request's id, in the caller's own transaction; what is asked for already is not asked for again. */
    ask(
      tx: Tx,
      wish: {
        model: string;
        version: string;
        target: { alias: string } | { endpoint: string };
        why: string;
        asked_by: string;
        user?: string | undefined;
      },
    ): Promise<string>;
    standing(
      ctx: Ctx,
      request: string,
    ): Promise<{
      state: 'open' | 'approved' | 'rejected' | 'void' | 'promoted' | 'withdrawn';
      says: string;
    }>;
  };
  /** Where a release that is driven here hears of its cancellation. */
  readonly cancels: Map<string, AbortController>;
  /** Waits until it is time to look at a rollout again, or somebody has decided. */
  pause(release: string, ms: number, signal: AbortSignal): Promise<void>;
  wake(release: string): void;
}
