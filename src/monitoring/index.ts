import type { TableFunction } from '../data/index.ts';
import type { Channels } from '../channels/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import type { Subscriber } from '../platform/events/index.ts';
import type { Route } from '../platform/http/index.ts';
import type { JobType } from '../platform/jobs/index.ts';
import { WAKE } from './alerts/act.ts';
import { alertTeller } from './alerts/tell.ts';
import { listAlerts } from './alerts/views.ts';
import type { Alert } from './contract.ts';
import { listWindows } from './views.ts';
import { monitorJobs } from './jobs.ts';
import { predictionsTable } from './open-log.ts';
import { FOLD } from './outcomes/fold.ts';
import { labelledTable, outcomesTable } from './outcomes/open-outcomes.ts';
import { monitoringRoutes, type Parts } from './routes.ts';

export { migrations } from './schema.ts';
export { blobUser } from './uses.ts';

export interface Monitoring {
  routes: Route[];
  jobs: ReadonlyArray<JobType<never>>;
  /** For `events.subscribe`: tells channels of alerts. */
  subscriber: Subscriber;
  /** What queries may call as tables. */
  functions: readonly TableFunction[];
  /** Alerts of an endpoint that are not resolved; none where it is not there. */
  openAlerts(ctx: Ctx, endpoint: string): Promise<Alert[]>;
  /** Windows of an endpoint with their signals, newest first. */
  windows(ctx: Ctx, endpoint: string, page: { limit: number; page?: string }): ReturnType<typeof listWindows>;
}

/** The room with what it needs handed in. */
export function openMonitoring(parts: Parts & { channels: Pick<Channels, 'notify'> }): Monitoring {
  const jobs = monitorJobs(parts);
  return {
    routes: monitoringRoutes(parts, jobs),
    subscriber: alertTeller(parts),
    jobs: [FOLD, jobs.look, jobs.score, WAKE],
    functions: [predictionsTable(parts.serving), outcomesTable(parts.serving), labelledTable(parts.serving)],
    async openAlerts(ctx, endpoint) {
      if ((await parts.serving.find(ctx, endpoint)) === undefined) return [];
      return (await listAlerts(ctx, parts, { endpoint, open: true })).items;
    },
    windows: (ctx, endpoint, page) => listWindows(ctx, parts.serving, endpoint, page),
  };
}
