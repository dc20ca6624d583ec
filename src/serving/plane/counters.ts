import { latencyBucket, LATENCY_EDGES } from '../../evidence/index.ts';
import {
  LATENCY_BUCKETS,
  type Lost,
  type RecordStats,
  type Role,
  type ShadowExample,
  type VariantStats,
} from './protocol.ts';

/** Examples of differing answers that one report carries. */
const EXAMPLES = 5;

/** What happened to one variant of one revision since the plane began; reports tell the difference since the one before. */
export class Counters {
  readonly endpoint: string;
  readonly serial: number;
  readonly role: Role;
  readonly key: string;
  ok = 0;
  rows = 0;
  batches = 0;
  bad = 0;
  errors = 0;
  refused = 0;
  /** Asked and not answered yet. */
  waiting = 0;
  /** When it answered last, ms since 1970. */
  last = 0;
  /** Sum of all latencies, ms. */
  total = 0;
  /** And of what of them was spent waiting for the model. */
  queued = 0;
  readonly latency = new Float64Array(LATENCY_BUCKETS.length + 1);
  /** In buckets of 5 %, since the last report. */
  private readonly fine = new Float64Array(LATENCY_EDGES.length + 1);
  pairs = 0;
  different = 0;
  dropped = 0;
  largest = 0;
  examples: ShadowExample[] = [];
  /** Taken for records. */
  kept = 0;
  readonly lost: Lost = { full: 0, large: 0, form: 0, failed: 0 };
  /** When the table stopped naming it. */
  retired: number | undefined;
  private told = {
    ok: 0,
    rows: 0,
    batches: 0,
    bad: 0,
    total: 0,
    queued: 0,
    errors: 0,
    refused: 0,
    pairs: 0,
    different: 0,
    dropped: 0,
  };
  private toldRecords: RecordStats = { kept: 0, lost: { ...this.lost } };
  private readonly toldLatency = new Float64Array(LATENCY_BUCKETS.length + 1);

  constructor(endpoint: string, serial: number, role: Role, key: string) {
    this.endpoint = endpoint;
    this.serial = serial;
    this.role = role;
    this.key = key;
  }

  answered({ rows, ms, queued, at }: { rows: number; ms: number; queued: number; at: number }): void {
    this.ok++;
    this.last = at;
    this.rows += rows;
    this.total += ms;
    this.queued += queued;
    let bucket = 0;
    while (bucket < LATENCY_BUCKETS.length && ms > LATENCY_BUCKETS[bucket]!) bucket++;
    this.latency[bucket]!++;
    this.fine[latencyBucket(ms)]!++;
  }

  compared(difference: number, example: () => ShadowExample): void {
    this.pairs++;
    if (!(difference <= 1e-6)) {
      this.different++;
      if (this.examples.length < EXAMPLES) this.examples.push(example());
    }
    // What cannot be subtracted counts as different, and says nothing of how far.
    if (Number.isFinite(difference) && difference > this.largest) this.largest = difference;
  }

  /** Since the last call; undefined when nothing happened. */
  report(): VariantStats | undefined {
    const { told } = this;
    const requests = this.ok + this.bad + this.errors + this.refused;
    const before = told.ok + told.bad + told.errors + told.refused;
    const shadowed = this.pairs + this.dropped > told.pairs + told.dropped;
    const records = this.recorded();
    if (requests === before && this.waiting === 0 && !shadowed && !records) return undefined;
    const stats: VariantStats = {
      endpoint: this.endpoint,
      serial: this.serial,
      role: this.role,
      key: this.key,
      requests: requests - before,
      rows: this.rows - told.rows,
      batches: this.batches - told.batches,
      bad: this.bad - told.bad,
      errors: this.errors - told.errors,
      refused: this.refused - told.refused,
      waiting: this.waiting,
      latency: Array.from(this.latency, (count, bucket) => count - this.toldLatency[bucket]!),
      total_ms: this.total - told.total,
      queued_ms: this.queued - told.queued,
      fine: this.fines(),
      ...(records ? { records } : {}),
    };
    if (this.role === 'shadow') {
      stats.shadow = {
        pairs: this.pairs - told.pairs,
        different: this.different - told.different,
        largest: this.largest,
        dropped: this.dropped - told.dropped,
        examples: this.examples,
      };
      this.examples = [];
      this.largest = 0;
    }
    const { ok, rows, batches, bad, total, queued, errors, refused, pairs, different, dropped } = this;
    this.told = { ok, rows, batches, bad, total, queued, errors, refused, pairs, different, dropped };
    this.toldLatency.set(this.latency);
    return stats;
  }

  private fines(): Array<[bucket: number, answers: number]> {
    const told: Array<[number, number]> = [];
    this.fine.forEach((answers, bucket) => {
      if (answers > 0) told.push([bucket, answers]);
    });
    this.fine.fill(0);
    return told;
  }

  /** Since the last report. What was taken may still be lost later, so each is told by itself. */
  private recorded(): RecordStats | undefined {
    const { kept, lost } = this;
    const { kept: before, lost: lostBefore } = this.toldRecords;
    const since: RecordStats = {
      kept: kept - before,
      lost: {
        full: lost.full - lostBefore.full,
        large: lost.large - lostBefore.large,
        form: lost.form - lostBefore.form,
        failed: lost.failed - lostBefore.failed,
      },
    };
    this.toldRecords = { kept, lost: { ...lost } };
    const { full, large, form, failed } = since.lost;
    return since.kept + full + large + form + failed > 0 ? since : undefined;
  }
}
