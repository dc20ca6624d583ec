import assert from 'node:assert/strict';
import test from 'node:test';
import { sortText } from '../kit/table/sorting.ts';
import {
  addCondition,
  columnParts,
  metricNumber,
  orderOf,
  searchName,
  sortOf,
  usualColumns,
  varyingColumns,
} from './run-columns.ts';

test('columns are spelt as the search grammar wants them', () => {
  assert.equal(searchName('metrics.auc'), 'metrics.auc');
  assert.equal(searchName('metrics.val/loss (best)'), 'metrics.`val/loss (best)`');
  assert.equal(searchName('started'), 'start_time');
  assert.equal(searchName('toString'), undefined);
  assert.deepEqual(columnParts('tags.mlflow.user'), { kind: 'tags', key: 'mlflow.user' });
});

test('an order survives the address', () => {
  for (const text of ['metrics.auc', '-metrics.auc', '-started']) assert.equal(sortText(sortOf(text)), text);
  assert.equal(sortOf('nonsense'), undefined);
  assert.deepEqual(orderOf(sortOf('-params.max depth')), ['params.`max depth` DESC']);
  assert.equal(orderOf(undefined), undefined);
});

test('the usual columns leave machine samples out', () => {
  const usual = usualColumns({
    metrics: ['system/cpu', 'auc'],
    params: ['batch', 'depth'],
    varying: { metrics: ['system/cpu', 'auc'], params: ['depth'] },
  });
  assert.deepEqual(usual, ['status', 'started', 'duration', 'metrics.auc', 'params.depth', 'params.batch']);
});

test('only what varies, without what clients write of themselves', () => {
  const varying = { metrics: ['system/cpu', 'auc'], params: ['depth'], tags: ['mlflow.runName', 'team'] };
  assert.deepEqual(varyingColumns(varying), [
    'status',
    'started',
    'duration',
    'metrics.auc',
    'params.depth',
    'tags.team',
  ]);
});

test('values and conditions', () => {
  assert.ok(Number.isNaN(metricNumber('NaN')));
  assert.equal(metricNumber('-Infinity'), -Infinity);
  assert.equal(metricNumber(undefined), undefined);
  assert.equal(
    addCondition('metrics.auc > 0.5', 'params.model', '=', "o'neil"),
    "metrics.auc > 0.5 AND params.model = 'o''neil'",
  );
  assert.equal(addCondition('', 'metrics.auc', '>', '0.6'), 'metrics.auc > 0.6');
  assert.equal(addCondition('a OR b', 'metrics.auc', '>', '0'), '(a OR b) AND metrics.auc > 0');
});
