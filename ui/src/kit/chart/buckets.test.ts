import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { bucketize } from './buckets.ts';

test('a bucket keeps first, least, greatest and last', () => {
  const out = bucketize([0, 1, 2, 3, 10], [5, 9, 1, 4, 7], 2);
  assert.deepEqual(out, {
    x: [3, 10],
    first: [5, 7],
    min: [1, 7],
    max: [9, 7],
    last: [4, 7],
    mean: [4.75, 7],
    count: [4, 1],
  });
});

test('no spike is lost, no point is counted twice, whatever the line', () => {
  const points = fc.array(
    fc.tuple(fc.integer({ min: -1e6, max: 1e6 }), fc.oneof(fc.double(), fc.constant(null))),
    { maxLength: 200 },
  );
  fc.assert(
    fc.property(points, fc.integer({ min: 1, max: 50 }), (raw, buckets) => {
      const sorted = raw.toSorted((a, b) => a[0] - b[0]);
      const out = bucketize(
        sorted.map(([x]) => x),
        sorted.map(([, y]) => y),
        buckets,
      );
      const finite = sorted.flatMap(([, y]) => (y !== null && Number.isFinite(y) ? [y] : []));
      assert.ok(out.x.length <= buckets);
      assert.equal(
        out.count.reduce((a, b) => a + b, 0),
        finite.length,
      );
      if (finite.length === 0) return;
      assert.equal(Math.min(...out.min), Math.min(...finite));
      assert.equal(Math.max(...out.max), Math.max(...finite));
      assert.equal(out.first[0], finite[0]);
      assert.equal(out.last.at(-1), finite.at(-1));
      assert.deepEqual(
        out.x,
        out.x.toSorted((a, b) => a - b),
      );
    }),
  );
});
