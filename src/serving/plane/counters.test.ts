import assert from 'node:assert/strict';
import test from 'node:test';
import { latencyCounts } from '../../evidence/latency.ts';
import { Counters } from './counters.ts';

test('a second tells what happened in it, and nothing when nothing did', () => {
  const counters = new Counters('id', 5, 'champion', 'a');
  assert.equal(counters.report(), undefined);
  counters.answered({ rows: 3, ms: 1.2, queued: 0.4, at: 1 });
  counters.bad++;
  const first = counters.report()!;
  assert.deepEqual(
    [first.requests, first.rows, first.bad, first.latency.reduce((a, b) => a + b), first.queued_ms],
    [2, 3, 1, 1, 0.4],
  );
  const [[bucket, answers] = []] = first.fine!;
  assert.deepEqual([latencyCounts([1.2]).indexOf(1), 1], [bucket, answers]);
  assert.equal(counters.report(), undefined);
  counters.waiting = 1;
  const idle = counters.report()!;
  assert.deepEqual([idle.requests, idle.waiting, idle.fine], [0, 1, []]);
  counters.waiting = 0;
  counters.kept = 2;
  counters.lost.failed = 1;
  assert.deepEqual(counters.report()?.records, { kept: 2, lost: { full: 0, large: 0, form: 0, failed: 1 } });
  assert.equal(counters.report(), undefined);
});
