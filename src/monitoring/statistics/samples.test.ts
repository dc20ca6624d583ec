import assert from 'node:assert/strict';
import test from 'node:test';
import { fc, runs } from '../../../test/property.ts';
import { andersonDarling } from './anderson-darling.ts';
import { anchorNumeric } from './anchor.ts';
import { cramerVonMises } from './cramer-von-mises.ts';
import { energy, normedWasserstein, wasserstein } from './distances.ts';
import { count } from './histogram.ts';
import { kolmogorovSmirnov } from './kolmogorov-smirnov.ts';
import { binomial, twoProportions } from './proportions.ts';
import { mannWhitney } from './rank-tests.ts';
import { sampleOf } from './sample.ts';
import { benjaminiHochberg, bonferroni, holm } from './several-tests.ts';
import { binnedKolmogorovSmirnov, binnedWasserstein } from './within-bins.ts';

const near = (found: number | null, wanted: number, off = 1e-12): void =>
  assert.ok(found !== null && Math.abs(found - wanted) <= off, `${found}, not ${wanted}`);

const value = fc.oneof(
  fc.integer({ min: -5, max: 5 }),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  fc.constantFrom(0, -0, 5e-324, Infinity, -Infinity, NaN),
);
const column = fc.array(value, { maxLength: 60 });

test('tests of raw values do not mind which side is which; p is a probability, and 1 where nothing differs', () => {
  fc.assert(
    fc.property(column, column, (one, other) => {
      const [x, y] = [sampleOf(one), sampleOf(other)];
      for (const figure of [kolmogorovSmirnov, cramerVonMises, mannWhitney, andersonDarling]) {
        const [there, back, same] = [figure(x, y), figure(y, x), figure(x, x)];
        if (there.p === null) assert.equal(there.statistic, null);
        else {
          assert.ok(there.p >= 0 && there.p <= 1, `${there.name}: ${there.p}`);
          near(back.p, there.p, 1e-9);
        }
        if (same.p !== null) assert.ok(same.p > 0.2, `${same.name} of equal samples: ${same.p}`);
      }
      for (const figure of [wasserstein, energy]) {
        const found = figure(x, y).value;
        if (found === null) assert.equal(figure(y, x).value, null);
        else {
          near(figure(y, x).value, found, 1e-9 * Math.max(1, found));
          assert.equal(figure(x, x).value ?? 0, 0);
        }
      }
    }),
    { numRuns: runs(100) },
  );
});

test('exact p-values are shares of all arrangements', () => {
  const sides = fc.tuple(
    fc.uniqueArray(fc.integer(), { minLength: 2, maxLength: 5 }),
    fc.uniqueArray(fc.integer(), { minLength: 2, maxLength: 5 }),
  );
  fc.assert(
    fc.property(sides, ([one, two]) => {
      const other = two.filter((each) => !one.includes(each));
      if (other.length < 2) return;
      const all = [...one, ...other];
      const arrangements = choose(all.length, one.length).map((chosen) => ({
        x: sampleOf(all.filter((_value, i) => chosen.has(i))),
        y: sampleOf(all.filter((_value, i) => !chosen.has(i))),
      }));
      for (const figure of [kolmogorovSmirnov, cramerVonMises, mannWhitney]) {
        const found = figure(sampleOf(one), sampleOf(other));
        assert.equal(found.method, 'exact');
        const far = (statistic: number): number =>
          figure === mannWhitney ? Math.abs(statistic - (one.length * other.length) / 2) : statistic;
        const as = arrangements.filter(
          ({ x, y }) => far(figure(x, y).statistic!) >= far(found.statistic!) - 1e-9,
        );
        near(found.p, as.length / arrangements.length, 1e-9);
      }
    }),
    { numRuns: runs(30) },
  );
});

function choose(from: number, size: number): Set<number>[] {
  if (size === 0) return [new Set()];
  if (from < size) return [];
  return [
    ...choose(from - 1, size),
    ...choose(from - 1, size - 1).map((chosen) => new Set([...chosen, from - 1])),
  ];
}

test('too few values are nothing to test, and missing ones are left out', () => {
  const [none, one, two] = [sampleOf([null, NaN]), sampleOf([3]), sampleOf([1, 2, null])];
  assert.deepEqual([none.missing, two.missing, two.sorted.length], [2, 1, 2]);
  for (const figure of [kolmogorovSmirnov, mannWhitney, cramerVonMises, andersonDarling])
    for (const [x, y] of [
      [none, two],
      [two, none],
    ] as const)
      assert.deepEqual([figure(x, y).p, figure(x, y).statistic], [null, null]);
  assert.equal(wasserstein(none, two).value, null);
  assert.equal(energy(two, sampleOf([Infinity])).value, null);
  assert.equal(normedWasserstein(two, none).value, null);
  assert.equal(cramerVonMises(one, two).p, null);
  assert.equal(andersonDarling(sampleOf([1, 1]), sampleOf([1, 1])).p, null);
  assert.equal(mannWhitney(sampleOf([1, 1]), sampleOf([1, 1])).p, 1);
  assert.equal(wasserstein(sampleOf([1, 3, Infinity]), one).infinite, 1);
  // A constant reference has no deviation: a thousandth stands for it.
  near(normedWasserstein(one, sampleOf([4])).value, 1000);
});

