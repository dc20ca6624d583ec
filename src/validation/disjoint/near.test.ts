import assert from 'node:assert/strict';
import test from 'node:test';
import { fc } from '../../../test/property.ts';
import { sameNumber } from './near.ts';

test('a number printed with fewer digits is the same number', () => {
  fc.assert(
    fc.property(
      fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e12, max: 1e12 }),
      fc.integer({ min: 6, max: 17 }),
      (x, digits) => {
        const printed = Number(x.toPrecision(digits));
        // Whole numbers stay apart unless they are equal.
        if (Number.isInteger(x) && Number.isInteger(printed))
          return sameNumber(x, printed) === (x === printed);
        return sameNumber(x, printed) && sameNumber(printed, x);
      },
    ),
    { numRuns: 5000 },
  );
  fc.assert(
    fc.property(
      fc.double({ noNaN: true, min: -1000, max: 1000 }),
      fc.integer({ min: 6, max: 12 }),
      (x, decimals) => Number.isInteger(x) || sameNumber(x, Number(x.toFixed(decimals))),
    ),
    { numRuns: 5000 },
  );
});

test('single precision and back is the same number', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }), (x) => {
      const single = Math.fround(x);
      if (Number.isInteger(x) && Number.isInteger(single)) return true;
      return sameNumber(x, single) && sameNumber(single, Number(single.toPrecision(9)));
    }),
    { numRuns: 5000 },
  );
  assert.ok(sameNumber(0.1, Math.fround(0.1)));
  assert.ok(sameNumber(0.726_453_002_346_7, 0.726_453_006));
});

test('numbers that differ are two numbers', () => {
  for (const [a, b] of [
    [1.5, 1.500_02],
    [16_777_216, 16_777_217],
    [1_000_000, 1_000_001],
    [123_456_789, 123_457_000],
    [0.25, 0.250_03],
    [1_234_567.89, 1_234_567.91],
    [40.712_776, 40.712_779],
    [1, 2],
    [0, 0.001],
    [-1.5, 1.5],
    [Number.NaN, 1],
    [Infinity, 1e300],
  ] as const) {
    assert.equal(sameNumber(a, b), false, `${a} and ${b}`);
    assert.equal(sameNumber(b, a), false, `${b} and ${a}`);
  }
  assert.ok(sameNumber(-0, 0));
  assert.ok(sameNumber(Number.NaN, Number.NaN));
});
