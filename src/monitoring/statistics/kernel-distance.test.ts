import assert from 'node:assert/strict';
import test from 'node:test';
import { random, type Random } from '../../../test/random.ts';
import { classifierTest } from './classifier-test.ts';
import { maximumMeanDiscrepancy, type Points } from './kernel-distance.ts';
import { mannWhitney } from './rank-tests.ts';
import { sampleOf } from './sample.ts';

const near = (found: number | null, wanted: number, off = 1e-12): void =>
  assert.ok(found !== null && Math.abs(found - wanted) <= off, `${found}, not ${wanted}`);

const points = (r: Random, rows: number, dimensions: number, shift = 0): Points => ({
  values: Float64Array.from({ length: rows * dimensions }, () => r.normal() + shift),
  dimensions,
});

test('MMD² of points on a line, by hand', () => {
  const line = (...values: number[]): Points => ({ values: Float64Array.from(values), dimensions: 1 });
  const { uniform } = random(1);
  const k = (d: number): number => Math.exp(-0.5 * d * d);
  const found = maximumMeanDiscrepancy(line(0, 1), line(2, 4), { uniform, gamma: 0.5 });
  near(found.statistic, k(1) + k(2) - (2 * (k(2) + k(4) + k(1) + k(3))) / 4);
  // Squared distances 1, 4, 16, 1, 9, 4.
  near(maximumMeanDiscrepancy(line(0, 1), line(2, 4), { uniform }).gamma, 1 / 4);
  assert.deepEqual(maximumMeanDiscrepancy(line(0), line(2, 4), { uniform }).p, null);
  assert.equal(maximumMeanDiscrepancy(line(3, 3), line(3, 3), { uniform }).p, 1);
  assert.throws(
    () => maximumMeanDiscrepancy(line(1), { values: new Float64Array(4), dimensions: 2 }, { uniform }),
    /points of 1 dimensions cannot be compared with points of 2/,
  );
  assert.throws(
    () => maximumMeanDiscrepancy(line(1), { values: new Float64Array(5000), dimensions: 1 }, { uniform }),
    /at most 4000 in all/,
  );
});

test('MMD tells a shift, and without one its p-values are even', () => {
  const r = random(11);
  const shifted = maximumMeanDiscrepancy(points(r, 60, 8), points(r, 60, 8, 0.5), { uniform: r.uniform });
  assert.equal(shifted.p, 1 / 200);
  const chances = Array.from(
    { length: 300 },
    () =>
      maximumMeanDiscrepancy(points(r, 12, 3), points(r, 15, 3), { uniform: r.uniform, permutations: 39 }).p!,
  );
  const share = chances.filter((p) => p <= 0.1).length / chances.length;
  assert.ok(share > 0.04 && share < 0.17, `${share} of the p-values are up to 0.1`);
});

test('the area of a classifier is Mann–Whitney’s U as a share, and its p-values are even', () => {
  const r = random(3);
  const scores = (rows: number, shift: number): number[] =>
    Array.from({ length: rows }, () => r.normal() + shift);
  const [one, other] = [sampleOf(scores(200, 0)), sampleOf(scores(150, 0.5))];
  const found = classifierTest(one, other);
  near(found.statistic, mannWhitney(other, one).statistic! / (200 * 150));
  near(found.p, mannWhitney(one, other, { alternative: 'less' }).p!, 1e-4);
  assert.equal(classifierTest(sampleOf([]), one).p, null);
  const chances = Array.from(
    { length: 500 },
    () => classifierTest(sampleOf(scores(80, 0)), sampleOf(scores(60, 0))).p!,
  );
  const share = chances.filter((p) => p <= 0.1).length / chances.length;
  assert.ok(share > 0.06 && share < 0.14, `${share} of the p-values are up to 0.1`);
});
