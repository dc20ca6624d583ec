import assert from 'node:assert/strict';
import test from 'node:test';
import { fc, runs } from '../../../test/property.ts';
import { anchorCategories, anchorNumeric, type Category, type NumericAnchor } from './anchor.ts';
import { binNames, binningOf, count, merge, missing, present, rows } from './histogram.ts';

const BIG = Number.MAX_VALUE;
const TINY = Number.MIN_VALUE;

/** Rows by bin, for bins with any. */
const told = (anchor: Parameters<typeof binNames>[0], counts: readonly number[]): Record<string, number> =>
  Object.fromEntries(binNames(anchor).flatMap((name, i) => (counts[i] === 0 ? [] : [[name, counts[i]!]])));

/** The bin of a value by asking every edge in turn. */
const slowBin = (anchor: NumericAnchor, value: number | null): number => {
  const bins = anchor.edges.length + 1;
  if (value === null || Number.isNaN(value)) return bins + 2;
  if (!Number.isFinite(value)) return value < 0 ? bins : bins + 1;
  return anchor.edges.filter((edge) => edge <= value).length;
};

test('edges are quantiles of the reference, and bins are open to the right', () => {
  const anchor = anchorNumeric(
    Array.from({ length: 100 }, (_one, i) => i),
    { bins: 4 },
  );
  assert.deepEqual(anchor.edges, [25, 50, 75]);
  assert.deepEqual(anchor.points, []);
  const { mean, deviation, low, high, rows: all, finite } = anchor;
  assert.deepEqual([mean, low, high, all, finite], [49.5, 0, 99, 100, 100]);
  assert.ok(Math.abs(deviation! - Math.sqrt((100 ** 2 - 1) / 12)) < 1e-12);
  const found = count(anchor, [24.999, 25, 49, 50, 75, 1e9, -5]);
  assert.deepEqual(told(anchor, found.counts), { '< 25': 2, '25 – 50': 2, '50 – 75': 1, '≥ 75': 2 });
  assert.deepEqual([found.low, found.high], [-5, 1e9]);
});

test('a value that holds a bin’s share of the reference has a bin of its own', () => {
  const anchor = anchorNumeric([0, 0, 0, 0, 0, 1, 2, 3, 4, 5], { bins: 4 });
  assert.deepEqual(anchor.points, [0]);
  const found = count(anchor, [0, -0, 5e-324, -5e-324, 1, 1.5]);
  assert.deepEqual(told(anchor, found.counts), { '< 0': 1, '= 0': 2, '5e-324 – 1': 1, '1 – 3': 2 });
  assert.match(binningOf(anchor), /1 of them single values/);
});

test('missing values and infinities have bins of their own, and place no edge', () => {
  const anchor = anchorNumeric([null, undefined, NaN, Infinity, -Infinity, 1, 2, 3, 4n], { bins: 2 });
  assert.deepEqual(anchor.edges, [3]);
  assert.deepEqual([anchor.rows, anchor.finite], [9, 4]);
  const found = count(anchor, [null, undefined, NaN, Infinity, -Infinity, -Infinity, 1, 2n ** 80n]);
  assert.deepEqual(told(anchor, found.counts), { '< 3': 1, '≥ 3': 1, '−∞': 2, '+∞': 1, missing: 3 });
  assert.equal(missing(found), 3);
  assert.equal(rows(found), 8);
  assert.equal(present(found).length, 4);
});

test('a reference of no rows, of one, of one value, of nothing but missing ones', () => {
  const none = anchorNumeric([]);
  assert.deepEqual([none.edges, none.mean, none.deviation, none.low], [[], null, null, null]);
  const found = count(none, [1, -7, NaN, Infinity, -Infinity]);
  assert.deepEqual(found.counts, [2, 1, 1, 1]);
  assert.deepEqual([found.low, found.high], [-7, 1]);
  assert.deepEqual(anchorNumeric([NaN, null]).edges, []);
  for (const constant of [anchorNumeric([7]), anchorNumeric([7, 7, 7])]) {
    assert.deepEqual(constant.points, [7]);
    assert.deepEqual(constant.deviation, 0);
    assert.deepEqual(count(constant, [6, 7, 7, 7.000001]).counts, [1, 2, 1, 0, 0, 0]);
  }
  assert.deepEqual(count(anchorNumeric([7]), []).counts, [0, 0, 0, 0, 0, 0]);
});

test('the largest doubles are counted, too', () => {
  const anchor = anchorNumeric([-BIG, -BIG, BIG, BIG], { bins: 2 });
  assert.deepEqual(anchor.points, [-BIG, BIG]);
  assert.deepEqual([anchor.edges.at(0), anchor.edges.at(-1), anchor.deviation], [-BIG, BIG, null]);
  assert.deepEqual(told(anchor, count(anchor, [BIG, 0, -BIG, Infinity]).counts), {
    [`= ${-BIG}`]: 1,
    [`${anchor.edges[1]} – ${BIG}`]: 1,
    [`= ${BIG}`]: 1,
    '+∞': 1,
  });
});

const odd = fc.oneof(
  fc.double(),
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom(0, -0, TINY, -TINY, 2 * TINY, BIG, -BIG, NaN, Infinity, -Infinity, 2 ** -1030, null),
);

