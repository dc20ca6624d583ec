import assert from 'node:assert/strict';
import test from 'node:test';
import { fc, runs } from '../../../test/property.ts';
import { random } from '../../../test/random.ts';
import {
  chebyshev,
  hellinger,
  jensenShannonDistance,
  jensenShannonDivergence,
  kullbackLeibler,
  psi,
  psiTail,
  totalVariation,
} from './divergences.ts';
import { chiSquare, cramersV, gTest, tolerantChiSquare } from './homogeneity.ts';

const near = (found: number | null, wanted: number, off = 1e-10): void =>
  assert.ok(found !== null && Math.abs(found - wanted) <= off, `${found}, not ${wanted}`);

const A = [500, 300, 150, 40, 10, 0];
const B = [420, 330, 180, 50, 15, 5];

test('figures of two count vectors equal those of SciPy and NumPy', () => {
  near(chebyshev(A, B).value, 0.08);
  near(totalVariation(A, B).value, 0.08);
  near(jensenShannonDistance(A, B).value, 0.0710231036969);
  near(jensenShannonDistance(A, B, { base: 2 }).value, 0.085307441392);
  near(jensenShannonDivergence(A, B, { base: 2 }).value, 0.085307441392 ** 2);
  near(hellinger(A, B).value, 0.0762509051612);
  near(psi(A, B, { smoothing: { floor: 1e-4, renormalise: false } }).value, 0.0457048968498);
  const found = chiSquare(A, B, { least: 0 });
  near(found.statistic, 18.2234770061);
  assert.equal(found.df, 5);
  near(found.p, 2.6789802e-3);
  near(gTest(A, B, { least: 0 }).statistic, 20.177125035);
});

test('ten equal bins of a reference of 2,000 rows, and 1,200 rows on them', () => {
  const reference = Array.from({ length: 10 }, () => 200);
  const current = [190, 140, 128, 116, 114, 109, 104, 102, 99, 98];
  near(psi(reference, current, { smoothing: 'none' }).value, 0.0424815258721);
  const found = chiSquare(reference, current);
  near(found.statistic, 32.5109897734);
  assert.equal(found.df, 9);
  near(found.p, 1.624204e-4);
  near(cramersV(reference, current), 0.100795259, 1e-9);
});

test('where nothing changed, the chance of the PSI is what it says', () => {
  const r = random(7);
  const draw = (rows: number): number[] => {
    const found = Array.from({ length: 10 }, () => 0);
    for (let i = 0; i < rows; i++) found[r.integer(10)]!++;
    return found;
  };
  for (const [n, m] of [
    [400, 400],
    [5000, 150],
  ] as const) {
    const chances = Array.from({ length: 1500 }, () => psiTail(draw(n), draw(m))!);
    for (const level of [0.05, 0.5]) {
      const share = chances.filter((chance) => chance <= level).length / chances.length;
      assert.ok(Math.abs(share - level) < 0.04, `${share} of the chances are below ${level}`);
    }
  }
  assert.equal(psiTail([1], [0]), null);
  assert.equal(psiTail([3], [4]), 1);
});

test('a result says its bins and its smoothing', () => {
  assert.deepEqual(psi([1, 0, 3], [2, 0, 0], { binning: 'three' }), {
    name: 'psi',
    value: psi([1, 3], [2, 0]).value,
    n: 4,
    m: 2,
    bins: 2,
    smoothing: 'Jeffreys: half a row added to each bin',
    binning: 'three',
  });
  assert.equal(psi([1, 1], [2, 0], { smoothing: 'none' }).value, Infinity);
  assert.equal(psi([1, 1], [2, 0], { smoothing: { add: 1 } }).smoothing, '1 rows added to each bin');
});

