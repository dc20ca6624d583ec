import assert from 'node:assert/strict';
import test from 'node:test';
import { fc } from '../../../../test/property.ts';
import type { Datatype } from '../../../runtimes/index.ts';
import { scan } from './scan.ts';

const read = (text: string, datatype: Datatype, shape: readonly number[]) => {
  const json = Buffer.from(`xx${text}yy`);
  const count = shape.reduce((product, length) => product * length, 1);
  return scan(json, 2, json.length - 2, { datatype, shape, count });
};

/** What the ordinary parser makes of it; undefined where it refuses, or where the values are not the tensor's. */
function ordinary(text: string, datatype: 'FP32' | 'FP64'): number[] | undefined {
  try {
    const flat: unknown[] = (JSON.parse(text) as unknown[]).flat(8);
    if (flat.some((one) => typeof one !== 'number')) return undefined;
    const values = (flat as number[]).map((one) => (datatype === 'FP32' ? Math.fround(one) : one));
    return values.every(Number.isFinite) ? values : undefined;
  } catch {
    return undefined;
  }
}

const same = (text: string, datatype: 'FP32' | 'FP64', count: number): void => {
  const expected = ordinary(text, datatype);
  const found = read(text, datatype, [count]);
  if (found === undefined) return; // left to the ordinary reader
  assert.ok(expected, `${text} was read, and JSON refuses it`);
  assert.equal(found.length, expected.length);
  expected.forEach((value, index) =>
    assert.ok(Object.is(found[index], value), `${text}: ${String(found[index])} for ${value}`),
  );
};

const decimal = fc
  .tuple(
    fc.boolean(),
    fc.stringMatching(/^(0|[1-9][0-9]{0,20})$/),
    fc.stringMatching(/^(|\.[0-9]{1,22})$/),
    fc.stringMatching(/^(|[eE][+-]?[0-9]{1,3})$/),
  )
  .map(([negative, whole, part, power]) => `${negative ? '-' : ''}${whole}${part}${power}`);
const blank = fc.constantFrom('', '', '', ' ', '\n ', '\t');

test('reads every decimal as JSON.parse does, to the last bit', () => {
  for (const datatype of ['FP32', 'FP64'] as const) {
    fc.assert(
      fc.property(fc.array(fc.tuple(blank, decimal, blank), { minLength: 1, maxLength: 8 }), (values) =>
        same(`[${values.map((parts) => parts.join('')).join(',')}]`, datatype, values.length),
      ),
      { numRuns: 4000 },
    );
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 }), (values) =>
        same(JSON.stringify(values), datatype, values.length),
      ),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(
        fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 }),
        (values) => {
          const text = JSON.stringify(values);
          same(text, datatype, values.length);
          same(JSON.stringify(values.map((one) => one / 3)), datatype, values.length);
        },
      ),
      { numRuns: 2000 },
    );
  }
});

test('decimals halfway between two floats, and as close to there as digits get', () => {
  const bits = new DataView(new ArrayBuffer(4));
  let seed = 99;
  for (let index = 0; index < 20_000; index++) {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    bits.setUint32(0, 0x3a00_0000 + (seed % 0x0a00_0000));
    const low = bits.getFloat32(0);
    bits.setUint32(0, bits.getUint32(0) + 1);
    const middle = (low + bits.getFloat32(0)) / 2;
    for (const digits of [17, 18, 16]) same(`[${middle.toPrecision(digits)}]`, 'FP32', 1);
  }
});

test('anything that is not plainly a list of numbers is left alone, and nothing that JSON refuses is read', () => {
  const texts = [
    '[1,2,]',
    '[,1]',
    '[01]',
    '[1.]',
    '[.5]',
    '[+1]',
    '[-]',
    '[1e]',
    '[1e+]',
    '[1 2]',
    '[1,,2]',
    '[1,"2"]',
  ];
  texts.push(
    '[NaN]',
    '[Infinity]',
    '[null]',
    '[true]',
    '[0x10]',
    '[1_0]',
    '[1,2',
    '[[1,2],3]',
    '[1,[2,3]]',
    '[]',
    '[[]]',
  );
  texts.push('[1e999]', '[-1e39]', '[3.5e38]', '[--1]', '[1.2.3]', '[1-2]', '[ ]', '[1]]', '[[1]');
  for (const text of texts)
    for (const count of [1, 2, 3]) assert.equal(read(text, 'FP32', [count]), undefined, text);
  fc.assert(
    fc.property(
      fc.stringMatching(/^\[[-+0-9.eE,[\] ]{0,12}\]$/),
      fc.integer({ min: 1, max: 4 }),
      (text, count) => same(text, 'FP64', count),
    ),
    { numRuns: 20_000 },
  );
});

test('nested lists are read where they have the very form of the shape', () => {
  assert.deepEqual(read('[[1,2,3],[4,5,6]]', 'FP32', [2, 3]), new Float32Array([1, 2, 3, 4, 5, 6]));
  assert.deepEqual(read(' [ [1 ,2], [3,4 ]\n] '.trim(), 'FP64', [2, 2]), new Float64Array([1, 2, 3, 4]));
  assert.deepEqual(read('[[[1],[2]],[[3],[4]]]', 'FP32', [2, 2, 1]), new Float32Array([1, 2, 3, 4]));
  assert.deepEqual(read('[1,2,3,4,5,6]', 'FP32', [2, 3]), new Float32Array([1, 2, 3, 4, 5, 6]));
  for (const text of [
    '[[1,2],[3,4,5,6]]',
    '[[1,2],[3,4],[5,6]]',
    '[[1,2,3,4,5,6]]',
    '[[1,2,3],[4,5,6]',
    '[[1,2,3,[4,5,6]]',
  ])
    assert.equal(read(text, 'FP32', [2, 3]), undefined, text);
  assert.equal(read('[1,2,3]', 'INT32', [3]), undefined);
});
