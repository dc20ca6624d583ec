import { Type } from 'typebox';
import type { JobType } from './job.ts';
import { deleteFinished } from './store.ts';

const WEEK = 7 * 86_400_000;

/** Forgets jobs that ended over a week ago. */
export const pruneJobs: JobType = {
  name: 'job.prune',
  payload: Type.Object({}),
  async run(ctx, _payload, { signal }) {
    // In portions, so that other writers get their turn.
    while (
      !signal.aborted &&
      (await ctx.write((tx) => deleteFinished(tx, ctx.clock.now() - WEEK, 1_000))) > 0
    );
  },
};
