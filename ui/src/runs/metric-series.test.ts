import assert from 'node:assert/strict';
import test from 'node:test';
import type { Series } from '../../../src/tracking/contract.ts';
import { acrossMetric, chartSeries, formatZoom, parseZoom, runStarts, stepsWithin } from './metric-series.ts';

const series = (more: Partial<Series>): Series => ({
  run: 'r1',
  key: 'loss',
  steps: [0, 1, 2],
  times: [1000, 3000, 2000],
  values: [3, null, 1],
  marks: [{ step: 1, time: 3000, what: 'NaN' }],
  total: 3,
  thinned: false,
  ...more,
});

test('every point is drawn where it was logged, and what is not finite is marked there', () => {
  const line = chartSeries(series({}), 'one', 'step', 1000);
  assert.deepEqual([line.x, line.y, line.odd], [[0, 2], [3, 1], [{ x: 1, kind: 'NaN' }]]);
  // By the clock, point 2 came before point 1.
  const late = chartSeries(series({ values: [3, 2, 1], marks: [] }), 'one', 'relative', 1000);
  assert.deepEqual(
    [late.x, late.y],
    [
      [0, 1000, 2000],
      [3, 1, 2],
    ],
  );
});

test('what is not finite is marked at its real place on every axis, also when its point was thinned away', () => {
  const thinned = series({ steps: [0, 2], times: [1000, 9000], values: [3, 1], thinned: true });
  for (const [x, place] of [
    ['step', 1],
    ['wall', 3000],
    ['relative', 2500],
  ] as const)
    assert.deepEqual(chartSeries(thinned, 'one', x, 500).odd, [{ x: place, kind: 'NaN' }]);
});

test('a run begins at its first point where that is before its start', () => {
  const runs = [
    { id: 'r1', started_at: 2000 },
    { id: 'r2', started_at: 5 },
  ];
  assert.deepEqual(runStarts(runs, [series({})]), new Map([['r1', 1000], ['r2', 5]])); // prettier-ignore
  const late = series({ times: [5000, 6000, 7000], marks: [{ step: 1, time: 1500, what: 'NaN' }] });
  assert.equal(runStarts(runs, [late]).get('r1'), 1500);
});

test('what the server thinned keeps its spikes when it is gathered again', () => {
  const steps = Array.from({ length: 4000 }, (_, i) => i * 3);
  const values = steps.map((_, i) => (i === 1777 ? 999 : i === 42 ? -999 : Math.sin(i)));
  const line = chartSeries(
    series({ steps, times: steps, values, marks: [], thinned: true, total: 1e6 }),
    'one',
    'step',
    0,
  );
  assert.ok(line.x.length <= 260);
  assert.equal(Math.max(...line.max), 999);
  assert.equal(Math.min(...line.min), -999);
});

test('a zoom asks for the steps that fill it, and some before', () => {
  const all = [
    series({ steps: [0, 10, 20, 30], times: [0, 100, 200, 300], values: [1, 1, 1, 1], marks: [] }),
  ];
  assert.deepEqual(
    stepsWithin(all, 'step', [100, 200], () => 0),
    { from: 89, to: 211 },
  );
  assert.deepEqual(
    stepsWithin(all, 'wall', [90, 210], () => 0),
    { from: 8, to: 22 },
  );
  assert.deepEqual(
    stepsWithin(all, 'relative', [40, 160], () => 50),
    { from: 8, to: 22 },
  );
  assert.equal(
    stepsWithin(all, 'wall', [1000, 2000], () => 0),
    undefined,
  );
});

test('a zoom in the address', () => {
  assert.deepEqual(parseZoom('100:200.5'), [100, 200.5]);
  for (const bad of [undefined, '', '5', '5:', '9:1', 'a:b', '1:1']) assert.equal(parseZoom(bad), undefined);
  assert.equal(formatZoom([99.7, 1200.2]), '100:1200');
  assert.equal(formatZoom([0.12345678, 0.9]), '0.123457:0.9');
});

test('a metric on the x-axis is known between its points and nowhere else', () => {
  const tokens: Series = {
    run: 'r',
    key: 'tokens',
    steps: [0, 10, 20],
    times: [0, 1, 2],
    values: [0, 100, null],
    marks: [],
    total: 3,
    thinned: false,
  };
  const at = acrossMetric(tokens)!;
  assert.deepEqual([at(0), at(5), at(10), at(11), at(-1)], [0, 50, 100, NaN, NaN]);
  assert.equal(acrossMetric({ ...tokens, steps: [], values: [] }), undefined);
  const loss: Series = { ...tokens, key: 'loss', steps: [0, 5, 15], values: [3, 2, 1] };
  const drawn = chartSeries(loss, 'r', 'metric', 0, at);
  assert.deepEqual(
    [drawn.x, drawn.y],
    [
      [0, 50],
      [3, 2],
    ],
  );
  assert.deepEqual(chartSeries(loss, 'r', 'metric', 0).x, []);
  assert.deepEqual(
    stepsWithin([loss], 'metric', [40, 60], () => 0, new Map([['r', at]])),
    { from: 4, to: 6 },
  );
});
