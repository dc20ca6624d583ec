/**
 * What NumPy does, to the last bit where a bin or a distance of 0 hangs on it: the peers' figures are NumPy’s.
 */

/** NumPy’s sum: in eight lanes by blocks of 128, blocks by halving. */
export function numpySum(values: ArrayLike<number>, from = 0, length = values.length): number {
  if (length < 8) {
    let sum = 0;
    for (let i = 0; i < length; i++) sum += values[from + i]!;
    return sum;
  }
  if (length > 128) {
    const half = Math.floor(length / 2);
    const left = half - (half % 8);
    return numpySum(values, from, left) + numpySum(values, from + left, length - left);
  }
  const lanes = [0, 1, 2, 3, 4, 5, 6, 7].map((lane) => values[from + lane]!);
  const whole = length - (length % 8);
  for (let i = 8; i < whole; i++) lanes[i % 8]! += values[from + i]!;
  const [a, b, c, d, e, f, g, h] = lanes as [number, number, number, number, number, number, number, number];
  let sum = a + b + (c + d) + (e + f + (g + h));
  for (let i = whole; i < length; i++) sum += values[from + i]!;
  return sum;
}

export const numpyMean = (values: Float64Array): number => numpySum(values) / values.length;

export function numpyDeviation(values: Float64Array): number {
  const mean = numpyMean(values);
  return Math.sqrt(numpyMean(values.map((value) => (value - mean) ** 2)));
}

/** `linspace(from, to, count)`. */
export function linspace(from: number, to: number, count: number): Float64Array {
  const step = (to - from) / (count - 1);
  return Float64Array.from({ length: count }, (_one, i) => (i === count - 1 ? to : i * step + from));
}

export type BinRule = 'sturges' | 'doane';

/** `histogram_bin_edges(values, rule)`; bins of whole numbers are no narrower than 1. */
export function edgesBy(rule: BinRule, values: Float64Array, integers: boolean): Float64Array {
  const { low, high } = extent(values);
  const width = widthBy(rule, values, high - low);
  const [from, to] = low === high ? [low - 0.5, high + 0.5] : [low, high];
  const bins = width > 0 ? Math.ceil((to - from) / (integers ? Math.max(1, width) : width)) : 1;
  return linspace(from, to, bins + 1);
}

function widthBy(rule: BinRule, values: Float64Array, range: number): number {
  const n = values.length;
  if (rule === 'sturges') return range / (Math.log2(n) + 1);
  const deviation = n > 2 ? numpyDeviation(values) : 0;
  if (deviation === 0) return 0;
  const error = Math.sqrt((6 * (n - 2)) / ((n + 1) * (n + 3)));
  const mean = numpyMean(values);
  const skewness = numpyMean(values.map((value) => ((value - mean) / deviation) ** 3));
  return range / (1 + Math.log2(n) + Math.log2(1 + Math.abs(skewness) / error));
}

export function extent(values: Float64Array): { low: number; high: number } {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return { low, high };
}

/** `histogram(values, edges)`: bins are right-open, the last is closed; what lies outside is not counted. */
export function countBetween(values: Float64Array, edges: Float64Array): Float64Array {
  const last = edges.length - 1;
  const counts = new Float64Array(last);
  for (const value of values) {
    if (!(value >= edges[0]! && value <= edges[last]!)) continue;
    let [from, to] = [0, last];
    while (to - from > 1) {
      const middle = (from + to) >>> 1;
      if (value < edges[middle]!) to = middle;
      else from = middle;
    }
    counts[from]!++;
  }
  return counts;
}

/** `concatenate`. */
export function joined(one: Float64Array, other: Float64Array): Float64Array {
  const found = new Float64Array(one.length + other.length);
  found.set(one);
  found.set(other, one.length);
  return found;
}

/** SciPy’s element of relative entropy, x ln(x / y), with its care where both are nearly equal. */
function relativeEntropy(x: number, y: number): number {
  if (x === 0) return 0;
  if (y === 0) return Infinity;
  const ratio = x / y;
  return ratio > 0.5 && ratio < 2 ? x * Math.log1p((x - y) / y) : x * Math.log(ratio);
}

const divided = (values: Float64Array): Float64Array => {
  const sum = numpySum(values);
  return values.map((value) => value / sum);
};

/** `scipy.spatial.distance.jensenshannon`, in nats or bits. */
export function scipyJensenShannon(p: Float64Array, q: Float64Array, base: 'e' | 2): number {
  const [a, b] = [divided(p), divided(q)];
  const middle = a.map((one, i) => (one + b[i]!) / 2);
  const parts = [a, b].map((side) => numpySum(side.map((one, i) => relativeEntropy(one, middle[i]!))));
  const sum = parts[0]! + parts[1]!;
  return Math.sqrt((base === 2 ? sum / Math.LN2 : sum) / 2);
}

/** `scipy.stats.entropy(p, q)`. */
export function scipyEntropy(p: Float64Array, q: Float64Array): number {
  const [a, b] = [divided(p), divided(q)];
  return numpySum(a.map((one, i) => relativeEntropy(one, b[i]!)));
}
