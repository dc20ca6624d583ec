import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../../test/property.ts';
import { Json, type Tensor } from '../tensor.ts';
import { decodeTensors, encodeFrame, frameReader, type FromHost } from './frames.ts';

const numbers: fc.Arbitrary<Tensor> = fc.oneof(
  fc
    .float64Array({ maxLength: 40 })
    .map((data): Tensor => ({ name: 'a', datatype: 'FP64', shape: [data.length], data })),
  fc
    .uint8Array({ maxLength: 40 })
    .map((data): Tensor => ({ name: 'b', datatype: 'UINT8', shape: [data.length], data })),
  fc
    .bigInt64Array({ maxLength: 9 })
    .map((data): Tensor => ({ name: 'c', datatype: 'INT64', shape: [data.length, 1], data })),
);
const text: fc.Arbitrary<Tensor> = fc
  .array(fc.string({ unit: 'binary' }), { maxLength: 20 })
  .map((data): Tensor => ({ name: 't', datatype: 'BYTES', shape: [data.length], data }));

/** What host.py does with a frame that it only sends back. */
function echo(frame: Buffer, names: string[]): Buffer {
  const size = frame.readUInt32LE(4);
  const asked = JSON.parse(frame.toString('utf8', 8, 8 + size)) as {
    id: number;
    tensors: [number, string, number[], number][];
  };
  const reply = { id: asked.id, tensors: asked.tensors.map(([i, ...rest]) => [names[i], ...rest]) };
  const header = Buffer.from(JSON.stringify(reply).padEnd(size + 1024, ' '));
  const padded = Buffer.concat([header, Buffer.alloc((8 - ((8 + header.length) % 8)) % 8, ' ')]);
  const head = Buffer.alloc(8);
  head.writeUInt32LE(4 + padded.length + frame.length - 8 - size, 0);
  head.writeUInt32LE(padded.length, 4);
  return Buffer.concat([head, padded, frame.subarray(8 + size)]);
}

test('tensors come back as they went, however the stream is cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.oneof(numbers, text), { maxLength: 5 }), { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 300 }),
      (requests, piece) => {
        const heard: Array<{ header: FromHost; tensors: Tensor[] }> = [];
        const read = frameReader((header, body) =>
          heard.push({ header, tensors: decodeTensors(header, body) }),
        );
        const stream = Buffer.concat(
          requests.map((tensors, id) =>
            echo(
              encodeFrame(id, { op: 'run' }, tensors),
              tensors.map(({ name }) => name),
            ),
          ),
        );
        for (let at = 0; at < stream.length; at += piece) read(Buffer.from(stream.subarray(at, at + piece)));
        assert.deepEqual(
          heard.map(({ header }) => header.id),
          requests.map((_, id) => id),
        );
        for (const [i, { tensors }] of heard.entries())
          assert.deepEqual(tensors.map(plain), requests[i]!.map(plain));
      },
    ),
    { numRuns: 200 },
  );
});

/** Lone surrogates cannot be written as UTF-8; they become the replacement character on the way. */
const plain = ({ name, datatype, shape, data }: Tensor): unknown => ({
  name,
  datatype,
  shape,
  data: [...(data as Iterable<unknown>)].map((one) =>
    typeof one === 'string' ? Buffer.from(one).toString() : one,
  ),
});

test('a frame of nonsense is refused, not believed', () => {
  const read = frameReader(() => assert.fail('nothing was said'));
  const head = Buffer.alloc(8);
  head.writeUInt32LE(0xffffffff, 0);
  assert.throws(() => read(head), /frame of 4294967295 bytes/);
  assert.throws(
    () => decodeTensors({ id: 0, tensors: [['a', 'FP64', [100], 8]] }, Buffer.alloc(8)),
    /cut short/,
  );
  assert.throws(() => decodeTensors({ id: 0, tensors: [['a', 'BYTES', [3], 4]] }, Buffer.alloc(8)));
});

test('missing cells, bytes and JSON keep what they are', () => {
  const data = ['', 'ä', null, Buffer.of(0xff, 0), new Json('[1, NaN]'), new Json('null')];
  const heard: Tensor[][] = [];
  const read = frameReader((header, body) => heard.push(decodeTensors(header, body)));
  const sent: Tensor = { name: 'c', datatype: 'BYTES', shape: [6], data };
  read(echo(encodeFrame(0, { op: 'run' }, [sent]), ['c']));
  assert.deepEqual(heard, [[sent]]);
});
