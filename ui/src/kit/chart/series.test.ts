import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  align,
  axisSteps,
  belowLog,
  nearest,
  padded,
  panned,
  summary,
  xExtent,
  yExtent,
  zoomed,
  type ChartSeries,
} from './series.ts';

const series = (id: string, x: number[], y: number[], more: Partial<ChartSeries> = {}): ChartSeries => ({
  id,
  name: id,
  x,
  y,
  min: y,
  max: y,
  count: x.map(() => 1),
  odd: [],
  end: y.at(-1),
  ...more,
});

test('lines are put over one x without inventing values', () => {
  assert.deepEqual(
    align([
      { x: [0, 2, 4], y: [1, NaN, 3] },
      { x: [1, 2], y: [5, 6] },
    ]),
    [
      [0, 1, 2, 4],
      [1, undefined, null, 3],
      [undefined, 5, 6, undefined],
    ],
    'what is not there is passed over, what cannot be shown breaks the line',
  );
});

test('a log axis says what it has no place for', () => {
  const packed = series('b', [1, 2], [4, 5], { min: [-1, 1], count: [16, 16] });
  assert.deepEqual(belowLog([series('a', [1, 2, 3], [0, 1, -2]), packed]), { points: 2, stretches: 1 });
});

test('a spike between bucket ends widens the axis', () => {
  const spiky = series('a', [10, 20, 30], [1, 1, 1], { max: [1, 99, 1], min: [1, -3, 1] });
  assert.deepEqual(yExtent([spiky], [0, 30], false), [-3, 99]);
  // The bucket that ends at 20 holds points after 10: it is in sight from 12 to 15.
  assert.deepEqual(yExtent([spiky], [12, 15], false), [-3, 99]);
  assert.deepEqual(yExtent([spiky], [21, 30], false), [1, 1]);
  assert.deepEqual(yExtent([spiky], [0, 30], true), [1, 99]);
  assert.equal(yExtent([series('b', [1], [-1])], [0, 2], true), undefined);
});

test('extents hold odd points, single points and flat lines', () => {
  assert.deepEqual(xExtent([series('a', [1, 5], [0, 0], { odd: [{ x: 9, kind: 'NaN' }] })]), [1, 9]);
  assert.deepEqual(xExtent([series('a', [3], [0])]), [2, 4]);
  assert.equal(xExtent([series('a', [], [])]), undefined);
  assert.deepEqual(padded([0, 0]), [-1, 1]);
  assert.deepEqual(padded([5, 5]), [4.5, 5.5]);
});

test('nearest finds what a linear search finds', () => {
  assert.equal(nearest([], 1), -1);
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: -1000, max: 1000 }), { minLength: 1 }),
      fc.integer({ min: -1100, max: 1100 }),
      (values, x) => {
        const xs = values.toSorted((a, b) => a - b);
        const best = Math.min(...xs.map((value) => Math.abs(value - x)));
        assert.equal(Math.abs(xs[nearest(xs, x)]! - x), best);
      },
    ),
  );
});

test('zooming and panning stay inside the whole', () => {
  assert.deepEqual(zoomed([0, 100], [0, 100], 50, 0.5), [25, 75]);
  assert.equal(zoomed([25, 75], [0, 100], 50, 4), undefined);
  assert.deepEqual(zoomed([0, 10], [0, 100], 0, 2), [0, 20]);
  assert.deepEqual(panned([80, 100], [0, 100], 0.5), [80, 100]);
  assert.deepEqual(panned([40, 60], [0, 100], -0.5), [30, 50]);
});

test('the picture is told in words', () => {
  const text = summary(
    [series('loss', [0, 9], [2, 1], { odd: [{ x: 4, kind: 'NaN' }] })],
    String,
    (x) => `step ${x}`,
  );
  assert.equal(text, 'loss: from 2 at step 0 to 1 at step 9, lowest 1, highest 2; not finite at 1 place.');
});

test('an axis of any length has steps that fit in it', () => {
  for (const [low, high] of [
    [0, 2e301],
    [-1e308, 1e308],
    [0, 1],
    [1e-200, 2e-200],
  ] as const) {
    const span = high / 2 - low / 2;
    const steps = axisSteps(low, high);
    assert.ok(
      steps.some((step) => step <= span && step >= span / 10),
      `${low} to ${high}`,
    );
    assert.deepEqual(
      steps,
      [...steps].sort((a, b) => a - b),
    );
  }
  assert.deepEqual(axisSteps(1, 1), [1]);
});
