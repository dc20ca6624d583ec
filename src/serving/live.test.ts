import assert from 'node:assert/strict';
import test from 'node:test';
import type { Variant } from './contract.ts';
import { createLive, quantile } from './live.ts';
import { LATENCY_BUCKETS, type VariantStats } from './plane/protocol.ts';
import type { NamedRevision } from './store.ts';

const row = (serial: number): NamedRevision => ({
  id: `r${serial}`,
  workspace: 'default',
  endpoint_id: 'e',
  endpoint: 'flights',
  records: null,
  rules: null,
  revision: serial,
  serial,
  cause: 'deploy',
  restores: null,
  variants: '[]',
  places: null,
  wishes: '[]',
  sticky: 1,
  strict: 0,
  state: 'live',
  problem: null,
  note: null,
  asked_by: null,
  warnings: null,
  back: null,
  created_at: 0,
  created_by: 'me',
  live_at: 0,
  ended_at: null,
  load_ms: 1,
});
const champion: Variant = {
  role: 'champion',
  model: 'flights',
  version: 3,
  version_ref: 'model_version:flights/3',
  percent: 100,
  runtime: 'onnx',
};
const stats = (requests: number, bucket: number): VariantStats => ({
  endpoint: 'e',
  serial: 1,
  role: 'champion',
  key: 'k',
  requests,
  rows: requests,
  batches: 1,
  bad: 0,
  errors: 1,
  refused: 2,
  waiting: 4,
  latency: LATENCY_BUCKETS.map((_bound, i) => (i === bucket ? requests : 0)).concat(0),
  total_ms: requests,
});

test('what several processes did in a second is one second', () => {
  const live = createLive();
  live.know(row(1), [champion]);
  const heard: number[] = [];
  const deaf = live.listen('e', ({ at }) => void heard.push(at));
  live.add(0, [{ ...stats(10, 5), fine: [[3, 10]] }]);
  live.add(1, [
    { ...stats(30, 8), fine: [[3, 1]] },
    { ...stats(99, 1), serial: 7 },
  ]); // of a revision nobody knows: left out
  live.tick(1000);
  live.tick(2000);
  deaf();
  live.tick(3000);
  const { sum, latency } = live.total(1, 'champion')!;
  assert.deepEqual([sum.requests, latency[3], latency.length], [40, 11, 301]);
  assert.equal(live.total(7, 'champion'), undefined);
  const [first, second] = live.seconds('e');
  assert.deepEqual(
    first?.variants.map(({ requests, rows, errors, refused, waiting }) => [
      requests,
      rows,
      errors,
      refused,
      waiting,
    ]),
    [[40, 40, 2, 4, 8]],
  );
  const { p50_ms = 0, p95_ms = 0, p99_ms = 0 } = first?.variants[0] ?? {};
  assert.ok(
    p50_ms > 2 && p50_ms <= p95_ms && p95_ms <= p99_ms && p99_ms <= 3,
    `${p50_ms} ${p95_ms} ${p99_ms}`,
  );
  assert.deepEqual(second?.variants, []);
  assert.deepEqual(heard, [1000, 2000]);
  assert.deepEqual(live.recent('e'), { requests: [40, 0, 0], p95_ms, failed: 6 });
  assert.equal(live.recent('other'), undefined);
  assert.deepEqual(
    [...live.totals()].map(({ requests, total_ms }) => [requests, total_ms]),
    [[40, 40]],
  );
});

test('five minutes are kept, and a silent endpoint is forgotten after', () => {
  const live = createLive();
  live.know(row(1), [champion]);
  live.add(0, [stats(1, 0)]);
  for (let n = 0; n < 300; n++) live.tick(n);
  assert.equal(live.seconds('e').length, 300);
  live.tick(300);
  assert.deepEqual(live.seconds('e'), []);
});

test('a quantile lies within its bucket; past the last bound it is that bound', () => {
  const counts = LATENCY_BUCKETS.map(() => 0).concat(0);
  counts[0] = 10;
  assert.equal(quantile(counts, 5), 0.05);
  counts[counts.length - 1] = 1000;
  assert.equal(quantile(counts, 1000), 5000);
});
