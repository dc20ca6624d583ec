import { createTurns } from '../../platform/aside/index.ts';
import type { Ctx } from '../../platform/ctx/index.ts';
import { invalid, TreadleError } from '../../platform/errors/index.ts';
import * as tracking from '../../tracking/index.ts';
import { call } from './call.ts';
import { freePageSize, int, list, message, need, pageSize, text } from './message.ts';
import { runId, toValue } from './wire.ts';

/** Points of one page, whatever was asked for. */
const MOST = 25_000;
const MOST_RUNS = 100;

const history = message({
  run_id: runId,
  metric_key: need(text),
  page_token: text,
  max_results: freePageSize(MOST, MOST),
});
const bulk = message({
  run_id: list(need(text)),
  metric_key: need(text),
  max_results: freePageSize(MOST, MOST),
});
const interval = message({
  run_ids: need(list(need(text))),
  metric_key: need(text),
  start_step: int,
  end_step: int,
  max_results: pageSize(320, 2500),
});

const read = { version: '2.0', method: 'GET', action: 'run:read' } as const;

const fewRuns = (runs: readonly string[], field: string): void => {
  if (runs.length > MOST_RUNS)
    throw invalid(`at most ${MOST_RUNS} runs may be asked for at once, not ${runs.length}`, {
      field,
      hint: 'ask in several requests',
    });
};

/** One series as MLflow writes it: in order of step, then time, what is not finite in its place. */
async function pointsOf(series: tracking.Series, into: object[]): Promise<void> {
  const { run, key, steps, times, values, marks } = series;
  const turns = createTurns();
  let odd = 0;
  const oddUpTo = (step: number) => {
    for (let mark = marks[odd]; mark !== undefined && mark.step < step; mark = marks[++odd])
      into.push({ key, value: toValue(mark.what), timestamp: mark.time, step: mark.step, run_id: run });
  };
  for (const [i, step] of steps.entries()) {
    oddUpTo(step);
    into.push({ key, value: values[i], timestamp: times[i], step, run_id: run });
    const due = turns();
    if (due) await due;
  }
  oddUpTo(Number.POSITIVE_INFINITY);
}

/** All points of a metric of several runs, run by run, until there are `most`. Runs that are not there have none. */
async function bulkHistory(ctx: Ctx, runs: readonly string[], key: string, most: number): Promise<object[]> {
  const found: object[] = [];
  for (const run of [...new Set(runs)].toSorted()) {
    if (found.length >= most) break;
    try {
      const { points } = await tracking.metricHistory(ctx, run, key, most - found.length);
      for (const { value, nan, time, step } of points)
        found.push({ key, value: nan === 1 ? 'NaN' : value, timestamp: time, step, run_id: run });
    } catch (error) {
      if (!(error instanceof TreadleError) || error.kind !== 'missing') throw error;
    }
  }
  return found;
}

export const metricRoutes = [
  ...call({
    ...read,
    path: '/mlflow/metrics/get-history',
    about: [{ kind: 'run', in: 'message', field: 'run_id' }],
    summary: 'Get every point of a metric',
    request: history,
    older: { run_uuid: 'run_id' },
    async answer(ctx, { run_id, metric_key: key, page_token: page, max_results: limit }) {
      const { points, next } = await tracking.metricHistory(ctx, run_id, key, limit, page);
      const metrics = points.map(({ value, nan, time, step }) => ({
        key,
        value: nan === 1 ? 'NaN' : value,
        timestamp: time,
        step,
      }));
      return { metrics, next_page_token: next };
    },
  }),
  ...call({
    ...read,
    path: '/mlflow/metrics/get-history-bulk',
    about: [{ kind: 'run', in: 'message', field: 'run_id' }],
    summary: 'Get every point of a metric of several runs',
    request: bulk,
    async answer(ctx, { run_id: runs, metric_key: key, max_results: most }) {
      if (runs.length === 0)
        throw invalid('GetMetricHistoryBulk request must specify at least one run_id.', { field: 'run_id' });
      fewRuns(runs, 'run_id');
      return { metrics: await bulkHistory(ctx, runs, key, most) };
    },
  }),
  ...call({
    ...read,
    path: '/mlflow/metrics/get-history-bulk-interval',
    about: [{ kind: 'run', in: 'message', field: 'run_ids' }],
    summary: 'Get a metric of several runs, thinned for a chart',
    request: interval,
    async answer(ctx, { run_ids, metric_key, start_step: from, end_step: to, max_results: points }) {
      fewRuns(run_ids, 'run_ids');
      if ((from === undefined) !== (to === undefined))
        throw invalid('If either start step or end step are specified, both must be specified.', {
          field: from === undefined ? 'start_step' : 'end_step',
        });
      if (from !== undefined && to !== undefined && from > to)
        throw invalid(
          `end_step must be greater than start_step. Found start_step=${from} and end_step=${to}.`,
          {
            field: 'end_step',
          },
        );
      const found = await tracking.getManySeries(ctx, run_ids, [metric_key], { from, to, points });
      const metrics: object[] = [];
      for (const series of found) await pointsOf(series, metrics);
      return { metrics };
    },
  }),
];
