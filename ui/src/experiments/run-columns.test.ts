import assert from 'node:assert/strict';
import test from 'node:test';
import { sortText } from '../kit/table/sorting.ts';
import {
  addCondition,
  columnParts,
  columnsOf,
  columnsText,
  metricNumber,
  orderOf,
  searchName,
  sortOf,
  usualColumns,
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

test('many columns have one word in the address, and single ones come and go', () => {
  const varying = { metrics: ['system/cpu', 'auc'], params: ['depth'], tags: ['mlflow.runName', 'team'] };
  const known = { ...varying, params: ['batch', 'depth'], varying };
  const facts = ['status', 'started', 'duration'];
  assert.deepEqual(columnsOf(['*varying'], known), [...facts, 'metrics.auc', 'params.depth', 'tags.team']);
  assert.equal(columnsOf(['*all'], known).includes('params.batch'), true);
  assert.deepEqual(columnsOf(['user', 'metrics.auc'], known), ['user', 'metrics.auc']);
  const shown = columnsOf(['*varying'], known);
  const fewer = columnsText(
    ['*varying'],
    shown,
    shown.filter((id) => id !== 'metrics.auc'),
  );
  assert.deepEqual(fewer, ['*varying', '-metrics.auc']);
  assert.equal(columnsOf(fewer, known).includes('metrics.auc'), false);
  const again = columnsText(fewer, columnsOf(fewer, known), [
    ...columnsOf(fewer, known),
    'metrics.auc',
    'user',
  ]);
  assert.deepEqual(columnsOf(again, known).toSorted(), [...shown, 'user'].toSorted());
  assert.deepEqual(columnsText(['status'], ['status'], ['user']), ['user']);
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
