import assert from 'node:assert/strict';
import test from 'node:test';
import type { ChartSeries } from '../kit/chart/series.ts';
import { groupLines } from './group-lines.ts';

const line = (id: string, x: number[], y: number[], more: Partial<ChartSeries> = {}): ChartSeries => ({
  id,
  name: id,
  x,
  y,
  min: y,
  max: y,
  end: y.at(-1),
  count: x.map(() => 1),
  odd: [],
  ...more,
});

test('a group is the mean of its runs where each of them is known', () => {
  const [a, b] = groupLines(
    [
      line('1', [0, 10, 20], [0, 10, 20]),
      line('2', [0, 20], [2, 22]),
      line('3', [0, 1], [5, 6]),
      line('nobody', [0], [1000]),
    ],
    new Map([
      ['1', 'a'],
      ['2', 'a'],
      ['3', 'b'],
    ]),
    'range',
  );
  assert.deepEqual(
    [a!.x, a!.y],
    [
      [0, 10, 20],
      [1, 11, 21],
    ],
  );
  assert.deepEqual(
    [a!.min, a!.max, a!.count],
    [
      [0, 10, 20],
      [2, 12, 22],
      [2, 2, 2],
    ],
  );
  assert.deepEqual([b!.name, b!.y, b!.count], ['b', [5, 6], [1, 1]]);
});

test('the band by standard deviation is that of a sample, and one run has none', () => {
  const group = new Map([
    ['1', 'a'],
    ['2', 'a'],
    ['3', 'a'],
  ]);
  const [a] = groupLines([line('1', [0, 1], [1, 1]), line('2', [0], [2]), line('3', [0], [3])], group, 'sd');
  assert.deepEqual(
    [a!.y, a!.min, a!.max],
    [
      [2, 1],
      [1, 1],
      [3, 1],
    ],
  );
});

test('no extreme of any run is lost, however many places there are', () => {
  const x = Array.from({ length: 5000 }, (_, i) => i);
  const y = x.map((i) => (i === 4321 ? 1e6 : Math.sin(i)));
  const [a] = groupLines(
    [
      line('1', x, y),
      line(
        '2',
        x,
        y.map((v) => -v),
      ),
    ],
    new Map([
      ['1', 'a'],
      ['2', 'a'],
    ]),
    'range',
  );
  assert.ok(a!.x.length <= 400);
  assert.deepEqual([Math.min(...a!.min), Math.max(...a!.max)], [-1e6, 1e6]);
});

test('what was not finite in any run is marked on its group', () => {
  const [a] = groupLines(
    [line('1', [0], [1], { odd: [{ x: 3, kind: 'NaN' }] })],
    new Map([['1', 'a']]),
    'sd',
  );
  assert.deepEqual(a!.odd, [{ x: 3, kind: 'NaN' }]);
});
