import type { Subscriber } from '../platform/events/index.ts';
import type { Route } from '../platform/http/index.ts';
import type { JobType, Schedule } from '../platform/jobs/index.ts';
import type { Below } from './engine.ts';
import { changeSubscriber, reconcileJob, removedSubscriber, sweepJob } from './jobs.ts';
import { gitOpsRoutes } from './routes.ts';

export { migrations } from './schema.ts';

export interface GitOpsRoom {
  routes: Route[];
  jobs: ReadonlyArray<JobType<never>>;
  /** Before `start`. */
  subscribers: readonly Subscriber[];
  schedule: Schedule;
}

/** The room with the doors of the rooms below handed in. */
export function openGitOps(below: Below): GitOpsRoom {
  const reconciling = reconcileJob(below);
  const sweep = sweepJob(reconciling);
  return {
    routes: gitOpsRoutes(below, reconciling),
    jobs: [reconciling, sweep],
    subscribers: [changeSubscriber(reconciling), removedSubscriber],
    schedule: { name: 'gitops.sweep', type: sweep, payload: {}, cron: '* * * * *', catchUp: 'last' },
  };
}
