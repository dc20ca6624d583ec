import type { Subscriber } from '../platform/events/index.ts';
import type { Route } from '../platform/http/index.ts';
import type { JobType } from '../platform/jobs/index.ts';
import type { Engine } from './engine.ts';
import { releaseJob } from './jobs.ts';
import { subscriber } from './request.ts';
import { releaseRoutes } from './routes.ts';

export { migrations } from './schema.ts';
export { versionUses } from './version-uses.ts';

export interface Releases {
  routes: Route[];
  jobs: ReadonlyArray<JobType<never>>;
  /** Hears what executions registered: before `start`. */
  subscriber: Subscriber;
}

/** The room with the doors of the rooms below handed in. */
export function openReleases(below: Omit<Engine, 'cancels'>): Releases {
  const engine: Engine = { ...below, cancels: new Map() };
  const job = releaseJob(engine);
  return { routes: releaseRoutes(engine, job), jobs: [job], subscriber: subscriber(engine, job) };
}
