import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Tensor } from '../runtimes/index.ts';
import { difference, fromJson, toJson } from './tensors.ts';

const ALL: Tensor[] = [
  { name: 'bool', datatype: 'BOOL', shape: [2], data: Uint8Array.of(0, 1) },
  { name: 'u8', datatype: 'UINT8', shape: [2], data: Uint8Array.of(0, 255) },
  { name: 'u16', datatype: 'UINT16', shape: [1], data: Uint16Array.of(65_535) },
  { name: 'u32', datatype: 'UINT32', shape: [1], data: Uint32Array.of(4_294_967_295) },
  { name: 'u64', datatype: 'UINT64', shape: [1], data: BigUint64Array.of(18_446_744_073_709_551_615n) },
  { name: 'i8', datatype: 'INT8', shape: [1], data: Int8Array.of(-128) },
  { name: 'i16', datatype: 'INT16', shape: [1], data: Int16Array.of(-32_768) },
  { name: 'i32', datatype: 'INT32', shape: [1], data: Int32Array.of(-2_147_483_648) },
  { name: 'i64', datatype: 'INT64', shape: [2], data: BigInt64Array.of(-9_223_372_036_854_775_808n, 5n) },
  {
    name: 'f16',
    datatype: 'FP16',
    shape: [3],
    data: new Uint16Array(Float16Array.of(1.5, -0, Infinity).buffer),
  },
  { name: 'f32', datatype: 'FP32', shape: [2, 2], data: Float32Array.of(0.1, -0, NaN, -Infinity) },
  { name: 'f64', datatype: 'FP64', shape: [2], data: Float64Array.of(Number.MIN_VALUE, 0.1) },
  { name: 'text', datatype: 'BYTES', shape: [3], data: ['', 'Zürich', Buffer.of(0xff, 0x00)] },
  { name: 'none', datatype: 'FP32', shape: [0, 4], data: new Float32Array() },
];

for (const tensor of ALL) {
  test(`${tensor.datatype} ${tensor.name} comes back from JSON as it was`, () => {
    const { data, ...rest } = fromJson(
      JSON.parse(JSON.stringify(toJson(tensor))) as ReturnType<typeof toJson>,
    );
    const { data: wanted, ...facts } = tensor;
    assert.deepEqual(rest, facts);
    assert.deepEqual(data, wanted);
  });
}

test('answers differ by what is past the tolerance, and by nothing else', () => {
  const y = (...values: number[]) => [
    toJson({ name: 'y', datatype: 'FP32', shape: [values.length], data: Float32Array.from(values) }),
  ];
  assert.equal(difference(y(1, NaN, Infinity), y(1.0000005, NaN, Infinity), 1e-6), undefined);
  assert.equal(difference(y(1e9), y(1e9 + 64), 1e-6), undefined, 'relative past 1');
  assert.match(difference(y(1), y(1.00001), 1e-6)!, /y\[0\] is 1\.00001/);
  assert.match(difference(y(1), y(NaN), 1e-6)!, /y\[0\] is "NaN" instead of 1/);
  assert.match(difference(y(1), y(1, 2), 1e-6)!, /has the shape \[2\] instead of \[1\]/);
  assert.match(difference(y(1), [], 1e-6)!, /0 outputs instead of 1/);
  const label = (text: string) => [toJson({ name: 'y', datatype: 'BYTES', shape: [1], data: [text] })];
  assert.match(difference(label('a'), label('b'), 1)!, /y\[0\] is "b" instead of "a"/);
});
