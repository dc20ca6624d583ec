import { Type } from 'typebox';
import { job, type JobType } from '../platform/jobs/index.ts';
import { drive } from './drive.ts';
import type { Engine } from './engine.ts';

export type ReleaseJob = JobType<{ release: string }>;

/**
 * One job is one release on its way: its lease keeps two servers from driving the same one, its fence keeps the writes of a dead
 * one out. A crash only ever means that the next attempt goes on, so attempts have no end.
 */
export const releaseJob = (engine: Engine): ReleaseJob =>
  job({
    name: 'release.run',
    payload: Type.Object({ release: Type.String() }),
    attempts: 1_000_000,
    backoff: 100,
    // Each mostly waits: for an evaluation or a revision, which have bounds of their own, or for days for a person.
    concurrency: 1024,
    run: (ctx, { release }, run) => drive(ctx, release, run, engine),
  });
