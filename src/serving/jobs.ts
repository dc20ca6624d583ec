import { Type } from 'typebox';
import { job, type JobType } from '../platform/jobs/index.ts';
import type { Engine } from './engine.ts';
import { prepareRevision } from './prepare-revision.ts';

export type PrepareJob = JobType<{ revision: string }>;

/**
 * One job is one revision on its way. A crash of the server only means that the next attempt goes on: attempts have no end here,
 * and `prepareRevision` says when it is enough, because the row must say so, too.
 */
export const prepareJob = (engine: () => Engine): PrepareJob =>
  job({
    name: 'revision.prepare',
    payload: Type.Object({ revision: Type.String() }),
    attempts: 1_000_000,
    backoff: 100,
    // Each mostly waits for processes, and one that hangs must not hold up the others.
    concurrency: 16,
    run: (ctx, { revision }, run) => prepareRevision(ctx, revision, run, engine()),
  });
