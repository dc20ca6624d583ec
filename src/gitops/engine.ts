import type { Merge, OneFile } from '../githosts/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import type { JobType } from '../platform/jobs/index.ts';
import type { Releases } from '../releases/index.ts';
import type { Serving } from '../serving/index.ts';

/** The doors of the rooms below. */
export interface Below {
  files: OneFile;
  releases: Pick<Releases, 'request' | 'find' | 'underWay' | 'cancel' | 'awaits'>;
  /** Whether a merged change is somebody's word about what waits for approval; the room of approvals decides. */
  approvals: {
    mergesCount(ctx: Ctx, request: string, host: string): Promise<boolean>;
    hearMerge(ctx: Ctx, request: string, merge: Merge & { host: string; commit: string }): Promise<string>;
  };
  serving: Pick<Serving, 'find' | 'list' | 'takenAway'>;
}

export type ReconcileJob = JobType<{ environment: string; look: boolean }>;
