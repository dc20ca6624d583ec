import assert from 'node:assert/strict';
import test from 'node:test';
import { LATENCY_EDGES } from '../../evidence/index.ts';
import { look } from './look.ts';
import { planRollout } from './plan.ts';
import { beginRollout, type Counts } from './progress.ts';

/** So many answers, one in `slow` of them after a second and the others at once. */
const counts = (requests: number, slow: number, failed = 0): Counts => ({
  requests,
  failed,
  latency: Array.from({ length: LATENCY_EDGES.length + 1 }, (_, bucket) => {
    const late = Math.round(requests / slow);
    return bucket === LATENCY_EDGES.length ? late : bucket === 0 ? requests - late : 0;
  }),
});

test('the first moments of a version say nothing of its latency; a flood of errors ends it at once', () => {
  const began = beginRollout(planRollout({ steps: [25] }), 1, 0);
  const watched = { ...began, phase: 'watching' as const };
  const sums = (now: number, asked: number, trial: Counts) => ({
    now,
    life: 'a',
    revision: 'r',
    primary: counts(asked, 1000),
    trial,
  });
  // Twice the same, once while it is cold: the latency of the primary is believed from the second on.
  const after = (first: number): string =>
    look(
      look(watched, sums(first, 10_000, counts(1_000, 5))).progress,
      sums(first + 2_000, 20_000, counts(2_000, 5)),
    ).to;
  assert.equal(after(3_000), 'stay');
  assert.equal(after(30_000), 'back', 'as slow when it is warm');
  assert.equal(look(watched, sums(3_000, 10_000, counts(1_000, 1000, 900))).to, 'back');
});
