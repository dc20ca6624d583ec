import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Tensor, TensorSpec } from '../tensor.ts';
import { emptySample, exampleTensors } from './example.ts';

const columns: TensorSpec[] = [
  { name: 'a', datatype: 'FP64', shape: [-1], column: 'double' },
  { name: 'b', datatype: 'BYTES', shape: [-1], column: 'string' },
];
const array: TensorSpec[] = [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }];
const values = (tensors: Tensor[] | undefined): unknown =>
  tensors?.map(({ shape, data }) => [shape, [...(data as Iterable<unknown>)]]);

test('every form that MLflow has saved examples in becomes the same tensors', () => {
  const expected = [
    [[2], [1, 2]],
    [[2], ['x', 'y']],
  ];
  const rows = [
    [1, 'x'],
    [2, 'y'],
  ];
  const records = [
    { a: 1, b: 'x' },
    { a: 2, b: 'y' },
  ];
  for (const example of [
    { dataframe_split: { columns: ['a', 'b'], data: rows } },
    { dataframe_split: { index: [0, 1], columns: ['b', 'a'], data: rows.map(([a, b]) => [b, a]) } },
    { columns: ['a', 'b'], data: rows },
    { dataframe_records: records },
    { instances: records },
    { inputs: { a: [1, 2], b: ['x', 'y'] } },
    records,
    rows,
    { a: [1, 2], b: ['x', 'y'] },
    { columns: [0, 1], data: rows },
  ])
    assert.deepEqual(values(exampleTensors(example, columns)), expected, JSON.stringify(example));
  const table = [
    [
      [2, 2],
      [1, 2, 3, 4],
    ],
  ];
  const nested = [
    [1, 2],
    [3, 4],
  ];
  for (const example of [
    { inputs: nested },
    { instances: nested },
    { inputs: { x: nested } },
    nested,
    { columns: ['p', 'q'], data: nested },
  ])
    assert.deepEqual(values(exampleTensors(example, array)), table, JSON.stringify(example));
});

test('missing values become what the type knows, and one row may stand without its list', () => {
  assert.deepEqual(values(exampleTensors({ columns: ['a', 'b'], data: [[null, null]] }, columns)), [
    [[1], [NaN]],
    [[1], ['']],
  ]);
  assert.deepEqual(values(exampleTensors({ inputs: { a: 5, b: 'x' } }, columns)), [
    [[1], [5]],
    [[1], ['x']],
  ]);
  const optional = columns.map((spec) => ({ ...spec, optional: true }));
  assert.deepEqual(values(exampleTensors({ columns: ['a'], data: [[1]] }, optional)), [
    [[1], [1]],
    [[1], ['']],
  ]);
  const binary: TensorSpec[] = [{ name: 'a', datatype: 'BYTES', shape: [-1], column: 'binary' }];
  assert.deepEqual(values(exampleTensors({ columns: ['a'], data: [['aGk=']] }, binary)), [
    [[1], [Buffer.from('hi')]],
  ]);
});

test('what does not fit the signature is no sample', () => {
  for (const example of [
    undefined,
    null,
    'text',
    [],
    {},
    { columns: ['a'], data: [[1]] },
    { inputs: { a: [1, 2], b: ['x'] } },
    { dataframe_split: 1 },
  ])
    assert.equal(exampleTensors(example, columns), undefined, JSON.stringify(example));
  for (const example of [[[1, 2, 3]], [[1, 2], [3]], [1, 2], [[[1, 2]]], { inputs: { y: [[1, 2]] } }])
    assert.equal(exampleTensors(example, array), undefined, JSON.stringify(example));
});

test('a made-up sample is one row of nothing', () => {
  assert.deepEqual(values(emptySample([...columns, { name: 'x', datatype: 'INT64', shape: [-1, 3] }])), [
    [[1], [0]],
    [[1], ['']],
    [
      [1, 3],
      [0n, 0n, 0n],
    ],
  ]);
});
