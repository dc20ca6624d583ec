import assert from 'node:assert/strict';
import test from 'node:test';
import { TreadleError } from '../../../platform/errors/index.ts';
import type { ModelSpec, Tensor, TensorSpec } from '../../../runtimes/index.ts';
import { assemble } from './assemble.ts';
import type { Mode } from './cast.ts';
import { fromCsv } from './csv.ts';
import { fromForms, mediaOf } from './decode.ts';
import { predictionsOf } from './encode.ts';
import { readParams } from './params.ts';
import { widen } from './widen.ts';

const column = (name: string, type: string, datatype: TensorSpec['datatype']): TensorSpec => ({
  name,
  datatype,
  shape: [-1],
  column: type,
});
const SPEC = {
  inputs: [
    column('a', 'double', 'FP64'),
    column('b', 'long', 'INT64'),
    column('c', 'boolean', 'BOOL'),
    column('d', 'string', 'BYTES'),
    { ...column('e', 'integer', 'INT32'), optional: true },
  ],
};
const values = (tensors: readonly Tensor[]): Record<string, unknown> =>
  Object.fromEntries(tensors.map(({ name, data }) => [name, Array.from<unknown>(data)]));
const read = (body: Record<string, unknown>, spec: Pick<ModelSpec, 'inputs'> = SPEC, mode: Mode = 'cast') =>
  assemble(fromForms(body).given, spec, mode);
const one = (spec: TensorSpec, value: unknown, mode: Mode = 'cast'): unknown =>
  values(read({ dataframe_records: [{ [spec.name]: value }] }, { inputs: [spec] }, mode))[spec.name];

test('the four forms are the same table', () => {
  const row = { a: 1.5, b: 2, c: true, d: 'x' };
  const wanted = { a: [1.5], b: [2n], c: [1], d: ['x'] };
  assert.deepEqual(
    values(read({ dataframe_split: { columns: ['d', 'c', 'b', 'a', 'z'], data: [['x', true, 2, 1.5, 0]] } })),
    wanted,
  );
  assert.deepEqual(values(read({ dataframe_records: [row] })), wanted);
  assert.deepEqual(values(read({ instances: [row] })), wanted);
  assert.deepEqual(values(read({ inputs: { a: [1.5], b: [2], c: [true], d: ['x'] } })), wanted);
  assert.deepEqual(values(read({ inputs: row })), wanted);
});

test('casts are MLflow’s, and strict lets nothing change', () => {
  const [double, long, boolean, text] = SPEC.inputs as [TensorSpec, TensorSpec, TensorSpec, TensorSpec];
  const float = column('f', 'float', 'FP32');
  const cases: ReadonlyArray<readonly [TensorSpec, unknown, unknown, strict: boolean]> = [
    [double, 3, 3, true],
    [double, null, NaN, true],
    [double, '2.5', 2.5, false],
    [double, ' 1_000 ', 1000, false],
    [double, '-inf', -Infinity, false],
    [double, true, 1, false],
    [long, 2, 2n, true],
    [long, 2.0, 2n, true],
    [long, -2.75, -2n, false],
    [long, '31', 31n, false],
    [long, 9007199254740993n, 9007199254740993n, true],
    [boolean, true, 1, true],
    [boolean, 0, 0, false],
    [text, 'x', 'x', true],
    [text, null, null, true],
    [text, 5, '5', false],
    [text, true, 'True', false],
    [float, 0.1, Math.fround(0.1), true],
    [float, 16777216, 16777216, true],
    [float, 0.123456789, Math.fround(0.123456789), false],
    [float, 1e300, Infinity, false],
  ];
  for (const [spec, given, wanted, strict] of cases) {
    assert.deepEqual(one(spec, given), [wanted], `${spec.name} ${String(given)}`);
    if (strict)
      assert.deepEqual(one(spec, given, 'strict'), [wanted], `strict ${spec.name} ${String(given)}`);
    else
      assert.throws(
        () => one(spec, given, 'strict'),
        new RegExp(`${spec.name}.*value 0`),
        `strict ${spec.name} ${String(given)}`,
      );
  }
  for (const [spec, given] of [
    [double, 'abc'],
    [double, '1__0'],
    [double, {}],
    [long, null],
    [long, NaN],
    [long, '3.5'],
    [long, 2n ** 63n],
    [long, []],
    [boolean, 'false'],
    [boolean, null],
    [text, {}],
  ] as const)
    assert.throws(
      () => one(spec, given),
      { kind: 'invalid' },
      `${spec.name} ${JSON.stringify([typeof given])}`,
    );
});

