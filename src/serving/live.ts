import { randomBytes } from 'node:crypto';
import { LATENCY_EDGES } from '../evidence/index.ts';
import type { Endpoint, LiveSecond, LiveVariant, Variant } from './contract.ts';
import { LATENCY_BUCKETS, type Role, type VariantStats } from './plane/protocol.ts';
import type { NamedRevision } from './store.ts';

/** Seconds kept. */
const KEPT = 300;
const RECENT = 60;
/** Revisions whose totals are kept for a scrape after they ended. */
const MOST_KNOWN = 1000;

/** What one variant of one revision did, all planes together. */
export interface Sum extends Omit<VariantStats, 'endpoint' | 'key' | 'fine'> {
  endpoint: string;
}

export interface KnownRevision {
  workspace: string;
  endpoint_id: string;
  endpoint: string;
  revision: number;
  variants: readonly Variant[];
}

/** How the endpoints of this server do: the last minutes by second, and totals since it started. In memory alone. */
export interface Live {
  /** What serial numbers mean. */
  know(
    row: Pick<NamedRevision, 'serial' | 'workspace' | 'endpoint_id' | 'endpoint' | 'revision'>,
    variants: readonly Variant[],
  ): void;
  known(serial: number): KnownRevision | undefined;
  /** What one plane did since it last said so. */
  add(plane: number, stats: readonly VariantStats[]): void;
  /** Asked and not answered yet, as the planes said last. */
  waiting(): IterableIterator<[endpoint: string, requests: number]>;
  /** Ends the second. */
  tick(at: number): void;
  /** Oldest first. */
  seconds(endpoint: string): readonly LiveSecond[];
  recent(endpoint: string): Endpoint['recent'];
  /** Since the server started. */
  totals(): IterableIterator<Sum>;
  /** Of one variant, with its latencies in the buckets of `evidence/`; undefined where nothing was asked of it. */
  total(serial: number, role: Role): { sum: Sum; latency: readonly number[] } | undefined;
  /** Another one after each start: totals begin at nothing then. */
  readonly life: string;
  /** Hears of each second of an endpoint, silent ones too. Returns how to stop. */
  listen(endpoint: string, hear: (second: LiveSecond) => void): () => void;
}

/** `held`: whether a revision is one that planes answer with, which is never forgotten. */
export function createLive(held: (serial: number) => boolean = () => false): Live {
  const known = new Map<number, KnownRevision>();
  const rings = new Map<string, LiveSecond[]>();
  const totals = new Map<string, Sum>();
  const fine = new Map<string, number[]>();
  const listeners = new Map<string, Set<(second: LiveSecond) => void>>();
  let now = new Map<string, Sum>();
  /** By plane: what each variant had waiting when the plane said so last. */
  const queues = new Map<number, readonly VariantStats[]>();

  const waitingOf = ({ serial, role }: Sum): number => {
    let sum = 0;
    for (const stats of queues.values())
      for (const one of stats) if (one.serial === serial && one.role === role) sum += one.waiting;
    return sum;
  };

  return {
    know(row, variants) {
      known.set(row.serial, {
        workspace: row.workspace,
        endpoint_id: row.endpoint_id,
        endpoint: row.endpoint,
        revision: row.revision,
        variants,
      });
      if (known.size <= MOST_KNOWN) return;
      for (const serial of known.keys()) {
        if (serial === row.serial || held(serial)) continue;
        known.delete(serial);
        for (const [key, sum] of totals)
          if (sum.serial === serial) {
            totals.delete(key);
            fine.delete(key);
          }
        return;
      }
    },
    known: (serial) => known.get(serial),
    add(plane, stats) {
      queues.set(plane, stats);
      for (const one of stats) {
        if (!known.has(one.serial)) continue;
        addTo(now, one);
        addTo(totals, one);
        const key = `${one.serial} ${one.role}`;
        let buckets = fine.get(key);
        if (!buckets) fine.set(key, (buckets = Array.from({ length: LATENCY_EDGES.length + 1 }, () => 0)));
        for (const [bucket, answers] of one.fine ?? []) buckets[bucket]! += answers;
      }
    },
    tick(at) {
      const byEndpoint = new Map<string, LiveVariant[]>();
      for (const sum of now.values()) {
        const of = known.get(sum.serial);
        const variant = of?.variants.find(({ role }) => role === sum.role);
        if (!of || !variant) continue;
        const list = byEndpoint.get(of.endpoint_id) ?? [];
        list.push(toLive({ ...sum, waiting: waitingOf(sum) }, of.revision, variant));
        byEndpoint.set(of.endpoint_id, list);
      }
      now = new Map();
      // Endpoints that were busy lately go on through their silent seconds, so that a second's place says when it was.
      for (const id of new Set([...byEndpoint.keys(), ...rings.keys(), ...listeners.keys()])) {
        const second = { at, variants: byEndpoint.get(id) ?? [] };
        const ring = rings.get(id) ?? [];
        ring.push(second);
        while (ring.length > KEPT) ring.shift();
        if (ring.some(({ variants }) => variants.length > 0)) rings.set(id, ring);
        else rings.delete(id);
        for (const hear of listeners.get(id) ?? []) hear(second);
      }
    },
    seconds: (endpoint) => rings.get(endpoint) ?? [],
    recent(endpoint) {
      const seconds = (rings.get(endpoint) ?? []).slice(-RECENT);
      const all = seconds.flatMap(({ variants }) => variants).filter(({ role }) => role !== 'shadow');
      const asked = (list: readonly LiveVariant[]): number =>
        list.reduce((sum, { role, requests }) => (role === 'shadow' ? sum : sum + requests), 0);
      if (asked(all) === 0) return undefined;
      const highest = Math.max(...all.map(({ p95_ms }) => p95_ms ?? 0));
      return {
        requests: seconds.map(({ variants }) => asked(variants)),
        ...(highest > 0 ? { p95_ms: highest } : {}),
        failed: all.reduce((sum, { errors, refused }) => sum + errors + refused, 0),
      };
    },
    totals: () => totals.values(),
    total(serial, role) {
      const key = `${serial} ${role}`;
      const sum = totals.get(key);
      return sum && { sum, latency: fine.get(key) ?? [] };
    },
    life: randomBytes(6).toString('hex'),
    waiting() {
      const sums = new Map<string, number>();
      for (const stats of queues.values())
        for (const { endpoint, role, waiting } of stats)
          if (role !== 'shadow') sums.set(endpoint, (sums.get(endpoint) ?? 0) + waiting);
      return sums.entries();
    },
    listen(endpoint, hear) {
      const all = listeners.get(endpoint) ?? new Set();
      listeners.set(endpoint, all.add(hear));
      return () => {
        all.delete(hear);
        if (all.size === 0 && listeners.get(endpoint) === all) listeners.delete(endpoint);
      };
    },
  };
}

