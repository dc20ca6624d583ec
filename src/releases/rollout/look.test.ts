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
  const seen = (now: number, trial: Counts) =>
    look(watched, { now, life: 'a', revision: 'r', primary: counts(10_000, 1000), trial });
  assert.equal(seen(3_000, counts(1_000, 5)).to, 'stay');
  assert.equal(seen(30_000, counts(1_000, 5)).to, 'back', 'as slow when it is warm');
  assert.equal(seen(3_000, counts(1_000, 1000, 900)).to, 'back');
});
