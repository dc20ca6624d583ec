import assert from 'node:assert/strict';
import test from 'node:test';
import type { Slice } from '../../../src/validation/contract.ts';
import { lowerIsBetter, metricRows } from './metric-words.ts';
import { pointAt, readNames, readRules } from './rule-text.ts';
import { goodSide, scaleOf, sidesOf } from './range.ts';
import { columnsOf, mainMetric, orderSlices } from './slice-rows.ts';

test('a scale holds all values with air, and nothing when there is nothing', () => {
  const at = scaleOf([{ value: 2, low: 1, high: 3 }])!;
  assert.ok(at(1) > 0 && at(1) < at(2) && at(2) < at(3) && at(3) < 1);
  assert.equal(at(2), 0.5);
  assert.equal(at(99), 1, 'what lies outside stands at the edge');
  assert.equal(scaleOf([]), undefined);
  assert.equal(scaleOf([{ value: NaN }]), undefined);
  assert.equal(scaleOf([{ value: 5 }])!(5), 0.5, 'one value stands in the middle');
  assert.equal(scaleOf([{ value: 0 }])!(0), 0.5);
});

test('a rule is drawn on the axis of its metric, its interval laid on the bound', () => {
  assert.deepEqual(
    sidesOf({ left: 0.75, right: 0.5, difference: { value: 0.25, low: 0.125, high: 0.375 } }),
    { left: 0.75, right: 0.5, low: 0.625, high: 0.875 },
  );
  assert.deepEqual(sidesOf({ left: 3, right: 4 }), { left: 3, right: 4 });
  assert.equal(sidesOf({ left: 3 }), undefined);
  assert.equal(sidesOf({ left: NaN, right: 1 }), undefined);
  assert.equal(goodSide('auc >= 0.6'), 'above');
  assert.equal(goodSide('p95_latency_ms < 20'), 'below');
  assert.equal(goodSide('log_loss <= champion.log_loss'), 'below');
  assert.equal(goodSide('data.rows'), undefined);
});

test('metrics of three models stand in one row each, in the candidate’s order', () => {
  const value = (name: string, v: number) => ({ name, value: v, n: 10 });
  assert.deepEqual(
    metricRows([value('auc', 1), value('f1', 2)], [value('f1', 3)], [value('auc', 4), value('new', 5)]),
    [
      { name: 'auc', own: value('auc', 1), baseline: value('auc', 4) },
      { name: 'f1', own: value('f1', 2), champion: value('f1', 3) },
      { name: 'new', baseline: value('new', 5) },
    ],
  );
  for (const name of ['log_loss', 'rmse', 'mae', 'brier', 'p95_latency_ms'])
    assert.ok(lowerIsBetter(name), name);
  for (const name of ['auc', 'accuracy', 'r2', 'f1']) assert.ok(!lowerIsBetter(name), name);
});

const slice = (value: string, rows: number, auc: number | undefined, worse = false): Slice => ({
  where: `origin = ${value}`,
  column: 'origin',
  value,
  rows,
  worse,
  metrics: auc === undefined ? [] : [{ name: 'auc', value: auc, n: rows }],
});

test('slices: the worse ones first, then the largest; sorted, what has no value stands last either way', () => {
  const all = [slice('A', 10, 0.5), slice('B', 30, undefined), slice('C', 20, 0.7), slice('D', 5, 0.4, true)];
  const order = (how?: { by: string; down: boolean }) => orderSlices(all, how).map(({ value }) => value);
  assert.deepEqual(order(), ['D', 'B', 'C', 'A']);
  assert.deepEqual(order({ by: 'metric.auc', down: true }), ['C', 'A', 'D', 'B']);
  assert.deepEqual(order({ by: 'metric.auc', down: false }), ['D', 'A', 'C', 'B']);
  assert.deepEqual(order({ by: 'rows', down: false }), ['D', 'A', 'C', 'B']);
  assert.deepEqual(order({ by: 'where', down: true }), ['D', 'C', 'B', 'A']);
  assert.deepEqual(columnsOf(all), ['origin']);
  assert.equal(mainMetric(all), 'auc');
  assert.equal(mainMetric([]), undefined);
});

test('rules are typed one a line, remarks and empty lines apart, and their lines are known', () => {
  assert.deepEqual(readRules('auc >= 0.6\n\n# why\n  f1 > 0.2  # soft\n'), {
    rules: ['auc >= 0.6', 'f1 > 0.2'],
    lines: [1, 4],
  });
  assert.deepEqual(readRules(''), { rules: [], lines: [] });
  assert.deepEqual(readNames(' date, origin,,destination '), ['date', 'origin', 'destination']);
  assert.equal(pointAt('auc >> 1', 5), 'auc >> 1\n     ^');
  assert.equal(pointAt('auc', undefined), 'auc');
  assert.equal(pointAt('auc', 99), 'auc');
});
