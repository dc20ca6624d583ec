import { invalid } from '../../../platform/errors/index.ts';
import { numpySum } from './numpy.ts';

/** A bucket of a histogram of TensorFlow Data Validation: a point where both ends are equal, else its rows lie evenly between them. */
export interface TfdvBucket {
  low: number;
  high: number;
  /** Rows; not always a whole number. */
  count: number;
}

export interface TfdvHistogram {
  buckets: readonly TfdvBucket[];
  nan?: number | undefined;
}

/**
 * Jensen–Shannon divergence, base 2 and at most 1, of two numeric features as TensorFlow Data Validation has it: buckets are cut at
 * the edges of both, points are apart, and NaN or an infinite end on one side agrees with nothing, not even with the same on the other.
 */
export function tfdvJensenShannon(one: TfdvHistogram, other: TfdvHistogram): number {
  const [a, b] = [split(one), split(other)];
  const edges = [...new Set([...a.ranges, ...b.ranges].flatMap(({ low, high }) => [low, high]))].toSorted(
    (x, y) => x - y,
  );
  const points = [...new Set([...a.points.keys(), ...b.points.keys()])];
  const counts = (side: typeof a, mismatched: readonly number[]): number[] => [
    ...cut(side.ranges, edges),
    ...points.map((point) => side.points.get(point) ?? 0),
    ...mismatched,
  ];
  return divergence(
    counts(a, [a.infinite, 0, one.nan ?? 0, 0]),
    counts(b, [0, b.infinite, 0, other.nan ?? 0]),
  );
}

/** The same of two features of texts, from how often each value comes. */
export function tfdvJensenShannonOfTexts(
  one: ReadonlyMap<string, number>,
  other: ReadonlyMap<string, number>,
): number {
  for (const count of [...one.values(), ...other.values()])
    if (count <= 0) throw invalid('a sample count is not positive', { field: 'count' });
  const names = [...new Set([...one.keys(), ...other.keys()])];
  return divergence(
    names.map((name) => one.get(name) ?? 0),
    names.map((name) => other.get(name) ?? 0),
  );
}

/** L∞ distance of the shares of texts, with the text where it is largest: what `infinity_norm` compares. Two empty ones are equal. */
export function tfdvChebyshev(
  one: ReadonlyMap<string, number>,
  other: ReadonlyMap<string, number>,
): { value: number; at: string | undefined } {
  const [n, m] = [one, other].map((side) => numpySum([...side.values()]));
  return largest(one, other, n!, m!);
}

/** The largest difference of counts as a share of all rows of both: what `normalized_abs_difference` compares. */
export function tfdvAbsoluteDifference(
  one: ReadonlyMap<string, number>,
  other: ReadonlyMap<string, number>,
): { value: number; at: string | undefined } {
  const all = numpySum([...one.values(), ...other.values()]);
  return largest(one, other, all, all);
}

function largest(
  one: ReadonlyMap<string, number>,
  other: ReadonlyMap<string, number>,
  n: number,
  m: number,
): { value: number; at: string | undefined } {
  let found: { value: number; at: string | undefined } = { value: 0, at: undefined };
  const share = (count: number | undefined, rows: number): number => (count ? count / rows : 0);
  for (const at of [...new Set([...one.keys(), ...other.keys()])].toSorted()) {
    const value = Math.abs(share(one.get(at), n) - share(other.get(at), m));
    if (value >= found.value) found = { value, at };
  }
  return found;
}

function split({ buckets }: TfdvHistogram): {
  ranges: TfdvBucket[];
  points: Map<number, number>;
  infinite: number;
} {
  const ranges: TfdvBucket[] = [];
  const points = new Map<number, number>();
  let infinite = 0;
  for (const bucket of buckets) {
    const { low, high, count } = bucket;
    if (!Number.isFinite(low) || !Number.isFinite(high)) infinite += count;
    else if (low === high) points.set(low, (points.get(low) ?? 0) + count);
    else ranges.push(bucket);
  }
  return { ranges, points, infinite };
}

function cut(ranges: readonly TfdvBucket[], edges: readonly number[]): number[] {
  return edges.slice(1).map((high, i) => {
    const low = edges[i]!;
    const over = ranges.find((range) => range.low <= low && range.high >= high);
    return over ? ((high - low) / (over.high - over.low)) * over.count : 0;
  });
}

function divergence(a: readonly number[], b: readonly number[]): number {
  const [n, m] = [numpySum(a), numpySum(b)];
  if (n === 0 || m === 0) throw invalid('an empty histogram cannot be normalised', { field: 'buckets' });
  let sum = 0;
  for (const [i, count] of a.entries()) {
    const [p, q] = [count / n, b[i]! / m];
    const middle = (p + q) / 2;
    if (p > 0) sum += p * Math.log2(p / middle);
    if (q > 0) sum += q * Math.log2(q / middle);
  }
  return Math.min(1, sum / 2);
}