test('times and bytes', () => {
  const when = column('t', 'datetime', 'BYTES');
  assert.deepEqual(one(when, '2020-01-02T03:04:05'), ['2020-01-02T03:04:05']);
  assert.deepEqual(one(when, 1577934245123456789n), ['2020-01-02T03:04:05.123456789']);
  assert.deepEqual(one(when, -1), ['1969-12-31T23:59:59.999999999']);
  assert.deepEqual(one(when, null), ['NaT']);
  for (const odd of ['yesterday', '2020', '01/02/2020', 'March 7, 2020', '2020-13-01', ' 2020-01-01'])
    assert.throws(() => one(when, odd), /no time/, odd);
  assert.deepEqual(one(when, '2020-01-02 03:04:05.123456789+02:00'), ['2020-01-02 03:04:05.123456789+02:00']);
  const bytes = column('x', 'binary', 'BYTES');
  assert.deepEqual(one(bytes, 'AQID'), [new Uint8Array([1, 2, 3])]);
  assert.throws(() => one(bytes, '*'), /base64/);
});

test('arrays by name, by place, and out of a table', () => {
  const spec = { inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] } as const] };
  const wanted = [{ name: 'x', datatype: 'FP32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }];
  for (const body of [
    {
      inputs: [
        [1, 2],
        [3, 4],
      ],
    },
    {
      inputs: {
        x: [
          [1, 2],
          [3, 4],
        ],
      },
    },
    {
      instances: [
        [1, 2],
        [3, 4],
      ],
    },
    { instances: [{ x: [1, 2] }, { x: [3, 4] }] },
    {
      dataframe_split: {
        columns: ['p', 'q'],
        data: [
          [1, 2],
          [3, 4],
        ],
      },
    },
    { dataframe_records: [{ x: [1, 2] }, { x: [3, 4] }] },
  ])
    assert.deepEqual(read(body, spec), wanted, JSON.stringify(body));
  assert.throws(() => read({ inputs: [[1, 2], [3]] }, spec), /x.*regular/);
  assert.throws(() => read({ inputs: [1, 2] }, spec), /Shape/);
});

test('a missing column is named, an extra one is not minded', () => {
  assert.throws(() => read({ dataframe_records: [{ a: 1, z: 2 }] }), /'b', 'c', 'd'.*extra inputs: \['z'\]/);
});

test('columns that come typed are widened and never narrowed', () => {
  const double = column('a', 'double', 'FP64');
  const long = column('b', 'long', 'INT64');
  for (const [spec, dtype, given] of [
    [double, 'float32', [1.5]],
    [double, 'int32', [7]],
    [double, 'int64', [0, 1, null]],
    [long, 'int16', [7]],
    [long, 'uint32', [7]],
  ] as const)
    assert.deepEqual(widen(spec, dtype, given), given, dtype);
  for (const [spec, dtype, given] of [
    [double, 'int64', [7]],
    [long, 'uint64', [7]],
    [long, 'float64', [1]],
    [double, 'object', ['x']],
  ] as const)
    assert.throws(() => widen(spec, dtype, given), new RegExp(`Can not safely convert ${dtype}`));
  assert.throws(() => widen(long, 'float64', [1, null]), /missing values/);
});

