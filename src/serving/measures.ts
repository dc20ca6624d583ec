import type { Ctx } from '../platform/ctx/index.ts';
import type { Engine } from './engine.ts';
import { LATENCY_BUCKETS } from './plane/protocol.ts';
import { countEndpoints } from './store.ts';

/** One family of Prometheus metrics. */
export interface Measure {
  name: string;
  help: string;
  type: 'counter' | 'gauge' | 'histogram';
  samples: Array<{ labels: Record<string, string>; value: number; suffix?: '_bucket' | '_sum' | '_count' }>;
}

/**
 * What the main server tells of serving: every plane's numbers added up, so that one scrape sees all (on the planes' own port a
 * scrape meets one of them). Endpoints are the caller's own workspace's; processes are everybody's.
 */
export async function measures(ctx: Ctx, engine: Engine): Promise<Measure[]> {
  const { workspace } = ctx;
  const own = [...engine.live.totals()].flatMap((sum) => {
    const of = engine.live.known(sum.serial);
    const variant = of?.variants.find(({ role }) => role === sum.role);
    if (!of || !variant || of.workspace !== workspace) return [];
    const labels = {
      workspace,
      endpoint: of.endpoint,
      model: variant.model,
      version: String(variant.version),
      revision: String(of.revision),
      role: sum.role,
    };
    return [{ labels, sum }];
  });
  const all = engine.planes.all;
  return [
    {
      name: 'treadle_endpoints',
      help: 'Endpoints.',
      type: 'gauge',
      samples: [{ labels: { workspace }, value: await countEndpoints(ctx) }],
    },
    {
      name: 'treadle_endpoint_revision',
      help: 'Number of the revision that answers.',
      type: 'gauge',
      samples: [...engine.planes.entries()]
        .filter((entry) => entry.workspace === workspace)
        .map(({ name, revision }) => ({ labels: { workspace, endpoint: name }, value: revision })),
    },
    {
      name: 'treadle_planes',
      help: 'Processes that answer for models, by whether they listen.',
      type: 'gauge',
      samples: (['up', 'down'] as const).map((state) => ({
        labels: { state },
        value: all.filter(({ door }) => (door === undefined) === (state === 'down')).length,
      })),
    },
    {
      name: 'treadle_plane_restarts_total',
      help: 'How often such a process ended by itself and was started again.',
      type: 'counter',
      samples: all.map(({ number, restarts }) => ({ labels: { plane: String(number) }, value: restarts })),
    },
    {
      name: 'treadle_serving_requests_total',
      help: 'Requests by what came of them: ok, bad (the caller’s fault), error (the model’s), refused (too much was waiting).',
      type: 'counter',
      samples: own.flatMap(({ labels, sum: { requests, bad, errors, refused } }) =>
        Object.entries({ ok: requests - bad - errors - refused, bad, error: errors, refused }).map(
          ([outcome, value]) => ({ labels: { ...labels, outcome }, value }),
        ),
      ),
    },
    {
      name: 'treadle_serving_rows_total',
      help: 'Rows that were answered.',
      type: 'counter',
      samples: own.map(({ labels, sum }) => ({ labels, value: sum.rows })),
    },
    {
      name: 'treadle_serving_batches_total',
      help: 'Calls of the model; requests divided by them is the size of a batch.',
      type: 'counter',
      samples: own.map(({ labels, sum }) => ({ labels, value: sum.batches })),
    },
    {
      name: 'treadle_serving_request_duration_seconds',
      help: 'From the last byte of a request to the first of its answer.',
      type: 'histogram',
      samples: own.flatMap(({ labels, sum }) => {
        let count = 0;
        return [
          ...sum.latency.map((n, i) => ({
            suffix: '_bucket' as const,
            labels: {
              ...labels,
              le: i < LATENCY_BUCKETS.length ? String(LATENCY_BUCKETS[i]! / 1000) : '+Inf',
            },
            value: (count += n),
          })),
          { suffix: '_sum' as const, labels, value: (sum.total_ms ?? 0) / 1000 },
          { suffix: '_count' as const, labels, value: count },
        ];
      }),
    },
  ];
}