test('no rows are no distance of 0, and nothing is tested', () => {
  for (const figure of [psi, kullbackLeibler, jensenShannonDistance, hellinger, totalVariation, chebyshev]) {
    assert.equal(figure([0, 0], [1, 2]).value, null);
    assert.equal(figure([3, 4], [0, 0]).value, null);
    assert.equal(figure([], []).value, null);
    assert.equal(figure([7], [9]).value, 0);
  }
  for (const one of [chiSquare([3, 4], [0, 0]), gTest([], []), chiSquare([5, 0], [9, 0])])
    assert.deepEqual([one.statistic, one.p, one.df], [null, null, one.df]);
  assert.equal(cramersV([0], [1]), null);
  assert.equal(cramersV([4], [1]), 0);
  assert.throws(() => psi([1], [1, 2]), /1 bins cannot be compared with 2/);
  assert.throws(() => psi([1, NaN], [1, 2]), /the count of bin 1 is NaN/);
});

test('bins with few expected rows are taken together', () => {
  const found = chiSquare([1000, 1000, 2, 3, 4], [100, 100, 1, 1, 1]);
  assert.equal(found.merged, 4);
  assert.equal(found.df, 1);
  assert.equal(chiSquare([100, 100, 1], [100, 100, 1]).df, 1);
  assert.equal(chiSquare([1, 1, 1], [1, 1, 1]).p, null);
  assert.equal(chiSquare(A, B).merged, 2);
});

test('a tolerance of 0 is Pearson’s test, and a larger one is harder to exceed', () => {
  assert.equal(tolerantChiSquare(A, B, { tolerance: 0 }).p, chiSquare(A, B).p);
  const [small, large] = [0.05, 0.2].map((tolerance) => tolerantChiSquare(A, B, { tolerance }).p!);
  assert.ok(chiSquare(A, B).p! < small! && small! < large!);
});

const counts = fc
  .integer({ min: 1, max: 30 })
  .chain((bins) =>
    fc.tuple(
      fc.array(fc.nat(1000), { minLength: bins, maxLength: bins }),
      fc.array(fc.nat(1000), { minLength: bins, maxLength: bins }),
    ),
  )
  .filter(([a, b]) => a.some((one) => one > 0) && b.some((one) => one > 0));

test('distances are symmetric, within their bounds, and 0 exactly where all is equal', () => {
  const bounded = [
    [jensenShannonDistance, Math.sqrt(Math.LN2)],
    [hellinger, 1],
    [totalVariation, 1],
    [chebyshev, 1],
    [psi, Infinity],
  ] as const;
  fc.assert(
    fc.property(counts, fc.integer({ min: 1, max: 9 }), ([a, b], times) => {
      for (const [figure, most] of bounded) {
        const value = figure(a, b).value!;
        near(figure(b, a).value, value, 1e-12);
        assert.ok(value >= 0 && value <= most + 1e-12, `${figure.name} is ${value}`);
        assert.equal(figure(a, a).value, 0);
        const all = (side: number[]): number => side.reduce((sum, one) => sum + one, 0);
        assert.equal(
          value === 0,
          a.every((one, i) => one * all(b) === b[i]! * all(a)),
        );
        // Without smoothing only shares count, not sizes.
        if (figure !== psi)
          near(
            figure(
              a,
              a.map((one) => one * times),
            ).value,
            0,
            1e-7,
          );
      }
      assert.ok(kullbackLeibler(a, b).value! >= -1e-15);
      near(psi(a, b).value, kullbackLeibler(a, b).value! + kullbackLeibler(b, a).value!, 1e-11);
    }),
    { numRuns: runs(100) },
  );
});

test('a test of homogeneity does not mind which side is which, nor empty bins, nor the order of bins', () => {
  fc.assert(
    fc.property(counts, ([a, b]) => {
      for (const one of [chiSquare, gTest]) {
        const found = one(a, b);
        for (const same of [one(b, a), one([0, ...a], [0, ...b])]) {
          assert.equal(same.df, found.df);
          if (found.statistic === null) assert.equal(same.statistic, null);
          else near(same.statistic, found.statistic, 1e-8);
        }
        if (found.p !== null) assert.ok(found.p >= 0 && found.p <= 1);
      }
    }),
    { numRuns: runs(100) },
  );
});
