import assert from 'node:assert/strict';
import test from 'node:test';
import { axisOf, brushBetween, brushedPart, isInside, placeOn } from './axes.ts';

test('numbers stand on a scale, wide ones on a logarithmic one, texts above each other', () => {
  const depth = axisOf('params.depth', ['10', '4', undefined]);
  assert.deepEqual(depth, { kind: 'number', id: 'params.depth', low: 4, high: 10, log: false });
  assert.deepEqual([placeOn(depth, '7'), placeOn(depth, undefined)], [0.5, undefined]);
  const rate = axisOf('params.rate', ['0.001', '1']);
  assert.ok(rate.kind === 'number' && rate.log);
  assert.ok(Math.abs(placeOn(rate, '0.0316227766')! - 0.5) < 1e-6);
  const model = axisOf('params.model', ['forest', 'b', 'b']);
  assert.deepEqual([model.kind, placeOn(model, 'b'), placeOn(model, 'forest')], ['text', 0.25, 0.75]);
  // One text among numbers makes texts of them; a metric that is not a number has no place.
  assert.equal(axisOf('params.p', ['1', 'auto']).kind, 'text');
  assert.equal(placeOn(axisOf('metrics.m', [1, NaN, 3]), NaN), undefined);
  assert.deepEqual(axisOf('metrics.m', [5]), {
    kind: 'number',
    id: 'metrics.m',
    low: 4.5,
    high: 5.5,
    log: false,
  });
});

test('a brush is what stands between two places, and covers that part again', () => {
  const auc = axisOf('metrics.auc', [0, 1]);
  const brush = brushBetween(auc, 0.75, 0.25)!;
  assert.deepEqual(brush, { id: 'metrics.auc', from: 0.25, to: 0.75 });
  assert.deepEqual(brushedPart(auc, brush), [0.25, 0.75]);
  assert.deepEqual(
    [isInside(brush, 0.5), isInside(brush, 0.8), isInside(brush, undefined)],
    [true, false, false],
  );
  assert.equal(brushBetween(auc, -1, 2), undefined);
  const model = axisOf('params.model', ['a', 'b', 'c']);
  assert.deepEqual(brushBetween(model, 0, 0.5), { id: 'params.model', values: ['a', 'b'] });
  const [from, to] = brushedPart(model, { id: 'params.model', values: ['b'] })!;
  assert.ok(Math.abs(from - 1 / 3) < 1e-12 && Math.abs(to - 2 / 3) < 1e-12);
  assert.equal(brushBetween(model, 0.2, 0.3), undefined);
});

test('a brush tells places apart on an axis that is short for its values, and takes in its ends', () => {
  const [low, high] = [1_764_600_000_000, 1_764_603_600_000];
  const upper = brushBetween({ kind: 'number', id: 'start_time', low, high, log: false }, 0.5, 1);
  assert.deepEqual([upper?.from, upper?.to], [low + 1_800_000, high]);
  const some = brushBetween({ kind: 'number', id: 'm', low: 0.123_456, high: 0.9, log: false }, 0, 0.5);
  assert.equal(some?.from, 0.123_456);
});
