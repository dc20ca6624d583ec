import type { Ctx } from '../platform/ctx/index.ts';
import type { Resources } from './contract.ts';
import { invalid } from '../platform/errors/index.ts';
import { getRun } from './load-runs.ts';
import { requireActiveRun } from './log-batch.ts';
import { appendMetrics, checkMetrics, type MetricPoint } from './log-metrics.ts';
import { selectSeries } from './store/metrics.ts';
import { selectRunRow, updateRunRow } from './store/runs.ts';
import { SYSTEM_PREFIX } from './well-known.ts';

/** Values of one report: each is a point of a metric, and all of them are one transaction. */
const MOST_VALUES = 5000;

export interface ResourceReport {
  /** Values by MLflow's names, without `system/`. They become ordinary metrics, one step a sample. */
  samples?: ReadonlyArray<{ time: number; values: Readonly<Record<string, number>> }> | undefined;
  cpu_seconds?: number | undefined;
  peak_memory_bytes?: number | undefined;
  measured?: Readonly<Record<string, unknown>> | undefined;
}

/** Takes what a sampler measured of a run. Totals reported later replace earlier ones. */
export async function reportResources(ctx: Ctx, id: string, report: ResourceReport): Promise<Resources> {
  const { samples = [], ...totals } = report;
  const given = Object.fromEntries(Object.entries(totals).filter(([, value]) => value !== undefined));
  const points = samples.flatMap(({ time, values }, step) =>
    Object.entries(values).map(([name, value]): MetricPoint => ({
      key: `${SYSTEM_PREFIX}${name}`,
      value,
      time,
      step,
    })),
  );
  if (points.length > MOST_VALUES)
    throw invalid(`at most ${MOST_VALUES} values may be reported at once, not ${points.length}`, {
      field: 'samples',
      hint: 'send the samples in several requests',
    });
  checkMetrics(points, () => 'samples.');
  await ctx.write(async (tx) => {
    const run = await selectRunRow(tx, id);
    requireActiveRun(tx, run);
    if (points.length > 0) {
      // Steps go on where the last report stopped.
      const known = await selectSeries(tx, id, [...new Set(points.map(({ key }) => key))]);
      const first = Math.max(-1, ...[...known.values()].map(({ last_step }) => last_step)) + 1;
      await appendMetrics(
        tx,
        run,
        points.map((point) => ({ ...point, step: first + point.step })),
      );
      await tx.emit({ type: 'run.metrics_logged', subject: `run:${id}` });
    }
    if (Object.keys(given).length > 0) {
      const before = run.resources === null ? {} : (JSON.parse(run.resources) as object);
      await updateRunRow(tx, id, { resources: JSON.stringify({ ...before, ...given }) });
      await tx.emit({ type: 'run.updated', subject: `run:${id}` });
    }
  });
  return (await getRun(ctx, id)).resources;
}
