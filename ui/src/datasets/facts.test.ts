import assert from 'node:assert/strict';
import test from 'node:test';
import { cellText, rowsOf, sqlName } from './facts.ts';

test('rows are summed over tables that are counted', () => {
  const table = (rows?: number) => ({
    path: 'a',
    hash: '',
    size: 1,
    format: 'csv' as const,
    state: 'ok' as const,
    ...(rows === undefined ? {} : { rows }),
  });
  assert.equal(rowsOf([table(3), table(), table(4)]), 7);
  assert.equal(rowsOf([table()]), undefined);
  assert.equal(rowsOf([]), undefined);
});

test('SQL names the version, and the file where there are several', () => {
  assert.equal(sqlName('flights', 'v3', 'a.csv', 1), "'flights@v3'");
  assert.equal(sqlName('flights', 'v3', 'a.csv', 2), "'flights@v3/a.csv'");
});

test('cells', () => {
  assert.deepEqual([null, 'a', 0, true, [1], { a: 1 }].map(cellText), [
    '',
    'a',
    '0',
    'true',
    '[1]',
    '{"a":1}',
  ]);
});
