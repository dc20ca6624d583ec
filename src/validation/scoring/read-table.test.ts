import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { after } from 'node:test';
import { tableFormat, type TableFile } from '../../tables/index.ts';
import { textOf } from './read-table.ts';
import { openHere } from './table.suite.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'treadle-table-'));
after(() => rmSync(folder, { recursive: true, force: true }));
function file(name: string, text: string): TableFile {
  writeFileSync(path.join(folder, name), text);
  return { file: path.join(folder, name), shown: name, format: tableFormat(name)! };
}

test('columns come with their kinds, gaps and values, in the order of the rows', async () => {
  // A fraction in the last of many rows makes the whole column a number with fractions.
  const lines = Array.from(
    { length: 30_000 },
    (_one, i) => `${i},${i % 3 === 0 ? '' : i},w${i % 2},true,2001-01-0${1 + (i % 9)}`,
  );
  const table = await openHere(
    [file('a.csv', ['n,gaps,word,flag,day', ...lines, '0.5,1,w0,false,2001-02-01', ''].join('\n'))],
    ['word', 'none'],
  );
  assert.equal(table.rows, 30_001);
  assert.deepEqual(
    table.columns.map(({ name, kind, missing }) => [name, kind, missing]),
    [
      ['n', 'number', 0],
      ['gaps', 'integer', 10_000],
      ['word', 'text', 0],
      ['flag', 'boolean', 0],
      ['day', 'time', 0],
    ],
  );
  const read = await table.read(['word', 'n', 'gaps', 'flag', 'day']);
  const at = (row: number): unknown[] => [...read.values()].map((column) => textOf(column, row));
  assert.deepEqual(at(0), ['w0', '0', undefined, 'true', '2001-01-01']);
  assert.deepEqual(at(29_999), ['w1', '29999', '29999', 'true', '2001-01-03']);
  assert.deepEqual(at(30_000), ['w0', '0.5', '1', 'false', '2001-02-01']);
  assert.deepEqual(
    table.columns.map(({ exactly }) => exactly),
    [undefined, undefined, 2, undefined, undefined],
  );
});

test('files of one or several formats are one table, by the names of their columns', async () => {
  const table = await openHere([
    file('one.csv', 'a,b\n1,x\n'),
    file('two.csv', 'b,a\ny,2\n'),
    file('three.jsonl', '{"b":"z","a":3}\n'),
  ]);
  const read = await table.read(['a', 'b']);
  assert.deepEqual([...read.get('a')!.numbers!], [1, 2, 3]);
  assert.deepEqual(read.get('b')!.words, ['x', 'y', 'z']);
});

test('what is damaged, missing or too large for a number says so', async () => {
  await assert.rejects(openHere([file('bad.json', '{"a": [1, }')]), /cannot be read: .*bad\.json/);
  const table = await openHere([file('c.csv', 'origin,id\nATL,9007199254740993\n')]);
  assert.throws(
    () => table.info('orign', 'label'),
    (error: Error & { hint?: string }) =>
      /no column 'orign'/.test(error.message) && /did you mean 'origin'\?/.test(error.hint ?? ''),
  );
  await assert.rejects(table.read(['id']), /'id' holds whole numbers beyond 2\^53/);
});
