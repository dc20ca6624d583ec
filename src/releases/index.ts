import type { Subscriber } from '../platform/events/index.ts';
import type { Route } from '../platform/http/index.ts';
import type { JobType } from '../platform/jobs/index.ts';
import type { Engine } from './engine.ts';
import { releaseJob } from './jobs.ts';
import { subscriber } from './request.ts';
import { releaseRoutes } from './routes.ts';
import { findOfExecution, findRelease } from './store.ts';
import { toRelease } from './views.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import type { Release } from './contract.ts';

export { migrations } from './schema.ts';
export { versionUses } from './version-uses.ts';

export interface Releases {
  routes: Route[];
  jobs: ReadonlyArray<JobType<never>>;
  /** Hears what executions registered: before `start`. */
  subscriber: Subscriber;
  find(ctx: Ctx, id: string): Promise<Release | undefined>;
  /** What an execution asked for, if it asked for anything yet. */
  ofExecution(ctx: Ctx, execution: string): Promise<Release | undefined>;
}

/** The room with the doors of the rooms below handed in. */
export function openReleases(below: Omit<Engine, 'cancels'>): Releases {
  const engine: Engine = { ...below, cancels: new Map() };
  const job = releaseJob(engine);
  return {
    routes: releaseRoutes(engine, job),
    jobs: [job],
    subscriber: subscriber(engine, job),
    async find(ctx, id) {
      const row = await findRelease(ctx, id);
      return row && toRelease(row);
    },
    async ofExecution(ctx, execution) {
      const row = await findOfExecution(ctx, execution);
      return row && toRelease(row);
    },
  };
}
