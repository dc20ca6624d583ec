import assert from 'node:assert/strict';
import test from 'node:test';
import { floatText } from './float-text.ts';

/** Digits that the text spends. */
const digits = (text: string): number =>
  text.replace(/e.*$/, '').replace(/[-.]/g, '').replace(/^0+/, '').replace(/0+$/, '').length;

/** The fewest digits that read back, found by trying. */
function fewest(value: number): number {
  for (let count = 1; count <= 9; count++)
    if (Math.fround(Number(value.toPrecision(count))) === value) return count;
  return 9;
}

function check(value: number): void {
  const text = floatText(value);
  assert.ok(Object.is(Math.fround(Number(text)), value), `${value} was written as ${text}`);
  assert.deepEqual(JSON.parse(text), Number(text));
  if (value !== 0) assert.ok(digits(text) <= fewest(value), `${value} was written as ${text}`);
}

test('every float32 is written as a number that reads back as itself, with the fewest digits', () => {
  const bits = new DataView(new ArrayBuffer(4));
  let seed = 12_345;
  const random = (): number => (seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0);
  for (let index = 0; index < 60_000; index++) {
    bits.setUint32(0, random());
    const value = bits.getFloat32(0);
    if (Number.isFinite(value)) check(value);
    check(Math.fround(random() / 2 ** 32));
    check(Math.fround((random() / 2 ** 32) * 10 ** (index % 24) * 1e-14));
  }
});

test('powers of two and of ten, their neighbours, and the ends of the range', () => {
  const bits = new DataView(new ArrayBuffer(4));
  const around = (value: number): void => {
    bits.setFloat32(0, value);
    const middle = bits.getUint32(0);
    for (const step of [-2, -1, 0, 1, 2]) {
      bits.setUint32(0, middle + step);
      const near = bits.getFloat32(0);
      if (!Number.isFinite(near)) continue;
      check(near);
      check(-near);
    }
  };
  for (let power = -148; power <= 127; power++) around(2 ** power);
  for (let power = -44; power <= 38; power++) around(Math.fround(10 ** power));
  assert.deepEqual(
    [0, -0, 1, 0.1, 16_777_216, 1e-7, 3.4028234663852886e38].map((one) => floatText(Math.fround(one))),
    ['0', '-0.0', '1', '0.1', '16777216', '1e-7', '3.4028235e+38'],
  );
});

test('what JSON does not have is null', () => {
  for (const value of [Number.NaN, Infinity, -Infinity]) assert.equal(floatText(value), 'null');
});
