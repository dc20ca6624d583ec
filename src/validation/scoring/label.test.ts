import assert from 'node:assert/strict';
import test from 'node:test';
import { readLabel, type LabelQuestion } from './label.ts';
import type { Column, ColumnKind } from './column.ts';

function column(kind: ColumnKind, values: ReadonlyArray<number | string | boolean | null>): Column {
  const missing = values.filter((value) => value === null).length;
  const info = { name: 'y', kind, type: kind.toUpperCase(), missing, distinct: new Set(values).size };
  if (kind === 'text' || kind === 'time') {
    const words = [...new Set(values.filter((value) => value !== null))].map(String);
    return {
      ...info,
      words,
      codes: Int32Array.from(values, (value) => (value === null ? -1 : words.indexOf(String(value)))),
    };
  }
  return { ...info, numbers: Float64Array.from(values, (value) => (value === null ? NaN : Number(value))) };
}
const read = (kind: ColumnKind, values: Parameters<typeof column>[1], asked: Partial<LabelQuestion> = {}) =>
  readLabel(column(kind, values), { classes: false, ...asked });

test('two values are binary, and the usual one counts as 1', () => {
  const cases: ReadonlyArray<[ColumnKind, Parameters<typeof column>[1], string[], Partial<LabelQuestion>?]> =
    [
      ['integer', [0, 1, 1], ['0', '1']],
      ['number', [1, 0, 1.0], ['0', '1']],
      ['boolean', [true, false, true], ['false', 'true']],
      ['text', ['no', 'yes', 'no'], ['no', 'yes']],
      ['text', ['late', 'ok', 'late'], ['ok', 'late'], { positive: 'late' }],
      ['integer', [1, 2, 2], ['2', '1'], { positive: '1' }],
      ['number', [1.5, 2.5], ['1.5', '2.5'], { positive: '2.50' }],
      ['integer', [0, 1], ['1', '0'], { positive: '0' }],
      ['boolean', [true, false], ['true', 'false'], { positive: 'False' }],
      ['integer', [-1, 1], ['-1', '1'], { task: 'binary' }],
    ];
  for (const [kind, values, classes, asked] of cases) {
    const label = read(kind, values, asked);
    assert.ok(label.task === 'binary', JSON.stringify(values));
    assert.deepEqual(label.classes, classes);
    const one = (value: unknown): boolean =>
      kind === 'integer' || kind === 'number'
        ? Number(value) === Number(classes[1])
        : String(value) === classes[1];
    assert.deepEqual(
      [...label.codes],
      values.map((value) => Number(one(value))),
    );
  }
});

test('what has more values is told by its kind and by what the model answers', () => {
  assert.equal(read('number', [0.5, 1.5, 2]).task, 'regression');
  assert.equal(read('integer', [1, 2, 3]).task, 'regression');
  const three = read('integer', [10, 9, 2], { classes: true });
  assert.ok(three.task === 'multiclass');
  assert.deepEqual(
    [three.classes, [...three.codes]],
    [
      ['2', '9', '10'],
      [2, 1, 0],
    ],
  );
  const text = read('text', ['b', 'a', 'c', 'b']);
  assert.ok(text.task === 'multiclass');
  assert.deepEqual(
    [text.classes, [...text.codes]],
    [
      ['a', 'b', 'c'],
      [1, 0, 2, 1],
    ],
  );
  assert.equal(read('integer', [0, 1, 1], { task: 'regression' }).task, 'regression');
});

test('a label that cannot be read says which column and what to do', () => {
  const wrong: ReadonlyArray<[ColumnKind, Parameters<typeof column>[1], RegExp, Partial<LabelQuestion>?]> = [
    ['integer', [0, 1, null, null], /'y' has no value \(NaN or null\) in 2 of 4 rows; the first is row 2/],
    ['text', ['a', null], /the first is row 1/],
    ['integer', [0, 0], /holds one class only: every row is '0'/],
    ['boolean', [true, true], /every row is 'true'/],
    ['text', ['a', 'b'], /nothing says which of them counts as 1/],
    ['integer', [1, 2], /nothing says which/, { task: 'binary' }],
    ['text', ['a', 'b'], /not 'c'/, { positive: 'c' }],
    ['text', ['a', 'b', 'c'], /has 3 values \(a, b, c\), and binary means two/, { task: 'binary' }],
    ['text', ['1.5', 'b'], /holds text, and regression needs numbers/, { task: 'regression' }],
    ['number', [1, Infinity, 3.5], /is infinite at row 1/],
    ['time', ['2001-01-01'], /which is no label/],
    ['text', Array.from({ length: 1001 }, (_one, i) => `v${i}`), /more than 1000 values/],
  ];
  for (const [kind, values, message, asked] of wrong) assert.throws(() => read(kind, values, asked), message);
});
