import { endpoint } from '../../platform/http/contract.ts';
import { route, type HttpOptions, type Route } from '../../platform/http/index.ts';
import type { Commit } from '../../platform/db/index.ts';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Ctx } from '../../platform/ctx/index.ts';
import { countEverything, type Counted } from './count.ts';
import { exposition, type Family } from '../../platform/exposition/index.ts';

/** Floor 8. What Prometheus scrapes: the process and its HTTP answers, and what the caller's workspace holds. */
export interface Metrics {
  readonly route: Route;
  /** For `HttpOptions.observe`. */
  observe: NonNullable<HttpOptions['observe']>;
  /** For the database's group commits. */
  observeCommit(commit: Commit): void;
  /** For reads that found stored bytes damaged. */
  observeDamage(): void;
  /** Further families, asked for at each scrape, as the caller may see them. */
  also(source: (ctx: Ctx) => Promise<readonly Family[]>): void;
}

export const metrics = endpoint({
  method: 'GET',
  path: '/metrics',
  action: 'metrics:read',
  summary: 'Metrics in Prometheus’ text format',
  response: 'text',
});

/** Gauges that prom-client names like counters; promtool says so, and the sums by type are there without them. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];
/** How long a count is good for, ms: a scrape costs a few counts, however many scrape. */
const FRESH = 10_000;

export function createMetrics({ version }: { version: string }): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  const registers = [registry];
  new Gauge({
    name: 'treadle_build_info',
    help: 'Always 1; the label says which version runs.',
    labelNames: ['version'],
    registers,
  }).set({ version }, 1);
  const requests = new Histogram({
    name: 'treadle_http_request_duration_seconds',
    help: 'Time from a request’s arrival to the end of its answer, by route.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60],
    registers,
  });
  const commits = new Histogram({
    name: 'treadle_db_commit_duration_seconds',
    help: 'Time from the first change of a group commit until the group is on disk.',
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
    registers,
  });
  const changes = new Counter({
    name: 'treadle_db_changes_total',
    help: 'Changes written; divided by commits, the size of the groups.',
    registers,
  });
  const damaged = new Counter({
    name: 'treadle_blob_damaged_reads_total',
    help: 'Reads that found the bytes of a blob damaged or gone, and were refused.',
    registers,
  });

  const sources: Array<(ctx: Ctx) => Promise<readonly Family[]>> = [];
  const counted = new Map<string, { at: number; counts: Promise<Counted> }>();
  return {
    observe({ method, route: address, status, seconds }) {
      requests.observe({ method, route: address, status: String(status) }, seconds);
    },
    observeCommit(commit) {
      commits.observe(commit.seconds);
      changes.inc(commit.changes);
    },
    observeDamage: () => damaged.inc(),
    also: (source) => void sources.push(source),
    route: route(metrics, async (ctx) => {
      const now = ctx.clock.now();
      let held = counted.get(ctx.workspace);
      if (!held || now - held.at > FRESH || now < held.at) {
        counted.set(ctx.workspace, (held = { at: now, counts: countEverything(ctx) }));
        held.counts.catch(() => counted.delete(ctx.workspace));
      }
      // The counts are the caller's own; a registry that all share would show them to everybody.
      const own = new Registry();
      for (const { name, help, samples } of await held.counts) {
        const gauge = new Gauge({
          name,
          help,
          labelNames: Object.keys(samples[0]?.labels ?? {}),
          registers: [own],
        });
        for (const sample of samples) gauge.set(sample.labels, sample.value);
      }
      const more = (await Promise.all(sources.map((source) => source(ctx)))).flat();
      const text = `${await registry.metrics()}\n${await own.metrics()}${exposition(more)}`;
      return { text, type: registry.contentType };
    }),
  };
}