test('what histograms tell of the raw distances holds them between its bounds', () => {
  fc.assert(
    fc.property(column, column, column, fc.integer({ min: 1, max: 30 }), (reference, one, other, bins) => {
      const anchor = anchorNumeric(reference, { bins });
      const [a, b] = [count(anchor, one), count(anchor, other)];
      const [x, y] = [sampleOf(one), sampleOf(other)];
      const ks = binnedKolmogorovSmirnov(anchor, a, b);
      const raw = kolmogorovSmirnov(x, y).statistic;
      if (raw === null) assert.deepEqual([ks.value, ks.low, ks.high], [null, null, null]);
      else {
        assert.ok(ks.low! <= raw + 1e-12 && raw <= ks.high! + 1e-12, `${ks.low} ${raw} ${ks.high}`);
        assert.equal(ks.value, ks.low);
      }
      const distance = wasserstein(x, y).value;
      const w = binnedWasserstein(anchor, a, b);
      if (distance === null) assert.equal(w.value, null);
      else {
        const slack = 1e-9 * Math.max(1, distance);
        assert.ok(
          w.low! <= distance + slack && distance <= w.high! + slack,
          `${w.low} ${distance} ${w.high}`,
        );
        assert.ok(w.low! <= w.value! + slack && w.value! <= w.high! + slack);
      }
    }),
    { numRuns: runs(100) },
  );
});

test('fine bins leave little between the bounds', () => {
  const draw = (n: number, shift: number): number[] =>
    Array.from({ length: n }, (_one, i) => ((i * 7919) % 10007) / 10007 + shift);
  const [one, other] = [draw(5000, 0), draw(3000, 0.05)];
  const anchor = anchorNumeric(one, { bins: 256 });
  const [a, b] = [count(anchor, one), count(anchor, other)];
  const ks = binnedKolmogorovSmirnov(anchor, a, b);
  assert.ok(ks.high! - ks.low! < 3 / 256);
  const w = binnedWasserstein(anchor, a, b);
  near(w.value, wasserstein(sampleOf(one), sampleOf(other)).value!, 1e-4);
  assert.ok(w.high! - w.low! < 0.015);
  assert.throws(() => binnedWasserstein(anchorNumeric([1, 2]), a, b), /the histograms have other bins/);
});

test('two proportions, and one against a known chance', () => {
  const found = twoProportions({ hits: 15, tries: 100 }, { hits: 30, tries: 100 });
  near(found.statistic, -2.54000254000381);
  near(found.p, 0.011085166380602725);
  assert.deepEqual(twoProportions({ hits: 0, tries: 5 }, { hits: 0, tries: 9 }).p, 1);
  assert.equal(twoProportions({ hits: 0, tries: 0 }, { hits: 0, tries: 9 }).p, null);
  near(binomial({ hits: 1, tries: 2 }, 0.5).p, 1);
  near(binomial({ hits: 0, tries: 10 }, 0.5).p, 2 / 1024);
  assert.equal(binomial({ hits: 0, tries: 0 }, 0.5).p, null);
  assert.throws(() => binomial({ hits: 3, tries: 2 }, 0.5), /3 hits among 2 tries/);
  assert.throws(() => binomial({ hits: 1, tries: 2 }, 1.5), /chance is 1.5/);
});

test('p-values of several tests, adjusted', () => {
  const p = [0.0625, null, 0.5, 0.25, 0.03125];
  assert.deepEqual(bonferroni(p), [0.25, null, 1, 1, 0.125]);
  assert.deepEqual(holm(p), [0.1875, null, 0.5, 0.5, 0.125]);
  assert.deepEqual(benjaminiHochberg(p), [0.125, null, 0.5, 0.25 * (4 / 3), 0.125]);
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (all) => {
      const [strict, middle, mild] = [bonferroni(all), holm(all), benjaminiHochberg(all)];
      for (const [i, one] of all.entries()) {
        assert.ok(
          one <= mild[i]! && mild[i]! <= middle[i]! + 1e-12 && middle[i]! <= strict[i]! && strict[i]! <= 1,
        );
      }
    }),
    { numRuns: runs(100) },
  );
});
