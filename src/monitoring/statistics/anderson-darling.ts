import type { Sample } from './sample.ts';

/** Scholz and Stephens' test of k samples. */
export interface AndersonDarling {
  name: 'anderson_darling';
  /** Standardised: 0 in the mean and 1 in deviation where all samples are of one distribution. Null where there are too few values. */
  statistic: number | null;
  /** Between 0.001 and 0.25, where the published table ends. */
  p: number | null;
  /** Whether p is what was interpolated, or the end of the table: then it is at most, or at least, that. */
  bound: 'none' | 'at most' | 'at least';
  /** Values of each sample. */
  sizes: readonly number[];
}

const LEVELS = [0.25, 0.1, 0.05, 0.025, 0.01, 0.005, 0.001];
/** Coefficients of the critical values at these levels by 1, 1 / √(k − 1) and 1 / (k − 1): table 2 of Scholz and Stephens (1987). */
const TABLE = [
  [0.675, -0.245, -0.105],
  [1.281, 0.25, -0.305],
  [1.645, 0.678, -0.362],
  [1.96, 1.149, -0.391],
  [2.326, 1.822, -0.396],
  [2.573, 2.364, -0.345],
  [3.085, 3.615, -0.154],
] as const;

/**
 * Anderson–Darling test of k ≥ 2 samples with midranks, which weighs the tails. Its p is interpolated in a table of seven levels, so it is never
 * below 0.001: useless after a correction for more than some fifty tests. Equals `scipy.stats.anderson_ksamp`.
 */
export function andersonDarling(...samples: readonly Sample[]): AndersonDarling {
  const sizes = samples.map(({ sorted }) => sorted.length);
  const values = samples.map(({ sorted }) => sorted);
  const all = sizes.reduce((sum, size) => sum + size, 0);
  const found = { name: 'anderson_darling', sizes } as const;
  const raw = sizes.length > 1 && !sizes.includes(0) && all > 3 ? standing(values, all) : null;
  if (raw === null) return { ...found, statistic: null, p: null, bound: 'none' };
  const statistic = (raw - (sizes.length - 1)) / Math.sqrt(varianceOf(sizes, all));
  return { ...found, statistic, ...levelOf(statistic, sizes.length - 1) };
}

/** A² before it is standardised: equation 7 of Scholz and Stephens. Null where all values are equal. */
function standing(values: readonly Float64Array[], all: number): number | null {
  const at = values.map(() => 0);
  const inside = values.map(() => 0);
  const sums = values.map(() => 0);
  let below = 0;
  while (below < all) {
    let value = Infinity;
    for (const [i, sample] of values.entries())
      if (at[i]! < sample.length) value = Math.min(value, sample[at[i]!]!);
    let tied = 0;
    for (const [i, sample] of values.entries()) {
      const from = at[i]!;
      let to = from;
      while (to < sample.length && sample[to] === value) to++;
      inside[i] = from + (to - from) / 2;
      at[i] = to;
      tied += to - from;
    }
    if (tied === all) return null;
    const middle = below + tied / 2;
    const width = tied / all / (middle * (all - middle) - (all * tied) / 4);
    for (const [i, sample] of values.entries())
      sums[i]! += width * (all * inside[i]! - middle * sample.length) ** 2;
    below += tied;
  }
  return ((all - 1) / all) * sums.reduce((sum, one, i) => sum + one / values[i]!.length, 0);
}

/** Of A² where all samples are of one distribution: equation 4. */
function varianceOf(sizes: readonly number[], all: number): number {
  const k = sizes.length;
  let inverse = 0;
  for (const size of sizes) inverse += 1 / size;
  let [h, g] = [0, 0];
  for (let i = all - 1; i > 1; i--) {
    h += 1 / i;
    g += h / (all - i + 1);
  }
  h += 1;
  const a = (4 * g - 6) * (k - 1) + (10 - 6 * g) * inverse;
  const b = (2 * g - 4) * k ** 2 + 8 * h * k + (2 * g - 14 * h - 4) * inverse - 8 * h + 4 * g - 6;
  const c = (6 * h + 2 * g - 2) * k ** 2 + (4 * h - 4 * g + 6) * k + (2 * h - 6) * inverse + 4 * h;
  const d = (2 * h + 6) * k ** 2 - 4 * h * k;
  return (a * all ** 3 + b * all ** 2 + c * all + d) / ((all - 1) * (all - 2) * (all - 3));
}

/** The logarithm of the level as the parabola of least squares through the table. */
function levelOf(statistic: number, freedom: number): { p: number; bound: AndersonDarling['bound'] } {
  const critical = TABLE.map(([a, b, c]) => a + b / Math.sqrt(freedom) + c / freedom);
  if (statistic < critical[0]!) return { p: LEVELS[0]!, bound: 'at least' };
  if (statistic > critical.at(-1)!) return { p: LEVELS.at(-1)!, bound: 'at most' };
  return { p: Math.exp(parabola(critical, LEVELS.map(Math.log), statistic)), bound: 'none' };
}

/** By orthogonal polynomials on the points (Forsythe, 1957). */
function parabola(x: readonly number[], y: readonly number[], at: number): number {
  const dot = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, one, i) => sum + one * b[i]!, 0);
  const mean =
    dot(
      x,
      x.map(() => 1),
    ) / x.length;
  const first = x.map((one) => one - mean);
  const squares = dot(first, first);
  const slope =
    dot(
      first.map((one) => one * one),
      first,
    ) / squares;
  const second = first.map((one) => one * (one - slope) - squares / x.length);
  const offset = at - mean;
  return (
    dot(
      y,
      x.map(() => 1),
    ) /
      x.length +
    (dot(y, first) / squares) * offset +
    (dot(y, second) / dot(second, second)) * (offset * (offset - slope) - squares / x.length)
  );
}
