import assert from 'node:assert/strict';
import test from 'node:test';
import { fc } from '../../../../test/property.ts';
import type { ModelSpec } from '../../../runtimes/index.ts';
import { createReader } from './reader.ts';
import { readRequest } from './request.ts';

const spec: ModelSpec = {
  platform: 'onnxruntime_onnx',
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
  outputs: [],
  params: [],
  returns: 'onnx',
  batchable: true,
};

type Outcome = { value: unknown } | { error: string };
const outcome = (read: () => unknown): Outcome => {
  try {
    return { value: read() };
  } catch (error) {
    return { error: String(error) };
  }
};

test('a body that comes again with other numbers is read as if it were the first', () => {
  const bodies = [
    '{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2]}]}',
    '{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[3.5,-4e2]}]}',
    '{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[3.5]}]}',
    '{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[3.5,null]}]}',
    '{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[3.5,1e60]}]}',
    '{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[3.5,4}]}',
    '{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[[5,6]]}]}',
    '{"inputs":[{"name":"x","shape":[2,2],"datatype":"FP32","data":[1,2,3,4]}]}',
    '{"id":"a","inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2]}]}',
    '{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[7,8]}],"id":"b","outputs":[{"name":"y"}]}',
    '{"inputs":[{"data":[1,2],"name":"x","shape":[1,2],"datatype":"FP32"}]}',
    '{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":7}],"parameters":{"data":[7],"z":[]}}',
    '{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":7}],"parameters":{"data":[8],"z":[]}}',
    '{"inputs":[{"name":"é","shape":[1,2],"datatype":"FP32","data":[7,8]}]}',
  ].map((text) => Buffer.from(text));
  fc.assert(
    fc.property(fc.array(fc.nat(bodies.length - 1), { minLength: 1, maxLength: 40 }), (order) => {
      const read = createReader();
      for (const index of order) {
        const body = bodies[index]!;
        assert.deepEqual(
          outcome(() => read(body, undefined, spec)),
          outcome(() => readRequest(body, undefined, spec)),
          body.toString(),
        );
      }
    }),
    { numRuns: 1000 },
  );
});

test('a big data array is read without boxing its numbers, and as the small one', () => {
  const many = Array.from({ length: 3000 }, (_, index) => Math.fround(Math.sin(index)));
  const frame = (data: string, more = ''): Buffer =>
    Buffer.from(
      `{"inputs":[{"name":"x","datatype":"FP32","shape":[1500,2],${more}"data":${data}}],"id":"z"}`,
    );
  const flat = readRequest(frame(JSON.stringify(many)), undefined, spec);
  assert.deepEqual(flat.inputs[0]!.data, Float32Array.from(many));
  assert.equal(flat.id, 'z');
  const rows = Array.from({ length: 1500 }, (_, row) => many.slice(2 * row, 2 * row + 2));
  assert.deepEqual(
    readRequest(frame(JSON.stringify(rows)), undefined, spec).inputs[0]!.data,
    Float32Array.from(many),
  );
  const odd = JSON.stringify(many).replace(/^\[[^,]*/, '[NaN');
  for (const [data, words] of [
    [odd, /value 0 of input 'x' is NaN/],
    [JSON.stringify([...many.slice(1), null]), /value 2999 of input 'x' is null/],
    [JSON.stringify([...many.slice(1), 1e39]), /value 2999 of input 'x' \(1e\+39\) is too large for FP32/],
    [JSON.stringify(many.slice(1)), /2999 values.*says 3000/],
    [JSON.stringify([rows.slice(1)]), /nested in another form/],
  ] as const)
    assert.throws(() => readRequest(frame(data), undefined, spec), words);
  // A text that looks like the key does not lead astray.
  const noted = frame(JSON.stringify(many), '"parameters":{"note":"\\"data\\":[1]"},');
  assert.deepEqual(readRequest(noted, undefined, spec).inputs[0]!.data, Float32Array.from(many));
});
