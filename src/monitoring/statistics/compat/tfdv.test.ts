import assert from 'node:assert/strict';
import test from 'node:test';
import {
  tfdvAbsoluteDifference,
  tfdvChebyshev,
  tfdvJensenShannon,
  tfdvJensenShannonOfTexts,
  type TfdvHistogram,
} from './tfdv.ts';

// The vectors that TensorFlow Data Validation tests itself with (anomalies/metrics_test.cc), to the digits that it gives.

const near = (found: number, wanted: number, off = 1e-10): void =>
  assert.ok(Math.abs(found - wanted) <= off, `${found}, not ${wanted}`);

const histogram = (...buckets: [low: number, high: number, count: number][]): TfdvHistogram => ({
  buckets: buckets.map(([low, high, count]) => ({ low, high, count })),
});

test('Jensen–Shannon divergence of numeric features', () => {
  const thirds = histogram(
    [1, 2.3333333, 2.9866667],
    [2.3333333, 3.6666667, 1.0066667],
    [3.6666667, 5, 2.0066667],
  );
  assert.equal(tfdvJensenShannon(thirds, thirds), 0);
  near(tfdvJensenShannon(histogram([1, 2, 2], [2, 3, 2]), histogram([2, 4, 2], [4, 6, 2])), 0.65563906222);
  const infinite = histogram([-Infinity, 0, 1], [Infinity, Infinity, 1]);
  const cases: [TfdvHistogram, TfdvHistogram, number][] = [
    [histogram([0, 1, 2], [1, 2, 2]), histogram([3, 4, 2], [4, 6, 2]), 1],
    [histogram([1, 1, 4]), histogram([2, 4, 2], [4, 6, 2]), 1],
    [histogram([1, 1, 4]), histogram([2.33, 2.33, 4]), 1],
    [histogram([10, 10, 21]), histogram([0, 4, 150], [4, 12, 200], [12, 20, 20]), 1],
    [histogram([0, 0, 1], [1, 1, 1]), histogram([0, 0, 1], [2, 2, 1]), 0.5],
    [histogram([0, 0, 1], [1, 2, 1]), histogram([1, 1, 1], [2, 2, 1]), 1],
    [infinite, infinite, 1],
    [{ buckets: [], nan: 1 }, { buckets: [], nan: 1 }, 1],
    [{ ...histogram([1, 2, 3]), nan: 1 }, histogram([1, 2, 4]), 0.13792538096],
  ];
  for (const [one, other, wanted] of cases) near(tfdvJensenShannon(one, other), wanted);
  assert.throws(() => tfdvJensenShannon(histogram(), histogram([0, 4, 10])), /an empty histogram/);
  assert.throws(() => tfdvJensenShannon(histogram([0, 4, 10]), histogram([0, 4, 0])), /an empty histogram/);
});

const texts = (counts: Record<string, number>): Map<string, number> => new Map(Object.entries(counts));

test('Jensen–Shannon divergence of texts', () => {
  const abc = texts({ b: 2, a: 2, c: 1 });
  near(tfdvJensenShannonOfTexts(abc, texts({ a: 2, Z: 1, Y: 1, X: 1 })), 0.6);
  assert.equal(tfdvJensenShannonOfTexts(abc, abc), 0);
  assert.throws(() => tfdvJensenShannonOfTexts(abc, texts({})), /an empty histogram/);
  assert.throws(() => tfdvJensenShannonOfTexts(abc, texts({ a: 0 })), /not positive/);
});

test('L∞ and the absolute difference of texts', () => {
  assert.deepEqual(tfdvChebyshev(texts({}), texts({})), { value: 0, at: undefined });
  near(tfdvChebyshev(texts({ hello: 0.1, world: 0.9 }), texts({ hello: 0.3, world: 0.7 })).value, 0.2);
  const [one, other] = [texts({ b: 0.9, c: 0.1 }), texts({ a: 0.3, b: 0.7 })];
  near(tfdvChebyshev(one, other).value, 0.3);
  assert.equal(tfdvChebyshev(other, one).at, 'a');
  assert.equal(tfdvAbsoluteDifference(texts({}), texts({})).value, 0);
  near(
    tfdvAbsoluteDifference(texts({ hello: 0.1, world: 0.9 }), texts({ hello: 0.3, world: 0.7 })).value,
    0.1,
  );
  near(tfdvAbsoluteDifference(texts({ hello: 1, world: 5 }), texts({ hello: 10, world: 50 })).value, 45 / 66);
});
