import { medianOf } from '../../platform/mathematics/index.ts';
import { invalid } from '../../platform/errors/index.ts';

/** Points of a space, row by row: embeddings, or several columns at once. */
export interface Points {
  values: Float64Array | Float32Array;
  dimensions: number;
}

export interface KernelDistance {
  name: 'mmd';
  /** Unbiased, so below 0 about half of the time where nothing changed. Null, like p, where a side has fewer than two points. */
  statistic: number | null;
  /** Share of the shuffles, and of what was seen, that are as large. */
  p: number | null;
  /** Of the kernel e^(−gamma d²). */
  gamma: number;
  n: number;
  m: number;
  permutations: number;
}

/** Points of both sides together: their pairs are held at once, 8 bytes each. */
const MOST = 4000;

/**
 * Maximum mean discrepancy, squared and unbiased, with a Gaussian kernel (Gretton et al., 2012): mean k(x, x′) + mean k(y, y′) − 2 mean k(x, y), pairs of a
 * point with itself left out. The kernel's gamma is 1 / the median of d² over all pairs unless given. p shuffles which points are of the reference, among
 * all of them, and counts what was seen as one of the shuffles, so it is never 0. `uniform` gives numbers from 0 to before 1. Time grows with the square of
 * the points: at most 4,000.
 */
export function maximumMeanDiscrepancy(
  reference: Points,
  current: Points,
  {
    uniform,
    permutations = 199,
    gamma,
  }: { uniform: () => number; permutations?: number | undefined; gamma?: number | undefined },
): KernelDistance {
  const { dimensions } = reference;
  if (dimensions < 1 || dimensions !== current.dimensions)
    throw invalid(
      `points of ${dimensions} dimensions cannot be compared with points of ${current.dimensions}`,
      {
        field: 'dimensions',
      },
    );
  const [n, m] = [reference.values.length / dimensions, current.values.length / dimensions];
  const all = n + m;
  if (!Number.isInteger(n) || !Number.isInteger(m) || all > MOST)
    throw invalid(`${n} and ${m} points: give whole points, at most ${MOST} in all`, { field: 'values' });
  const squares = squaredDistances(reference.values, current.values, dimensions, all);
  const scale = gamma ?? 1 / (medianOfPairs(squares, all) || 1);
  const found = { name: 'mmd' as const, gamma: scale, n, m, permutations };
  if (n < 2 || m < 2) return { ...found, statistic: null, p: null };
  for (let i = 0; i < squares.length; i++) squares[i] = Math.exp(-scale * squares[i]!);
  const order = Uint32Array.from({ length: all }, (_one, i) => i);
  const statistic = discrepancy(squares, order, n, all);
  let as = 1;
  for (let round = 0; round < permutations; round++) {
    shuffle(order, uniform);
    // Equal arrangements are added up in another order: the last bits are none of their business.
    if (discrepancy(squares, order, n, all) >= statistic - 1e-12) as++;
  }
  return { ...found, statistic, p: as / (permutations + 1) };
}

function squaredDistances(
  one: Float64Array | Float32Array,
  other: Float64Array | Float32Array,
  dimensions: number,
  all: number,
): Float64Array {
  const points = new Float64Array(all * dimensions);
  points.set(one);
  points.set(other, one.length);
  const found = new Float64Array(all * all);
  for (let i = 0; i < all; i++)
    for (let j = 0; j < i; j++) {
      let sum = 0;
      for (let k = 0; k < dimensions; k++)
        sum += (points[i * dimensions + k]! - points[j * dimensions + k]!) ** 2;
      found[i * all + j] = sum;
      found[j * all + i] = sum;
    }
  return found;
}

function medianOfPairs(squares: Float64Array, all: number): number {
  const pairs = new Float64Array((all * (all - 1)) / 2);
  for (let i = 1, at = 0; i < all; at += i, i++) pairs.set(squares.subarray(i * all, i * all + i), at);
  return pairs.length === 0 ? 0 : medianOf(pairs.sort());
}

/** The first n of the order are the reference. */
function discrepancy(kernel: Float64Array, order: Uint32Array, n: number, all: number): number {
  let [within, beyond, across] = [0, 0, 0];
  for (let i = 1; i < all; i++) {
    const row = order[i]! * all;
    for (let j = 0; j < i; j++) {
      const value = kernel[row + order[j]!]!;
      if (i < n) within += value;
      else if (j < n) across += value;
      else beyond += value;
    }
  }
  const m = all - n;
  return (2 * within) / (n * (n - 1)) + (2 * beyond) / (m * (m - 1)) - (2 * across) / (n * m);
}

function shuffle(order: Uint32Array, uniform: () => number): void {
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(uniform() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
}
