import { Type } from 'typebox';
import type { Ctx } from '../platform/ctx/index.ts';
import { job, type JobType } from '../platform/jobs/index.ts';
import type { PredictionHolder, Serving } from '../serving/index.ts';
import { deleteOutcomesBefore } from './store.ts';
import { selectOpen } from './store-alerts.ts';
import {
  deleteWindowsBefore,
  findMonitorOf,
  oldestUnscored,
  selectWindows,
  type MonitorRow,
} from './store-monitors.ts';

/** Windows that stay however old they are: what is usual, and since when something changed, is told from them. */
const STAY = 100;
/** Jobs wait behind others: a window is scored at the latest so long after its outcomes were waited for, ms. */
const SCORED = 3_600_000;
const PORTION = 500;

/**
 * What monitors still need of a log: the windows of alerts that go on, whose reports name rows of it, and those whose outcomes are
 * still waited for. Datasets and evaluations have copies of their own, and need none of it.
 */
export const predictionHolder: PredictionHolder = async (ctx, endpointId) => {
  const monitor = await findMonitorOf(ctx, endpointId);
  if (!monitor) return [];
  const alerts = await selectOpen(ctx, monitor.id);
  const waiting = await unscoredFrom(ctx, monitor);
  return [
    ...alerts.map(({ first_window, last_window }) => ({
      from: first_window,
      to: last_window + monitor.window_ms,
    })),
    ...(waiting === undefined ? [] : [{ from: waiting, to: Number.POSITIVE_INFINITY }]),
  ];
};

/** The first window that will still be scored. */
async function unscoredFrom(ctx: Ctx, monitor: MonitorRow): Promise<number | undefined> {
  const { window_ms, label_delay_ms } = monitor;
  return oldestUnscored(ctx, monitor, ctx.clock.now() - window_ms - label_delay_ms - SCORED);
}

/**
 * Windows and signals go with the predictions that they are of, by age; alerts and reports stay. Outcomes are somebody's work, and cannot be
 * had again: they go only where somebody said how long the endpoint keeps its predictions.
 */
export const pruneJob = (serving: Pick<Serving, 'keptSince'>): JobType =>
  job({
    name: 'monitoring.prune',
    payload: Type.Object({}),
    async run(system, _payload, { signal }) {
      for (const { workspace, id, since, asked } of await serving.keptSince()) {
        signal.throwIfAborted();
        const ctx = system.as({ workspace });
        if (asked) await pruneOutcomes(ctx, id, since, signal);
        const monitor = await findMonitorOf(ctx, id);
        if (monitor) await pruneWindows(ctx, monitor, since, signal);
      }
    },
  });

async function pruneOutcomes(ctx: Ctx, endpoint: string, since: number, signal: AbortSignal): Promise<void> {
  for (let more = true; more && !signal.aborted;)
    await ctx.write(async (tx) => {
      const { outcomes, tables, rows } = await deleteOutcomesBefore(tx, endpoint, since, PORTION);
      more = outcomes === PORTION || tables === PORTION;
      if (outcomes + tables === 0) return;
      await tx.record({
        action: 'outcomes.deleted',
        resource: `endpoint:${endpoint}`,
        after: { outcomes: outcomes + rows, tables, before: since },
      });
    });
}

async function pruneWindows(
  ctx: Ctx,
  monitor: MonitorRow,
  since: number,
  signal: AbortSignal,
): Promise<void> {
  const newest = await selectWindows(ctx, monitor, { limit: STAY });
  const before = Math.min(since, newest.at(-1)?.from_at ?? since);
  while (
    !signal.aborted &&
    (await ctx.write((tx) => deleteWindowsBefore(tx, monitor.id, before, PORTION))) === PORTION
  );
}