test('the table finds the bin that asking every edge finds', () => {
  fc.assert(
    fc.property(
      fc.array(odd, { maxLength: 200 }),
      fc.array(odd, { maxLength: 60 }),
      fc.integer({ min: 1, max: 40 }),
      (reference, current, bins) => {
        const anchor = anchorNumeric(reference, { bins });
        const values = [...current, ...reference, ...anchor.edges];
        const wanted = Array.from({ length: anchor.edges.length + 4 }, () => 0);
        for (const value of values) wanted[slowBin(anchor, value)]!++;
        assert.deepEqual(count(anchor, values).counts, wanted);
        assert.deepEqual(
          anchor.edges,
          [...new Set(anchor.edges)].toSorted((a, b) => a - b),
        );
        // Each bin but those of single values holds less than its share and a value's more.
        const shares = count(anchor, reference).counts;
        for (const point of anchor.points) assert.ok(anchor.edges.includes(point));
        for (const [i, one] of shares.slice(0, -3).entries())
          assert.ok(anchor.points.includes(anchor.edges[i - 1]!) || one < (2 * anchor.finite) / bins + 1);
      },
    ),
    { numRuns: runs(100) },
  );
});

test('merged histograms are the histogram of all rows, whatever the order', () => {
  fc.assert(
    fc.property(
      fc.array(odd),
      fc.array(fc.array(odd), { minLength: 3, maxLength: 3 }),
      (reference, parts) => {
        const anchor = anchorNumeric(reference, { bins: 8 });
        const [a, b, c] = parts.map((part) => count(anchor, part)) as [H, H, H];
        const all = count(anchor, parts.flat());
        assert.deepEqual(merge(a, b, c), all);
        assert.deepEqual(merge(merge(c, a), b), all);
        assert.deepEqual(merge(a, merge(b, c)), all);
        assert.deepEqual(merge(count(anchor, []), a), a);
      },
    ),
    { numRuns: runs(100) },
  );
});
type H = ReturnType<typeof count>;

/** Lone surrogates, too. */
const codeUnits = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 4 })
  .map((units) => String.fromCharCode(...units));

test('anchors and histograms go through JSON unchanged', () => {
  fc.assert(
    fc.property(fc.array(odd), fc.array(codeUnits, { maxLength: 20 }), (numbers, texts) => {
      const numeric = anchorNumeric(numbers);
      const again = JSON.parse(JSON.stringify(numeric)) as typeof numeric;
      assert.deepEqual(again, numeric);
      assert.deepEqual(count(again, numbers), count(numeric, numbers));
      const named = anchorCategories(texts);
      assert.deepEqual(JSON.parse(JSON.stringify(named)), named);
    }),
    { numRuns: runs(100) },
  );
});

test('every kind of array of numbers is counted alike', () => {
  const values = Array.from({ length: 20_000 }, (_one, i) => (i * 37) % 101);
  const anchor = anchorNumeric(values, { bins: 16 });
  const wanted = count(anchor, values);
  for (const kind of [
    Float64Array,
    Float32Array,
    Int8Array,
    Uint8Array,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
  ]) {
    assert.deepEqual(count(anchor, kind.from(values)), wanted, kind.name);
    assert.equal(anchorNumeric(kind.from(values), { bins: 16 }).id, anchor.id);
  }
  const large = values.map(BigInt);
  for (const kind of [BigInt64Array, BigUint64Array])
    assert.deepEqual(count(anchor, kind.from(large)), wanted, kind.name);
  assert.deepEqual(count(anchor, large), wanted);
  const own = Float64Array.of(3, 1, 2);
  anchorNumeric(own);
  assert.deepEqual(own, Float64Array.of(3, 1, 2));
});

test('categories: the most frequent, unseen, missing', () => {
  const reference = ['b', 'a', 'a', 'b', 'c', null, '', '__proto__'];
  const anchor = anchorCategories(reference, { limit: 3 });
  assert.deepEqual(anchor.categories, ['a', 'b', '']);
  assert.equal(anchor.complete, false);
  assert.deepEqual(told(anchor, count(anchor, reference).counts), {
    a: 2,
    b: 2,
    '': 1,
    'unseen or rare': 2,
    missing: 1,
  });
  const whole = anchorCategories(reference);
  assert.equal(whole.complete, true);
  assert.deepEqual(told(whole, count(whole, ['toString', 'c', NaN, undefined]).counts), {
    c: 1,
    unseen: 1,
    missing: 2,
  });
  assert.deepEqual(anchorCategories([]).categories, []);
});

test('a number is the same category however it comes; letters are told apart by their code units', () => {
  const anchor = anchorCategories([1, '1', 1n, 2.5, true, false, -0]);
  assert.deepEqual(anchor.categories, ['1', '0', '2.5', 'false', 'true']);
  const letters: Category[] = ['\u00e9', 'e\u0301', '\ud800', '\ud801', '👩‍👩‍👧', '\u0000', 'É'];
  const odd = anchorCategories(letters);
  assert.equal(odd.categories.length, letters.length);
  assert.deepEqual(count(odd, letters).counts, [1, 1, 1, 1, 1, 1, 1, 0, 0]);
  assert.notEqual(anchorCategories(['\ud800']).id, anchorCategories(['\ud801']).id);
});

test('what cannot be meant is refused', () => {
  assert.throws(() => anchorNumeric([1], { bins: 0 }), /bins is 0: give a whole number from 1 to 65535/);
  assert.throws(() => anchorNumeric([1], { bins: 2.5 }), /bins is 2.5/);
  assert.throws(() => anchorCategories(['a'], { limit: -1 }), /limit is -1/);
  const [one, other] = [anchorNumeric([1, 2]), anchorNumeric([3, 4])];
  assert.throws(() => merge(count(one, [1]), count(other, [1])), /the histograms have other bins/);
});
