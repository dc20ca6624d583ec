import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import test from 'node:test';
import { cellText, rowsOf, shellQuoted, shellWord, sqlName } from './facts.ts';

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

test('a shell reads back what was written for it', () => {
  for (const text of [
    'plain',
    "it's",
    'two words',
    '$HOME',
    'a"b`c\\d',
    'select * from \'flights@v3\' where x = "y"',
    '',
  ])
    for (const word of [shellQuoted(text), shellWord(text)])
      assert.equal(execFileSync('sh', ['-c', `printf %s ${word}`]).toString(), text);
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
