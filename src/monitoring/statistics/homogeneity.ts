import { chiSquareTail, shiftedChiSquareTail } from '../../platform/mathematics/index.ts';
import { occupied, total } from './shares.ts';
import type { Counts } from './divergences.ts';

/** A test of whether reference and current rows have the same shares. */
export interface HomogeneityTest {
  name: string;
  /** Null, like p, where one side has no rows or everything lies in one bin: there is nothing to test. */
  statistic: number | null;
  p: number | null;
  /** Degrees of freedom: cells that were compared, less one. */
  df: number;
  n: number;
  m: number;
  /** Bins that were taken together, since fewer than `least` rows were expected in them. */
  merged: number;
  binning?: string;
}

export interface HomogeneityOptions {
  /** Bins where fewer rows are expected on either side are taken together; 5 unless said otherwise, 0 takes none together. */
  least?: number | undefined;
  binning?: string | undefined;
}

/** Pearson's test of homogeneity, Σ (O − E)² / E with E = row · column / N, both sides being samples; no continuity correction. */
export const chiSquare = (
  reference: Counts,
  current: Counts,
  options: HomogeneityOptions = {},
): HomogeneityTest => test('chi_square', [reference, current], options, pearson, chiSquareTail);

/** The likelihood-ratio test of the same, G = 2 Σ O ln(O / E). */
export const gTest = (
  reference: Counts,
  current: Counts,
  options: HomogeneityOptions = {},
): HomogeneityTest => test('g', [reference, current], options, likelihoodRatio, chiSquareTail);

/**
 * Pearson's test with a tolerance: the chance of a statistic as large if the true shares differ by as much as is tolerated. The tolerance δ
 * is the distance √(Σ (p − q)² / r), r the shares of both together; the statistic is then a non-central chi-square with
 * n m / (n + m) · δ² (the criterion of arXiv 2307.11878, with a tolerance for its fixed limit).
 */
export function tolerantChiSquare(
  reference: Counts,
  current: Counts,
  { tolerance, ...options }: HomogeneityOptions & { tolerance: number },
): HomogeneityTest {
  const effective = (total(reference) * total(current)) / (total(reference) + total(current));
  return test('chi_square_tolerant', [reference, current], options, pearson, (x, df) =>
    shiftedChiSquareTail(x, df, effective * tolerance ** 2),
  );
}

/**
 * Cramér's V of side × bin, √(χ² / N) for two sides, from 0 to 1; `corrected` after Bergsma (2013), which is 0 in the mean where nothing
 * changed. No bins are taken together. Null where one side has no rows, 0 where all rows lie in one bin.
 */
export function cramersV(
  reference: Counts,
  current: Counts,
  { corrected = false }: { corrected?: boolean | undefined } = {},
): number | null {
  const { one, other } = occupied(reference, current);
  const n = total(one);
  const m = total(other);
  if (n === 0 || m === 0) return null;
  const k = one.length;
  if (k === 1) return 0;
  const phi = pearson(one, other) / (n + m);
  if (!corrected) return Math.sqrt(phi);
  const all = n + m;
  const rows = 2 - 1 / (all - 1);
  const columns = k - (k - 1) ** 2 / (all - 1);
  const least = Math.min(rows, columns) - 1;
  return least > 0 ? Math.sqrt(Math.max(0, phi - (k - 1) / (all - 1)) / least) : 0;
}

type Statistic = (one: Float64Array, other: Float64Array) => number;

function test(
  name: string,
  [reference, current]: readonly [Counts, Counts],
  { least = 5, binning }: HomogeneityOptions,
  statistic: Statistic,
  tail: (x: number, df: number) => number,
): HomogeneityTest {
  const whole = occupied(reference, current);
  const n = total(whole.one);
  const m = total(whole.other);
  const { one, other, merged } =
    n > 0 && m > 0 ? together(whole.one, whole.other, least) : { ...whole, merged: 0 };
  const df = Math.max(0, one.length - 1);
  const value = n > 0 && m > 0 && df > 0 ? statistic(one, other) : null;
  return {
    name,
    statistic: value,
    p: value === null ? null : tail(value, df),
    df,
    n,
    m,
    merged,
    ...(binning === undefined ? {} : { binning }),
  };
}

/** Takes the smallest bins together until at least `least` rows are expected in each bin on the smaller side. */
function together(
  one: Float64Array,
  other: Float64Array,
  least: number,
): { one: Float64Array; other: Float64Array; merged: number } {
  const smaller = Math.min(total(one), total(other)) / (total(one) + total(other));
  const expected = (i: number): number => (one[i]! + other[i]!) * smaller;
  const order = [...one.keys()].toSorted((a, b) => expected(a) - expected(b));
  let merged = 0;
  let sum = 0;
  // One small bin needs another to lean on, and so does a sum that is still too small.
  while (merged < order.length && (expected(order[merged]!) < least || (merged > 0 && sum < least)))
    sum += expected(order[merged++]!);
  if (merged < 2) {
    if (merged === 0 || order.length < 2) return { one, other, merged: 0 };
    merged = 2;
  }
  const rest = new Set(order.slice(0, merged));
  const joined = (counts: Float64Array): Float64Array =>
    Float64Array.of(
      ...counts.filter((_count, i) => !rest.has(i)),
      total(counts.filter((_count, i) => rest.has(i))),
    );
  return { one: joined(one), other: joined(other), merged };
}

const pearson: Statistic = (one, other) =>
  cells(one, other, (observed, expected) => (observed - expected) ** 2 / expected);

const likelihoodRatio: Statistic = (one, other) =>
  2 *
  cells(one, other, (observed, expected) => (observed === 0 ? 0 : observed * Math.log(observed / expected)));

function cells(
  one: Float64Array,
  other: Float64Array,
  part: (observed: number, expected: number) => number,
): number {
  const n = total(one);
  const m = total(other);
  let sum = 0;
  for (let i = 0; i < one.length; i++) {
    const column = (one[i]! + other[i]!) / (n + m);
    sum += part(one[i]!, n * column) + part(other[i]!, m * column);
  }
  return sum;
}
