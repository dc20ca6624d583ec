import assert from 'node:assert/strict';
import test from 'node:test';
import {
  betaLower,
  binomialLower,
  binomialTerm,
  chiSquareTail,
  gammaTails,
  logGamma,
  normalTail,
  poissonTerm,
  shiftedChiSquareTail,
  studentTail,
} from './index.ts';

const near = (found: number, wanted: number, relative = 1e-12): void =>
  assert.ok(Math.abs(found - wanted) <= relative * Math.abs(wanted), `${found}, not ${wanted}`);

test('known values', () => {
  near(logGamma(0.5), Math.log(Math.PI) / 2);
  near(logGamma(11), Math.log(3628800));
  near(logGamma(1e-10), 23.025850929882733);
  near(normalTail(1.959963984540054), 0.025);
  near(normalTail(-1.959963984540054), 0.975);
  near(normalTail(30), 4.906713927148187e-198);
  assert.equal(normalTail(0), 0.5);
  near(chiSquareTail(3.841458820694124, 1), 0.05);
  near(chiSquareTail(4, 2), Math.exp(-2));
  near(binomialTerm(3, 10, 0.5), 120 / 1024);
  near(binomialLower(3, 10, 0.5), 176 / 1024);
  near(binomialLower(0, 100_000, 1e-6), 0.9048373727940596);
  near(poissonTerm(2, 3), 4.5 * Math.exp(-3));
  near(betaLower(2, 3, 0.4), 0.5248);
  near(studentTail(12.706204736174694, 1), 0.025);
  near(studentTail(-2.228138851964939, 10), 0.975);
  near(studentTail(1.959963984540054, Infinity), 0.025);
  assert.equal(studentTail(0, 7), 0.5);
});

test('ends', () => {
  assert.deepEqual(gammaTails(2, 0), { lower: 0, upper: 1 });
  assert.deepEqual(gammaTails(2, Infinity), { lower: 1, upper: 0 });
  assert.ok(Number.isNaN(gammaTails(-1, 2).lower));
  assert.equal(logGamma(0), Infinity);
  assert.equal(logGamma(Infinity), Infinity);
  assert.equal(betaLower(1, 1, 0), 0);
  assert.equal(betaLower(1, 1, 1), 1);
  assert.equal(binomialLower(-1, 5, 0.5), 0);
  assert.equal(binomialLower(5, 5, 0.5), 1);
  assert.equal(binomialTerm(0, 5, 0), 1);
  assert.equal(binomialTerm(5, 5, 1), 1);
  assert.equal(binomialTerm(6, 5, 0.5), 0);
  assert.equal(poissonTerm(0, 0), 1);
  assert.equal(chiSquareTail(-1, 3), 1);
  assert.equal(shiftedChiSquareTail(0, 3, 2), 1);
  assert.equal(normalTail(Infinity), 0);
  assert.ok(Number.isNaN(normalTail(NaN)));
});

test('a shift of 0 is none, and shifts of a chi-square with 1 degree of freedom are those of a normal', () => {
  near(shiftedChiSquareTail(7, 3, 0), chiSquareTail(7, 3));
  for (const [x, shift] of [
    [1, 0.5],
    [9, 4],
    [400, 100],
    [2, 900],
  ] as const) {
    const [root, mean] = [Math.sqrt(x), Math.sqrt(shift)];
    near(shiftedChiSquareTail(x, 1, shift), normalTail(root - mean) + normalTail(root + mean), 1e-11);
  }
});

test('terms of a distribution sum to what its tail says, where there are many', () => {
  for (const [n, p] of [
    [1000, 0.3],
    [100_000, 0.0001],
  ] as const) {
    const k = Math.round(n * p);
    let sum = 0;
    for (let i = 0; i <= k; i++) sum += binomialTerm(i, n, p);
    near(binomialLower(k, n, p), sum, 1e-11);
  }
  let sum = 0;
  for (let i = 0; i < 5000; i++) sum += poissonTerm(i, 5000);
  near(gammaTails(5000, 5000).upper, sum, 1e-11);
});
