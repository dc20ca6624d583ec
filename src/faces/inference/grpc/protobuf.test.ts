import assert from 'node:assert/strict';
import test from 'node:test';
import { fc } from '../../../../test/property.ts';
import { TreadleError } from '../../../platform/errors/index.ts';
import { readEmpty, readIndex, readInfer, readNamed } from './messages.ts';
import { Reader, Writer } from './protobuf.ts';

/** What a writer wrote, without the prefix of gRPC. */
const read = (writer: Writer): Reader => new Reader(writer.finish().subarray(5));

test('what is written is read again', () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.uint8Array({ maxLength: 1000 }),
      fc.maxSafeNat(),
      fc.maxSafeInteger(),
      (text, bytes, nat, int) => {
        const reader = read(new Writer(1).entry(1, text).chunk(2, bytes).varint(nat).int64(int));
        assert.equal(reader.tag(), 10);
        assert.equal(reader.text(), text.toWellFormed());
        assert.equal(reader.tag(), 18);
        assert.deepEqual(new Uint8Array(reader.chunk()), bytes);
        assert.equal(Number(reader.varint()), nat);
        assert.equal(Number(reader.int64()), int);
        assert.ok(reader.done);
      },
    ),
  );
});

test('a message in a message keeps its length, however long', () => {
  for (const length of [0, 1, 127, 128, 16_383, 16_384, 300_000]) {
    const inner = Buffer.alloc(length, 7);
    const reader = read(
      new Writer(1).message(3, (into) => into.message(4, (deep) => deep.chunk(5, inner))).uint(6, 9),
    );
    assert.equal(reader.tag(), 3 * 8 + 2);
    const outer = reader.inner();
    assert.equal(outer.tag(), 4 * 8 + 2);
    const deep = outer.inner();
    assert.equal(deep.tag(), 5 * 8 + 2);
    assert.equal(deep.chunk().length, length);
    assert.ok(deep.done && outer.done);
    assert.equal(reader.tag(), 48);
    assert.equal(reader.varint(), 9);
  }
});

test('the prefix of a message says its length', () => {
  const whole = new Writer().text(1, 'abc').finish();
  assert.deepEqual([...whole], [0, 0, 0, 0, 5, 10, 3, 97, 98, 99]);
});

test('any bytes end in a message or in a refusal, and in nothing else', () => {
  const readers = [readInfer, readNamed, readIndex, readEmpty];
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom(...readers), (bytes, reading) => {
      try {
        reading(new Reader(Buffer.from(bytes)));
      } catch (error) {
        assert.ok(error instanceof TreadleError && error.kind === 'invalid', String(error));
      }
    }),
    { numRuns: 5000 },
  );
});

test('a field that the schema has not is left out, also within an entry of a map, whose key is then the default', () => {
  const { model, parameters } = readInfer(new Reader(Buffer.from('0a016d220ba8013112061a0446503332', 'hex')));
  assert.deepEqual([model, [...parameters]], ['m', [['', 'FP32']]]);
});

test('lists of numbers come packed or one by one, and parameters in all their types', () => {
  const entry = (key: string, write: (value: Writer) => void): Buffer =>
    new Writer().text(1, key).message(2, write).finish().subarray(5);
  const bytes = new Writer()
    .text(1, 'm')
    .message(5, (tensor) => {
      tensor.text(1, 'x').uint(3, 2).uint(3, 3).numbers(3, [4, -1]);
      tensor.message(5, (contents) => {
        contents.uint(2, 1).chunk(2, Buffer.from([2, 3]));
        contents.chunk(6, Buffer.from(Float32Array.of(1.5).buffer));
      });
    })
    .chunk(
      4,
      entry('b', (value) => void value.bool(1, true)),
    )
    .chunk(
      4,
      entry('i', (value) => void value.varint(16).int64(-5)),
    )
    .chunk(
      4,
      entry('s', (value) => void value.entry(3, 'ö')),
    )
    .finish()
    .subarray(5);
  const { inputs, parameters } = readInfer(new Reader(bytes));
  assert.deepEqual(inputs[0]?.shape, [2, 3, 4, -1]);
  assert.deepEqual(inputs[0]?.contents?.int_contents, [1, 2, 3]);
  assert.deepEqual(inputs[0]?.contents?.fp32_contents, [1.5]);
  assert.deepEqual(
    [...parameters],
    [
      ['b', true],
      ['i', -5n],
      ['s', 'ö'],
    ],
  );
});
