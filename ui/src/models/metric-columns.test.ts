import assert from 'node:assert/strict';
import test from 'node:test';
import { metricColumns, toNumber } from './metric-columns.ts';

test('the commonest metrics, by name, without samples of the machine', () => {
  const run = (...keys: string[]) => ({ metrics: Object.fromEntries(keys.map((key) => [key, 1])) });
  assert.deepEqual(
    metricColumns([run('auc', 'loss', 'system/cpu'), run('auc', 'f1'), run('auc', 'loss')], 2),
    ['auc', 'loss'],
  );
  assert.deepEqual(metricColumns([]), []);
});

test('numbers that JSON has not', () => {
  assert.deepEqual([1.5, 'NaN', 'Infinity', '-Infinity', 'x', undefined].map(toNumber), [
    1.5,
    NaN,
    Infinity,
    -Infinity,
    undefined,
    undefined,
  ]);
});
