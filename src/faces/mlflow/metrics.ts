import * as tracking from '../../tracking/index.ts';
import { call } from './call.ts';
import { int, list, message, need, pageSize, text } from './message.ts';
import { runId } from './wire.ts';

const history = message({
  run_id: runId,
  metric_key: need(text),
  page_token: text,
  max_results: pageSize(25_000, 25_000),
});
const interval = message({
  run_ids: list(need(text)),
  metric_key: need(text),
  start_step: int,
  end_step: int,
  max_results: pageSize(320, 2500),
});

const read = { version: '2.0', method: 'GET', action: 'run:read' } as const;

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
        run_id,
      }));
      return { metrics, next_page_token: next };
    },
  }),
  ...call({
    ...read,
    path: '/mlflow/metrics/get-history-bulk-interval',
    about: [{ kind: 'run', in: 'message', field: 'run_ids' }],
    summary: 'Get a metric of several runs, thinned for a chart',
    request: interval,
    async answer(ctx, { run_ids, metric_key, start_step: from, end_step: to, max_results: points }) {
      const series = await tracking.getManySeries(ctx, run_ids.slice(0, 100), [metric_key], {
        from,
        to,
        points,
      });
      const metrics = series.flatMap(({ run, key, steps, times, values }) =>
        steps.map((step, i) => ({ key, value: values[i], timestamp: times[i], step, run_id: run })),
      );
      return { metrics };
    },
  }),
];
