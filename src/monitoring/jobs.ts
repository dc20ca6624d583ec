import { Type, type Static } from 'typebox';
import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { job, type JobRun, type JobType } from '../platform/jobs/index.ts';
import type { Serving } from '../serving/index.ts';
import { findingsOf, labelsOf } from './alerts/causes.ts';
import { moveAlerts } from './alerts/move.ts';
import { keepLooked, lookAt, type Parts } from './signals/look.ts';
import { keepScored, scoreWindow } from './signals/score.ts';
import { findMonitor, findWindow, hadOutcomes, selectValues, type MonitorRow } from './store-monitors.ts';

/** Planes bring to disk what they are asked for; clocks and answers on their way get this long, ms. */
const GRACE = 5_000;

const Payload = Type.Object({
  monitor: Type.String(),
  /** The job of another one ends without a word. */
  generation: Type.Integer(),
  from: Type.Integer(),
});
export type WindowJob = JobType<Static<typeof Payload>>;

export interface MonitorJobs {
  look: WindowJob;
  score: WindowJob;
}

type Names = { serving: Pick<Serving, 'recorded' | 'served' | 'rules' | 'hash' | 'tellers'> };

/**
 * One job is one window: it begins when the window is over, writes what it saw and the job of the next window in one transaction, and so
 * a crash or a long sleep costs nothing but time: what was missed is looked at one after the other. A second job of the same window
 * writes nothing.
 */
export function monitorJobs(parts: Parts & Names): MonitorJobs {
  const jobs: MonitorJobs = {
    look: job({
      name: 'monitor.look',
      payload: Payload,
      attempts: 1_000_000,
      concurrency: 1,
      run: (ctx, asked, run) => look(ctx, asked, run),
    }),
    score: job({
      name: 'monitor.score',
      payload: Payload,
      attempts: 1_000_000,
      concurrency: 1,
      run: (ctx, asked, run) => score(ctx, asked, run),
    }),
  };

  async function look(
    ctx: Ctx,
    { monitor: id, generation, from }: Static<typeof Payload>,
    run: JobRun,
  ): Promise<void> {
    const found = await current(ctx, id, generation);
    if (!found) return ctx.write((tx) => run.finish(tx));
    const { monitor, endpoint } = found;
    // An endpoint that was taken away may be deployed to again: its windows go on, and nothing is seen in them.
    const looked =
      endpoint === undefined ? undefined : await lookAt(ctx, parts, monitor, { endpoint, from }, run);
    await ctx.write(async (tx) => {
      if (looked && (await keepLooked(tx, monitor, from, looked))) {
        const { signals, problem, version } = looked;
        const rows = signals.find(({ signal }) => signal === 'volume')?.value ?? 0;
        const usual = await usualRows(tx, monitor, from, rows);
        await moveAlerts(tx, monitor, { from, ...version }, findingsOf(signals, { rows, problem, usual }));
        await enqueueWindow(tx, jobs.score, monitor, from, monitor.label_delay_ms);
      }
      await enqueueWindow(tx, jobs.look, monitor, from + monitor.window_ms);
      await run.finish(tx);
    });
  }

  async function score(
    ctx: Ctx,
    { monitor: id, generation, from }: Static<typeof Payload>,
    run: JobRun,
  ): Promise<void> {
    const found = await current(ctx, id, generation);
    const window = found && (await findWindow(ctx, found.monitor, from));
    if (found?.endpoint === undefined || !window) return ctx.write((tx) => run.finish(tx));
    const { monitor, endpoint } = found;
    const scored = await scoreWindow(ctx, parts, monitor, { endpoint, window }, run);
    await ctx.write(async (tx) => {
      if (await keepScored(tx, monitor, window, scored)) {
        const { from_at, model, version } = window;
        const findings = findingsOf(scored.signals, { rows: 0, problem: undefined, usual: undefined });
        await moveAlerts(
          tx,
          monitor,
          { from: from_at, model: model ?? undefined, version: version ?? undefined },
          [
            ...findings.filter(({ cause }) => cause === 'performance'),
            ...labelsOf(scored.signals, await hadOutcomes(tx, monitor, from_at)),
          ],
        );
      }
      await run.finish(tx);
    });
  }

  /** Undefined where it is gone, or set anew since; without the name of an endpoint that was taken away. */
  async function current(
    ctx: Ctx,
    id: string,
    generation: number,
  ): Promise<{ monitor: MonitorRow; endpoint: string | undefined } | undefined> {
    const monitor = await findMonitor(ctx, id);
    if (monitor?.generation !== generation) return undefined;
    const ref = `endpoint:${monitor.endpoint_id}`;
    const endpoint = (await parts.serving.tellers.endpoints(ctx, [ref])).get(ref)?.facts;
    return { monitor, endpoint: endpoint?.deleted === false ? endpoint.name : undefined };
  }

  return jobs;
}

/** Windows that say how many rows are usual; with fewer, nobody knows. */
const USUAL = { most: 28, least: 5 };
/** That nobody asks any more is said sooner than that fewer do. */
const NOBODY = 2;

/** The median of the windows before that had any. */
async function usualRows(
  tx: Tx,
  monitor: MonitorRow,
  before: number,
  now: number,
): Promise<number | undefined> {
  const volumes = await selectValues(tx, monitor, 'volume', { before, limit: USUAL.most });
  const rows = volumes.filter((one) => one > 0).toSorted((a, b) => a - b);
  return rows.length < (now === 0 ? NOBODY : USUAL.least) ? undefined : rows[Math.floor(rows.length / 2)];
}

/** The job of a window, when the window is over and `after` that. */
export async function enqueueWindow(
  tx: Tx,
  type: WindowJob,
  { id, generation, window_ms }: Pick<MonitorRow, 'id' | 'generation' | 'window_ms'>,
  from: number,
  after = 0,
): Promise<void> {
  await tx.enqueue(
    type,
    { monitor: id, generation, from },
    { runAt: from + window_ms + after + GRACE, uniqueKey: `${id}/${generation}/${from}` },
  );
}
