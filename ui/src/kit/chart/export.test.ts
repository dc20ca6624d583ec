import assert from 'node:assert/strict';
import test from 'node:test';
import { seriesStyles } from './colors.ts';
import { chartCsv, chartSvg, type Picture } from './export.ts';
import type { ChartSeries } from './series.ts';

const line = (id: string, y: number[], more: Partial<ChartSeries> = {}): ChartSeries => ({
  id,
  name: `run "${id}", <${id}>`,
  x: y.map((_, i) => i * 10),
  y,
  min: y,
  max: y,
  end: y.at(-1),
  count: y.map(() => 1),
  odd: [],
  ...more,
});
const picture = (more: Partial<Picture>): Picture => {
  const series = more.series ?? [line('a', [1, 2, 3])];
  return {
    title: 'loss & more',
    series,
    lines: series.map(({ y }) => y),
    styles: seriesStyles(series.map(({ id }) => id)),
    shown: [0, 20],
    log: false,
    smoothing: undefined,
    xLabel: 'step',
    formatX: String,
    formatY: String,
    ...more,
  };
};

test('the numbers leave with their extremes, and what was not finite with them', () => {
  const csv = chartCsv(
    picture({
      series: [line('a', [1, 2], { min: [0, 2], max: [9, 2], count: [16, 1], odd: [{ x: 5, kind: '−∞' }] })],
      lines: [[1, 1.5]],
      smoothing: 'exponential average 0.5',
    }),
  );
  assert.deepEqual(csv.split('\r\n'), [
    'series,id,step,value,min,max,points,smoothed (exponential average 0.5)',
    '"run ""a"", <a>",a,0,1,0,9,16,1',
    '"run ""a"", <a>",a,10,2,2,2,1,1.5',
    '"run ""a"", <a>",a,5,-Infinity,,,1,',
    '',
  ]);
});

test('the picture is well formed, says its smoothing and draws band and raw line', () => {
  const svg = chartSvg(
    picture({
      series: [line('a', [1, 2, 3], { max: [5, 6, 7], count: [2, 2, 2] }), line('b', [3, 2, 1])],
      lines: [
        [1, 1.5, 2],
        [3, 2.5, 2],
      ],
      smoothing: 'Gaussian 2',
    }),
  );
  assert.ok(
    svg.includes('loss &amp; more') && svg.includes('&lt;b&gt;') && svg.includes('smoothed: Gaussian 2'),
  );
  assert.equal(svg.match(/fill-opacity/g)?.length, 1, 'one band');
  assert.equal(svg.match(/stroke-opacity="0.3"/g)?.length, 2, 'two raw lines');
  assert.ok(!/NaN|undefined/.test(svg));
});

test('a log axis leaves out what it has no place for, and an empty chart is a frame', () => {
  const svg = chartSvg(picture({ series: [line('a', [0, 10, 100])], log: true }));
  assert.ok(!/NaN|Infinity/.test(svg));
  assert.ok(!/NaN|Infinity/.test(chartSvg(picture({ series: [] }))));
});