export function addTo(sums: Map<string, Sum>, { key: _key, fine: _fine, ...one }: VariantStats): void {
  const key = `${one.serial} ${one.role}`;
  const sum = sums.get(key);
  if (!sum) {
    sums.set(key, {
      ...one,
      latency: [...one.latency],
      ...(one.shadow ? { shadow: { ...one.shadow } } : {}),
    });
    return;
  }
  for (const field of ['requests', 'rows', 'batches', 'bad', 'errors', 'refused'] as const)
    sum[field] += one[field];
  sum.total_ms = (sum.total_ms ?? 0) + (one.total_ms ?? 0);
  sum.queued_ms = (sum.queued_ms ?? 0) + (one.queued_ms ?? 0);
  one.latency.forEach((n, i) => (sum.latency[i] = (sum.latency[i] ?? 0) + n));
  if (one.records) {
    const before = sum.records ?? { kept: 0, lost: { full: 0, large: 0, form: 0, failed: 0 } };
    const { full, large, form, failed } = one.records.lost;
    sum.records = {
      kept: before.kept + one.records.kept,
      lost: {
        full: before.lost.full + full,
        large: before.lost.large + large,
        form: before.lost.form + form,
        failed: before.lost.failed + failed,
      },
    };
  }
  if (!one.shadow) return;
  const before = sum.shadow ?? { pairs: 0, different: 0, largest: 0, dropped: 0, examples: [] };
  sum.shadow = {
    pairs: before.pairs + one.shadow.pairs,
    different: before.different + one.shadow.different,
    largest: Math.max(before.largest, one.shadow.largest),
    dropped: before.dropped + one.shadow.dropped,
    examples: [...before.examples, ...one.shadow.examples].slice(-20),
  };
}

export function toLive(
  sum: Sum,
  revision: number,
  { model, version }: Pick<Variant, 'model' | 'version'>,
): LiveVariant {
  const { role, requests, rows, batches, bad, errors, refused, waiting, shadow } = sum;
  return {
    revision,
    role: role satisfies Role,
    model,
    version,
    requests,
    rows,
    batches,
    bad,
    errors,
    refused,
    waiting,
    ...quantiles(sum.latency),
    ...(shadow ? { shadow } : {}),
  };
}

function quantiles(counts: readonly number[]): Pick<LiveVariant, 'p50_ms' | 'p95_ms' | 'p99_ms'> {
  const all = counts.reduce((sum, n) => sum + n, 0);
  if (all === 0) return {};
  return {
    p50_ms: quantile(counts, all * 0.5),
    p95_ms: quantile(counts, all * 0.95),
    p99_ms: quantile(counts, all * 0.99),
  };
}

/** Between the bounds of its bucket in proportion; past the last bound, that bound. */
export function quantile(counts: readonly number[], rank: number): number {
  let below = 0;
  for (const [i, n] of counts.entries()) {
    if (n > 0 && below + n >= rank) {
      const low = i === 0 ? 0 : LATENCY_BUCKETS[i - 1]!;
      const high = LATENCY_BUCKETS[i] ?? low;
      return Number((low + ((rank - below) / n) * (high - low)).toPrecision(4));
    }
    below += n;
  }
  return LATENCY_BUCKETS.at(-1)!;
}
