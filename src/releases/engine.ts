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
  /** Where a release that is driven here hears of its cancellation. */
  readonly cancels: Map<string, AbortController>;
  /** Waits until it is time to look at a rollout again, or somebody has decided. */
  pause(release: string, ms: number, signal: AbortSignal): Promise<void>;
  wake(release: string): void;
}
