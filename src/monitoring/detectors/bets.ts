import { jeffreys, normalQuantile } from './quantiles.ts';

/**
 * A bet that windows have moved in one direction: a function g of the bin whose mean, as long as nothing changed, is at most `bound`. Each row
 * multiplies the stake by 1 + λ(g − bound) > 0, which loses on average under every distribution with that mean or a lower one: an exact e-value for
 * all of them at once. As counts come, ln e = Σ counts · logs.
 */
export interface Bet {
  /** What has happened to the column if it wins. */
  says: string;
  weight: number;
  /** ln of the factor for a row in each bin. */
  logs: Float64Array;
  /** Whose over-dispersion it feels. */
  direction: number;
  /** How large the change is in one window, in words. */
  size?: (counts: ArrayLike<number>) => string;
}

/** A function of the bin with mean 0 and variance 1 on the reference. */
export interface Direction {
  name: string;
  values: Float64Array;
}

/** In one of 200 references the truth lies beyond the bound that is taken from it; in standard errors, and as a share. */
export const Z_BEYOND = 2.5758293035489;
const BEYOND = 0.005;
/**
 * A bin that no row of the reference is in most likely can have none, as a column that is never missing; and the smallest bet is worth far more than what a
 * reference so misses. A bound of 1 in 200 would not see four missing values in 500.
 */
const BEYOND_NONE = 0.05;

/**
 * Higher or lower, wider or narrower: normal scores of the bins (the quantile of the middle of each bin's reference share) and their squares. In units of
 * standard deviations of the reference, if it were normal; monotone changes of scale do not matter. Bins outside the order count nothing.
 */
export function shapeDirections(counts: ArrayLike<number>, order: readonly number[]): Direction[] {
  const total = order.reduce((sum, bin) => sum + counts[bin]!, 0);
  const scores = new Float64Array(counts.length);
  let below = 0;
  for (const bin of order) {
    const share = counts[bin]! / total;
    // An empty bin at an end is as far out as half a row.
    scores[bin] = normalQuantile(Math.min(1 - 0.5 / total, Math.max(0.5 / total, below + share / 2)));
    below += share;
  }
  const location = standard(scores, counts, order);
  const squares = standard(
    location.map((score) => score * score),
    counts,
    order,
  );
  return [
    { name: 'location', values: location },
    { name: 'spread', values: squares },
  ].filter(({ values }) => values.some((value) => value !== 0));
}

function standard(of: Float64Array, counts: ArrayLike<number>, order: readonly number[]): Float64Array {
  const total = order.reduce((sum, bin) => sum + counts[bin]!, 0);
  const mean = order.reduce((sum, bin) => sum + (counts[bin]! / total) * of[bin]!, 0);
  const variance = order.reduce((sum, bin) => sum + (counts[bin]! / total) * (of[bin]! - mean) ** 2, 0);
  const values = new Float64Array(of.length);
  if (variance > 1e-12) for (const bin of order) values[bin] = (of[bin]! - mean) / Math.sqrt(variance);
  return values;
}

/** Bets of several sizes that a direction's mean has left what the reference and the tolerance allow, up and down. */
export function betsOn(
  { name, values }: Direction,
  direction: number,
  {
    bound,
    weight,
    up,
    down,
  }: {
    bound: number;
    weight: number;
    up: string;
    down: string;
  },
): Bet[] {
  const sizes = [0.04, 0.1, 0.2, 0.4];
  const told = (counts: ArrayLike<number>): string => {
    let [rows, sum] = [0, 0];
    for (let bin = 0; bin < counts.length; bin++) {
      rows += counts[bin]!;
      sum += counts[bin]! * values[bin]!;
    }
    return `by ${Math.abs(sum / rows).toFixed(2)} standard deviations`;
  };
  return [1, -1].flatMap((sign) => {
    const least = values.reduce((low, value) => Math.min(low, sign * value), 0);
    return sizes.map((size) => {
      // No bet may lose more than nine tenths on one row.
      const stake = Math.min(size, 0.9 / (bound - least));
      return {
        says: sign > 0 ? up : down,
        weight: weight / (2 * sizes.length),
        logs: values.map((value) => Math.log1p(stake * (sign * value - bound))),
        direction,
        ...(name === 'location' ? { size: told } : {}),
      };
    });
  });
}

/** Sizes of a rise of a share, in parts of what is left, and how likely each is thought: most data breaks by a point or wholly. */
const RISES: ReadonlyArray<readonly [number, number]> = [
  [0.003, 0.15],
  [0.01, 0.4],
  [0.04, 0.2],
  [0.25, 0.15],
];
const FALLS: ReadonlyArray<readonly [number, number]> = [
  [0.7, 0.05],
  [0.2, 0.05],
];

/** Bets that the share of one bin has risen beyond, or fallen below, what the reference and the tolerance allow: likelihood ratios of binomials. */
export function betsOnShare(
  counts: ArrayLike<number>,
  bin: number,
  direction: number,
  { name, weight, tolerance, excess }: { name: string; weight: number; tolerance: number; excess: number },
): Bet[] {
  const rows = Array.from(counts).reduce((sum, one) => sum + one, 0);
  // Windows that differ by themselves tell as much of the long run as fewer rows.
  const worth = 1 / (1 + rows * excess);
  const { low, high } = jeffreys(
    counts[bin]! * worth,
    rows * worth,
    counts[bin] === 0 ? BEYOND_NONE : BEYOND,
  );
  const bets: Bet[] = [];
  const most = Math.min(1 - 1e-9, high + tolerance);
  const least = Math.max(0, low - tolerance);
  const add = (from: number, to: number, share: number, says: string): void => {
    const logs = new Float64Array(counts.length).fill(Math.log((1 - to) / (1 - from)));
    logs[bin] = Math.log(to / from);
    bets.push({ says, weight: weight * share, logs, direction, size });
  };
  const size = (own: ArrayLike<number>): string => {
    const all = Array.from(own).reduce((sum, one) => sum + one, 0);
    return `${percent(own[bin]! / all)} of rows, ${percent(counts[bin]! / rows)} in the reference`;
  };
  for (const [rise, share] of RISES) add(most, most + (1 - most) * rise, share, `more ${name}`);
  for (const [fall, share] of FALLS) if (least > 0) add(least, least * fall, share, `less ${name}`);
  return bets;
}

const percent = (share: number): string => `${(100 * share).toPrecision(2)} %`;
