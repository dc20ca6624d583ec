import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { commonEdges, distance, rebin, topDistance } from './distribution.ts';

test('values are shared out evenly over new bins', () => {
  assert.deepEqual(
    rebin({ edges: [0, 2, 4], counts: [2, 6] }, [0, 1, 2, 3, 4]),
    [0.125, 0.125, 0.375, 0.375],
  );
  assert.deepEqual(rebin({ edges: [1, 1], counts: [5] }, [0, 1, 2]), [0, 1]);
  assert.deepEqual(rebin({ edges: [2, 2], counts: [5] }, [0, 1, 2]), [0, 1]);
  assert.deepEqual(rebin({ edges: [0, 1], counts: [0] }, [0, 1]), [0]);
});

test('nothing is lost on common edges, and a picture is at no distance from itself', () => {
  const histogram = fc
    .tuple(
      fc.integer({ min: -50, max: 50 }),
      fc.integer({ min: 0, max: 40 }),
      fc.array(fc.nat(9), { minLength: 1, maxLength: 12 }),
    )
    .filter(([, , counts]) => counts.some((count) => count > 0))
    .map(([low, span, counts]) => ({
      edges: Array.from({ length: counts.length + 1 }, (_, i) => low + (span * i) / counts.length),
      counts,
    }));
  fc.assert(
    fc.property(histogram, histogram, (a, b) => {
      const edges = commonEdges(a, b);
      const [x, y] = [rebin(a, edges), rebin(b, edges)];
      for (const shares of [x, y])
        assert.ok(Math.abs(shares.reduce((sum, share) => sum + share, 0) - 1) < 1e-9);
      assert.equal(distance(x, x), 0);
      assert.ok(distance(x, y) >= 0 && distance(x, y) <= 1);
    }),
  );
});

test('far apart is 1; frequent values compare by their shares', () => {
  const [a, b] = [
    { edges: [0, 1], counts: [3] },
    { edges: [10, 11], counts: [4] },
  ];
  const edges = commonEdges(a, b);
  assert.ok(Math.abs(distance(rebin(a, edges), rebin(b, edges)) - 1) < 1e-9);
  assert.equal(topDistance([{ value: 'x', count: 5 }], 10, [{ value: 'x', count: 50 }], 100), 0);
  assert.equal(topDistance([{ value: 'x', count: 10 }], 10, [{ value: 'y', count: 10 }], 10), 1);
});
