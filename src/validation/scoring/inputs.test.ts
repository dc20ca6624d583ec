import assert from 'node:assert/strict';
import test from 'node:test';
import { invalid } from '../../platform/errors/index.ts';
import type { Datatype, ModelSpec, TensorSpec } from '../../runtimes/index.ts';
import { planFeed } from './inputs.ts';
import type { Column, ColumnKind } from './column.ts';
import type { Table } from './read-table.ts';

const numbers = (name: string, kind: ColumnKind, values: number[]): Column => ({
  name,
  kind,
  type: kind.toUpperCase(),
  missing: values.filter(Number.isNaN).length,
  distinct: values.length,
  numbers: Float64Array.from(values),
});
const text = (name: string, values: string[]): Column => ({
  name,
  kind: 'text',
  type: 'VARCHAR',
  missing: 0,
  distinct: values.length,
  words: values,
  codes: Int32Array.from(values, (_one, i) => i),
});
const COLUMNS = [
  numbers('a', 'integer', [1, 2, 300]),
  numbers('b', 'number', [0.5, NaN, 2]),
  numbers('on', 'boolean', [1, 0, 1]),
  text('word', ['x', 'y', 'z']),
  numbers('label', 'integer', [0, 1, 0]),
];
const table: Table = {
  rows: 3,
  columns: COLUMNS,
  info(name, field, why = '') {
    const found = COLUMNS.find((one) => one.name === name);
    if (found) return found;
    throw invalid(`no column '${name}'${why}`, { field });
  },
  read: () => Promise.resolve(new Map()),
};
const read = new Map(COLUMNS.map((column) => [column.name, column]));
const spec = (...inputs: TensorSpec[]): ModelSpec => ({
  platform: 'onnxruntime_onnx',
  inputs,
  outputs: [],
  params: [],
  batchable: true,
});
const input = (name: string, datatype: Datatype, more: Partial<TensorSpec> = {}): TensorSpec => ({
  name,
  datatype,
  shape: [-1],
  ...more,
});
const plan = (model: ModelSpec, besides: string[] = []) =>
  planFeed(model, table, { label: 'label', besides: new Set(besides), who: 'm version 1' });

test('columns become tensors of the model’s own types, in its order', () => {
  const feed = plan(
    spec(
      input('b', 'FP32'),
      input('a', 'INT64'),
      input('word', 'BYTES', { column: 'string' }),
      input('on', 'BOOL'),
      input('more', 'FP64', { optional: true }),
      input('a', 'FP64', { shape: [-1, 1] }),
    ),
  );
  assert.deepEqual(feed.columns, ['b', 'a', 'word', 'on', 'a']);
  assert.deepEqual(feed.slice(read, 1, 3), [
    { name: 'b', datatype: 'FP32', shape: [2], data: Float32Array.of(NaN, 2) },
    { name: 'a', datatype: 'INT64', shape: [2], data: BigInt64Array.of(2n, 300n) },
    { name: 'word', datatype: 'BYTES', shape: [2], data: ['y', 'z'] },
    { name: 'on', datatype: 'BOOL', shape: [2], data: Uint8Array.of(0, 1) },
    undefined,
    { name: 'a', datatype: 'FP64', shape: [2, 1], data: Float64Array.of(2, 300) },
  ]);
});

test('a text may be missing where the signature says so, and the model is no graph', () => {
  const optional = input('word', 'BYTES', { column: 'string', optional: true });
  const gap = table.columns.find(({ name }) => name === 'word')!;
  const gaps = { ...table, info: () => ({ ...gap, missing: 1 }) };
  const of = (platform: ModelSpec['platform']) =>
    planFeed({ ...spec(optional), platform }, gaps, {
      label: 'label',
      besides: new Set(),
      who: 'm version 1',
    });
  const word = read.get('word')!;
  const holes = new Map([
    ['word', { ...word, codes: Int32Array.from(word.codes!, (code, i) => (i === 1 ? -1 : code)) }],
  ]);
  assert.deepEqual(of('mlflow_pyfunc').slice(holes, 0, 2), [
    { name: 'word', datatype: 'BYTES', shape: [2], data: ['x', null] },
  ]);
  assert.throws(() => of('onnxruntime_onnx'), /no value in 1 row, and string has no missing value/);
});

test('one matrix without names takes every column beside the label, the key and the time', () => {
  const feed = plan(spec(input('float_input', 'FP32', { shape: [-1, 3] })), ['word']);
  assert.deepEqual(feed.slice(read, 0, 1), [
    { name: 'float_input', datatype: 'FP32', shape: [1, 3], data: Float32Array.of(1, 0.5, 1) },
  ]);
  assert.throws(
    () => plan(spec(input('float_input', 'FP32', { shape: [-1, 2] })), ['word']),
    /takes 2 numbers a row .* 3 columns beside the label: a, b, on/,
  );
  assert.throws(
    () => plan(spec(input('float_input', 'FP32', { shape: [-1, 4] }))),
    /column 'word' holds VARCHAR/,
  );
});

test('every misfit names its column', () => {
  const wrong: ReadonlyArray<[TensorSpec[], RegExp]> = [
    [[], /does not say what it takes/],
    [[input('label', 'FP32')], /takes the label 'label' as an input: it would be told the answer/],
    [[input('gone', 'FP32')], /no column 'gone', which m version 1 takes/],
    [
      [input('word', 'FP64', { column: 'double' })],
      /column 'word' holds VARCHAR, and m version 1 takes double there/,
    ],
    [[input('a', 'BYTES', { column: 'string' })], /column 'a' holds INTEGER, and m version 1 takes string/],
    [[input('a', 'BOOL')], /takes BOOL/],
    [
      [input('b', 'INT64', { column: 'long' })],
      /column 'b' has no value in 1 row, and long has no missing value/,
    ],
  ];
  for (const [inputs, message] of wrong) assert.throws(() => plan(spec(...inputs)), message);
  const fraction = plan(spec(input('b', 'FP64'))).columns;
  assert.deepEqual(fraction, ['b']);
  const small = plan(spec(input('a', 'INT8')));
  assert.throws(() => small.slice(read, 0, 3), /column 'a' holds 300, .* INT8/);
});
