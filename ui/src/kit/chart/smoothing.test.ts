import assert from 'node:assert/strict';
import test from 'node:test';
import { debiasedEma, gaussian, runningMean, smooth, timeWeightedEma } from './smoothing.ts';

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

/**
 * Other people's code, run on the same series: pandas 2.3.3 (`ewm` adjusted, `ewm` by times and half-life, `rolling` centred with
 * `min_periods=1`) and SciPy 1.17.1 (`gaussian_filter1d` with `mode='nearest'`, `truncate=3`).
 */
const XS = [0, 1, 2, 5, 6, 20, 21, 22, 60, 61];
const YS = [1, 2, 4, 3, 9, 0, 5, 5, -2, 7.5];
const near = (found: readonly (number | null)[], wanted: readonly number[]) =>
  wanted.forEach((value, i) =>
    assert.ok(Math.abs(found[i]! - value) < 1e-7, `at ${i}: ${found[i]} is not ${value}`),
  );

test('debiased EMA equals an adjusted exponentially weighted mean', () => {
  near(
    debiasedEma(YS, 0.6),
    [
      1, 1.625, 2.83673469387755, 2.91176470588235, 5.55239417071478, 3.22274436090226, 3.95412046669652,
      4.3796190218297, 1.80179286474588, 4.09494151181632,
    ],
  );
});

test('time-weighted EMA equals an exponentially weighted mean by half-life', () => {
  near(
    timeWeightedEma(XS, YS, 0.81, 100),
    [
      1, 1.74146658731852, 3.27761730166886, 3.01628758769946, 7.38265381468378, 3.97204478421145e-6,
      3.70733344781954, 4.58654583761841, -2, 5.04393257952591,
    ],
  );
  near(
    timeWeightedEma(XS, YS, 0.81, 10_000),
    [
      1, 1.50263398852524, 2.34387535693329, 2.51314101698872, 3.8546000067917, 3.10939006983775,
      3.41839957678234, 3.64260756416482, 2.65730904664482, 3.38370046063213,
    ],
  );
});

test('Gaussian smoothing equals a Gaussian filter whose ends go on', () => {
  near(
    gaussian(YS, 2),
    [
      1.88547657274018, 2.50607742210354, 3.16824676833361, 3.69318784531596, 3.93588397538037,
      3.9156555176359, 3.82083968362852, 3.91066055175495, 4.36687831242321, 5.16164303429521,
    ],
  );
  near(
    smooth('gauss', XS, YS, 1, 61),
    [
      1.41291907359385, 2.26863451842758, 3.35087113988978, 4.47823127514314, 4.83464278582887,
      3.8294179685954, 3.63001862933981, 3.19954725095025, 2.93566995199103, 5.05455924393277,
    ],
  );
});

test('the running mean equals a centred rolling mean that shrinks at the ends', () => {
  near(runningMean(YS, 5), [2.33333333333333, 2.5, 3.8, 3.6, 4.2, 4.4, 3.4, 3.1, 3.875, 3.5]);
  assert.deepEqual(runningMean(YS, 1), YS);
});

test('what is not finite stays where it is and weighs nothing', () => {
  for (const smoothed of [gaussian, runningMean])
    assert.deepEqual(smoothed([1, NaN, null, 3, Infinity, 5], 3), [
      smoothed([1, 3, 5], 3)[0],
      NaN,
      null,
      smoothed([1, 3, 5], 3)[1],
      Infinity,
      smoothed([1, 3, 5], 3)[2],
    ]);
});

test('amounts beyond what a smoother takes are its most', () => {
  assert.deepEqual(smooth('ema', XS, YS, 30, 61), smooth('ema', XS, YS, 0.999, 61));
});
