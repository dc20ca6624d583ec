import type { Ctx } from '../platform/ctx/index.ts';
import type { Engine } from './engine.ts';
import type { Live } from './live.ts';
import type { Planes } from './planes.ts';
import { LATENCY_BUCKETS, type Lost, type Measure } from './plane/protocol.ts';
import { countEndpoints, selectAllLive } from './store.ts';
import { countSegments } from './store-segments.ts';

const NOTHING_LOST: Lost = { full: 0, large: 0, form: 0, failed: 0 };

/**
 * What serving tells Prometheus: every plane's numbers added up, after each has said what it did until now, so that a scrape sees
 * all of it whichever process it meets. Counters are of this server since it started: a plane that ends takes nothing away. Endpoints
 * are the caller's own workspace's; processes are everybody's.
 */
export async function measures(ctx: Ctx, engine: Engine): Promise<Measure[]> {
  const { workspace } = ctx;
  await engine.planes.gather();
  const kinds = Object.entries(await countSegments(ctx));
  return [
    {
      name: 'treadle_endpoints',
      help: 'Endpoints.',
      type: 'gauge',
      samples: [{ labels: { workspace }, value: await countEndpoints(ctx) }],
    },
    {
      name: 'treadle_endpoint_unloadable',
      help: 'Whether the revision that should answer cannot be loaded here: 1 where callers get no answer, or will not after the next start.',
      type: 'gauge',
      samples: (await selectAllLive(ctx))
        .filter((row) => row.workspace === workspace)
        .map((row) => ({
          labels: { workspace, endpoint: row.endpoint },
          value: engine.unloadable(row) === undefined ? 0 : 1,
        })),
    },
    {
      name: 'treadle_inference_listening',
      help: 'Processes that answer for models and can be reached; at 0 the port of the inference protocols is shut.',
      type: 'gauge',
      samples: [{ labels: {}, value: engine.planes.all.filter(({ door }) => door !== undefined).length }],
    },
    {
      name: 'treadle_serving_records_files',
      help: 'Files of recorded predictions: segment (as a process wrote it), hour (many of an hour that is over, made one).',
      type: 'gauge',
      samples: kinds.map(([kind, { files }]) => ({ labels: { workspace, kind }, value: files })),
    },
    {
      name: 'treadle_serving_records_bytes',
      help: 'Size of the files of recorded predictions, by kind as of treadle_serving_records_files.',
      type: 'gauge',
      samples: kinds.map(([kind, { bytes }]) => ({ labels: { workspace, kind }, value: bytes })),
    },
    ...planeMeasures(workspace, engine.planes, engine.live),
  ];
}

/** What the planes tell, without asking them. */
export function planeMeasures(
  workspace: string,
  planes: Pick<Planes, 'all' | 'entries' | 'models'>,
  live: Pick<Live, 'totals' | 'known' | 'waiting'>,
): Measure[] {
  const own = [...live.totals()].flatMap((sum) => {
    const of = live.known(sum.serial);
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
  const { all } = planes;
  const entries = [...planes.entries()].filter((entry) => entry.workspace === workspace);
  const waiting = new Map(live.waiting());
  return [
    {
      name: 'treadle_endpoint_revision',
      help: 'Number of the revision that answers.',
      type: 'gauge',
      samples: entries.map(({ name, revision }) => ({
        labels: { workspace, endpoint: name },
        value: revision,
      })),
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
      help: 'Requests by what came of them: ok, bad (the caller’s fault), error (the model’s), refused (too much was waiting, or the caller left meanwhile).',
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
      name: 'treadle_serving_records_total',
      help: 'Predictions that were taken for records.',
      type: 'counter',
      samples: own.map(({ labels, sum }) => ({ labels, value: sum.records?.kept ?? 0 })),
    },
    {
      name: 'treadle_serving_records_dropped_total',
      help: 'Predictions that were not recorded: full (too much was held), large (one was), form (it kept changing), failed (not written).',
      type: 'counter',
      samples: own.flatMap(({ labels, sum }) =>
        Object.entries(sum.records?.lost ?? NOTHING_LOST).map(([reason, value]) => ({
          labels: { ...labels, reason },
          value,
        })),
      ),
    },
    {
      name: 'treadle_serving_shadow_pairs_total',
      help: 'Answers of a shadow compared with the champion’s.',
      type: 'counter',
      samples: own.flatMap(({ labels, sum: { shadow } }) =>
        shadow
          ? [
              { labels: { ...labels, result: 'different' }, value: shadow.different },
              { labels: { ...labels, result: 'same' }, value: shadow.pairs - shadow.different },
            ]
          : [],
      ),
    },
    {
      name: 'treadle_serving_queue_requests',
      help: 'Requests that are asked and not answered yet.',
      type: 'gauge',
      samples: entries.map(({ id, name }) => ({
        labels: { workspace, endpoint: name },
        value: waiting.get(id) ?? 0,
      })),
    },
    {
      name: 'treadle_serving_models_loaded',
      help: 'Models that processes hold, each as often as it is held.',
      type: 'gauge',
      samples: [{ labels: {}, value: planes.models }],
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
