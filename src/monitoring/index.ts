import type { TableFunction } from '../data/index.ts';
import type { Channels } from '../channels/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import type { Subscriber } from '../platform/events/index.ts';
import type { Family } from '../platform/exposition/index.ts';
import type { Route } from '../platform/http/index.ts';
import type { JobType, Schedule } from '../platform/jobs/index.ts';
import type { Log } from '../platform/log/index.ts';
import type { Releases } from '../releases/index.ts';
import { endpointSubscriber } from './end-watch.ts';
import { WAKE } from './alerts/act.ts';
import { alertMigrations } from './alerts/schema.ts';
import { alertTeller } from './alerts/tell.ts';
import { listAlerts } from './alerts/views.ts';
import { startWatchdog } from './alerts/watchdog.ts';
import type { Alert } from './contract.ts';
import { listWindows } from './views.ts';
import { diagnoseJob, enqueueDiagnosis } from './diagnosis/jobs.ts';
import { monitorJobs } from './jobs.ts';
import { monitorMeasures } from './measures/measures.ts';
import { predictionsTable } from './open-log.ts';
import { FOLD } from './outcomes/fold.ts';
import { labelledTable, outcomesTable } from './outcomes/open-outcomes.ts';
import { rolloutLosses } from './rollouts/losses.ts';
import { pruneJob } from './retention.ts';
import { monitoringRoutes, type Parts } from './routes.ts';
import { migrations as roomMigrations } from './schema.ts';

export const migrations = [...roomMigrations, ...alertMigrations];
export { predictionHolder } from './retention.ts';
export { blobUser } from './uses.ts';

export interface Monitoring {
  routes: Route[];
  jobs: ReadonlyArray<JobType<never>>;
  schedules: readonly Schedule[];
  /** Channels hear of alerts, and rollouts of what outcomes say. */
  subscribers: readonly Subscriber[];
  /** Looks from time to time whether monitors run; the answer ends it. */
  watch(ctxFor: (workspace: string) => Ctx, log: Log): () => Promise<void>;
  /** For `/metrics`: what the caller's workspace may see. */
  measures(ctx: Ctx): Promise<Family[]>;
  /** What queries may call as tables. */
  functions: readonly TableFunction[];
  /** Alerts of an endpoint that are not resolved; none where it is not there. */
  openAlerts(ctx: Ctx, endpoint: string): Promise<Alert[]>;
  /** Windows of an endpoint with their signals, newest first. */
  windows(
    ctx: Ctx,
    endpoint: string,
    page: { limit: number; whole?: boolean; page?: string },
  ): ReturnType<typeof listWindows>;
}

/** The room with what it needs handed in. */
export function openMonitoring(
  parts: Parts & { channels: Pick<Channels, 'notify'>; releases: Pick<Releases, 'rollingOut' | 'addLosses'> },
): Monitoring {
  const jobs = monitorJobs(parts);
  const losses = rolloutLosses(parts);
  const report = diagnoseJob(parts);
  const prune = pruneJob(parts.serving);
  return {
    routes: monitoringRoutes(parts, jobs),
    subscribers: [
      alertTeller({ ...parts, diagnose: (tx, alert) => enqueueDiagnosis(tx, report, alert) }),
      losses.subscriber,
      endpointSubscriber,
    ],
    jobs: [FOLD, jobs.look, jobs.score, WAKE, losses.job, report, prune],
    schedules: [{ name: 'monitoring.prune', type: prune, payload: {}, cron: '47 * * * *' }],
    watch: startWatchdog,
    measures: monitorMeasures(parts.serving),
    functions: [predictionsTable(parts.serving), outcomesTable(parts.serving), labelledTable(parts.serving)],
    async openAlerts(ctx, endpoint) {
      if ((await parts.serving.find(ctx, endpoint)) === undefined) return [];
      return (await listAlerts(ctx, parts, { endpoint, open: true })).items;
    },
    windows: (ctx, endpoint, page) => listWindows(ctx, parts.serving, endpoint, page),
  };
}
