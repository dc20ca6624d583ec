import assert from 'node:assert/strict';
import test from 'node:test';
import { kindOf, readCsv, readTable } from './preview-kinds.ts';

test('files are looked into by their names', () => {
  const looks = {
    'a/b.PNG': 'image',
    'x.svg': 'image',
    'model/MLmodel': 'text',
    'requirements.txt': 'text',
    'r.json': 'json',
    't.csv': 'table',
    'model.pkl': 'none',
    constructor: 'none',
  };
  for (const [path, look] of Object.entries(looks)) assert.equal(kindOf(path).look, look, path);
});

test('CSV with quotes, breaks and a byte order mark', () => {
  assert.deepEqual(readCsv('\ufeffa,b\r\n1,"x, ""y""\nz"\n\n3,\n', ','), [
    ['a', 'b'],
    ['1', 'x, "y"\nz'],
    ['3', ''],
  ]);
  assert.deepEqual(readTable('t.csv', 'a,b\n1,2\n3', true), { columns: ['a', 'b'], rows: [['1', '2']] });
  assert.equal(readTable('t.csv', '', false), undefined);
});

test('tables in JSON: log_table, rows of objects, and what is none', () => {
  assert.deepEqual(readTable('t.json', '{"columns":["a"],"data":[[1],[{"x":1}],[null]]}', false), {
    columns: ['a'],
    rows: [['1'], ['{"x":1}'], ['']],
  });
  assert.deepEqual(readTable('t.jsonl', '{"a":1}\n{"b":true}\n{"a":', true), {
    columns: ['a', 'b'],
    rows: [
      ['1', ''],
      ['', 'true'],
    ],
  });
  assert.equal(readTable('t.json', '{"a":1}', false), undefined);
  assert.equal(readTable('t.json', '[1,2]', false), undefined);
});
