import type { OneFile } from '../githosts/index.ts';
import type { JobType } from '../platform/jobs/index.ts';
import type { Releases } from '../releases/index.ts';
import type { Serving } from '../serving/index.ts';

/** The doors of the rooms below. */
export interface Below {
  files: OneFile;
  releases: Pick<Releases, 'request' | 'find' | 'underWay' | 'cancel'>;
  serving: Pick<Serving, 'find' | 'list' | 'takenAway'>;
}

export type ReconcileJob = JobType<{ environment: string; look: boolean }>;
