import assert from 'node:assert/strict';
import test from 'node:test';
import { debiasedEma, timeWeightedEma } from './smoothing.ts';

const close = (a: number | null | undefined, b: number) =>
  assert.ok(Math.abs((a ?? NaN) - b) < 1e-12, `${a} is not ${b}`);

test('debiased EMA follows the published recurrence', () => {
  const ys = [1, 2, 4, 3];
  const s = 0.6;
  const out = debiasedEma(ys, s);
  // By hand: the first point is itself; then weighted means with weights s^k, which is what debiasing amounts to.
  close(out[0], 1);
  close(out[1], (s * 1 + 2) / (s + 1));
  close(out[2], (s * s * 1 + s * 2 + 4) / (s * s + s + 1));
  close(out[3], (s ** 3 * 1 + s * s * 2 + s * 4 + 3) / (s ** 3 + s * s + s + 1));
});

test('debiased EMA leaves constants and non-finite points alone', () => {
  assert.deepEqual(debiasedEma([0.3, 0.3, 0.3], 0.99), [0.3, 0.3, 0.3]);
  const out = debiasedEma([1, NaN, Infinity, null, 2], 0.5);
  assert.deepEqual(out.slice(1, 4), [NaN, Infinity, null]);
  // t counts finite points only, so the last value is as if the gap were not there.
  close(out[4], debiasedEma([1, 2], 0.5)[1]!);
  assert.deepEqual(debiasedEma([1, 2], 0), [1, 2]);
});

test('time-weighted EMA follows the published recurrence', () => {
  const xs = [0, 1, 3, 10];
  const ys = [5, 1, 2, 8];
  const p = 0.81;
  const w = 0.9;
  const unit = 1000 / 1000;
  const out = timeWeightedEma(xs, ys, p, 1000);
  let [s, d] = [5, 1];
  close(out[0], 5);
  for (let i = 1; i < xs.length; i++) {
    const a = w ** ((xs[i]! - xs[i - 1]!) * unit);
    s = a * s + ys[i]!;
    d = a * d + 1;
    close(out[i], s / d);
  }
});

test('time-weighted EMA forgets by distance, not by count', () => {
  // The same curve, logged ten times as densely, smooths to nearly the same place.
  const sparse = timeWeightedEma([0, 100, 200], [0, 0, 1], 0.98, 1000);
  const far = timeWeightedEma([0, 100, 900], [0, 0, 1], 0.98, 1000);
  assert.ok(far[2]! > sparse[2]!, 'a longer gap must forget more');
  assert.deepEqual(timeWeightedEma([0, 1], [1, 2], 0, 10), [1, 2]);
  assert.deepEqual(timeWeightedEma([3, 3], [1, 2], 0.5, 0), [1, 2]);
});

test('both smoothers stay inside the range of the data', () => {
  const xs = Array.from({ length: 500 }, (_, i) => i * i);
  const ys = xs.map((_, i) => Math.sin(i) + (i === 250 ? 100 : 0));
  for (const out of [debiasedEma(ys, 0.9), timeWeightedEma(xs, ys, 0.9, xs.at(-1)!)]) {
    assert.ok(
      Math.max(...out.map(Number)) <= Math.max(...ys) && Math.min(...out.map(Number)) >= Math.min(...ys),
    );
  }
});
