import type { Monitoring } from '../monitoring/index.ts';
import type { Retraining } from '../pipelines/index.ts';
import type { JobType } from '../platform/jobs/index.ts';
import type { Releases } from '../releases/index.ts';
import type { Serving } from '../serving/index.ts';

/** The doors of the rooms below. */
export interface Below {
  readonly pipelines: Omit<Retraining, 'prepareCheck' | 'check'>;
  readonly releases: Pick<Releases, 'find' | 'ofExecution'>;
  readonly monitoring: Pick<Monitoring, 'openAlerts' | 'windows'>;
  readonly serving: { readonly tellers: Pick<Serving['tellers'], 'endpoints'> };
}

/** What the verbs of the room share in one server. */
export interface Engine extends Below {
  readonly turn: TurnJob;
  readonly tick: TickJob;
}

/** Takes a turn as far as it gets. */
export type TurnJob = JobType<{ turn: string }>;
/** Claims the times of a schedule that are due. */
export type TickJob = JobType<{ loop: string; schedule: string; at: number }>;