test('CSV is read by RFC 4180, with types by the signature', () => {
  const frame = fromCsv(
    Buffer.from('d,a,b,c\r\n"x, ""y""\nz",1.5,2,True\r\n\r\ny,,-7,false\r\n'),
    SPEC.inputs,
  );
  assert.deepEqual(values(assemble({ kind: 'frame', frame }, SPEC, 'cast')), {
    a: [1.5, NaN],
    b: [2n, -7n],
    c: [1, 0],
    d: ['x, "y"\nz', 'y'],
  });
  const double = { inputs: [SPEC.inputs[0]!, SPEC.inputs[3]!] };
  const numbers = (text: string): unknown => {
    const read = fromCsv(Buffer.from(`a,d,other\n${text},${text},word\n`), double.inputs);
    return values(assemble({ kind: 'frame', frame: read }, double, 'cast'));
  };
  assert.deepEqual(numbers(' 1 '), { a: [1], d: [' 1 '] });
  assert.deepEqual(numbers('007'), { a: [7], d: ['007'] });
  assert.deepEqual(numbers('"1.50"'), { a: [1.5], d: ['1.50'] });
  assert.deepEqual(numbers('1e400'), { a: [Infinity], d: ['1e400'] });
  assert.deepEqual(numbers('-Infinity'), { a: [-Infinity], d: ['-Infinity'] });
  assert.deepEqual(numbers('NaN'), { a: [NaN], d: [null] });
  for (const text of ['0x10', '1_000', '0b1', '1e', '--1', '1 2', 'true'])
    assert.throws(() => numbers(text), /could not convert string to float.*column 'a'/, text);
  for (const text of ['', 'a,b\n1,2,3\n', 'a,b\n"1,2\n', 'a,b,c,d\n1,2.5,True,x\n', 'a,b,c,d\n1,2,maybe,x\n'])
    assert.throws(() => fromCsv(Buffer.from(text), SPEC.inputs), TreadleError, text);
});

test('params have the signature’s types and defaults', () => {
  const specs = [
    { name: 'k', type: 'long', default: 3 },
    { name: 't', type: 'double' },
    { name: 'l', type: 'Array(string)' },
  ];
  assert.deepEqual(readParams(undefined, specs), { k: 3 });
  assert.deepEqual(readParams({ k: 5, t: 2, other: 1, l: ['a'] }, specs), { k: 5, t: 2, l: ['a'] });
  assert.equal(readParams({ k: 5 }, []), undefined);
  for (const [given, name] of [
    [{ k: 1.5 }, 'k'],
    [{ k: '1' }, 'k'],
    [{ t: 'x' }, 't'],
    [{ l: [1] }, 'l'],
    [[1], 'dictionary'],
  ] as const)
    assert.throws(() => readParams(given, specs), new RegExp(name));
});

test('media types are taken as MLflow takes them', () => {
  const body = Buffer.from('{}');
  assert.equal(mediaOf(undefined, body), 'json');
  assert.equal(mediaOf('application/json; charset=UTF-8', body), 'json');
  assert.equal(mediaOf('text/csv', body), 'csv');
  assert.equal(mediaOf('application/octet-stream', Buffer.from('PAR1....PAR1')), 'parquet');
  for (const type of [
    'text/plain',
    'application/json; charset=latin-1',
    'application/json; x=y',
    'application/octet-stream',
  ])
    assert.throws(() => mediaOf(type, body), /types|UTF-8|parameters/);
});

test('answers have the shape that MLflow gives them', () => {
  const spec = (more: Partial<ModelSpec>): ModelSpec => ({
    platform: 'onnxruntime_onnx',
    inputs: [],
    outputs: [],
    params: [],
    batchable: true,
    ...more,
  });
  const label: Tensor = { name: 'label', datatype: 'INT64', shape: [2], data: BigInt64Array.of(0n, 2n) };
  const odds: Tensor = {
    name: 'odds',
    datatype: 'FP32',
    shape: [2, 2],
    data: Float32Array.of(1, 0.5, NaN, -Infinity),
  };
  const outputs = [label, odds];
  assert.equal(predictionsOf([label], spec({ returns: 'array' }), false), '{"predictions": [0, 2]}');
  assert.equal(
    predictionsOf([odds], spec({ returns: 'array' }), true),
    '{"predictions": [[1.0, 0.5], [NaN, -Infinity]]}',
  );
  assert.equal(
    predictionsOf(outputs, spec({ returns: 'onnx' }), false),
    '{"predictions": {"label": [0, 2], "odds": [[1.0, 0.5], [NaN, -Infinity]]}}',
  );
  assert.equal(
    predictionsOf([label], spec({ returns: 'onnx' }), true),
    '{"predictions": [{"label": 0}, {"label": 2}]}',
  );
  assert.equal(
    predictionsOf(outputs, spec({ returns: 'frame' }), true),
    '{"predictions": [{"label": 0, "odds": [1.0, 0.5]}, {"label": 2, "odds": [NaN, -Infinity]}]}',
  );
  const half: Tensor = {
    name: 'h',
    datatype: 'FP16',
    shape: [1],
    data: new Uint16Array(Float16Array.of(0.5).buffer),
  };
  assert.equal(predictionsOf([half], spec({ returns: 'array' }), false), '{"predictions": [0.5]}');
});
