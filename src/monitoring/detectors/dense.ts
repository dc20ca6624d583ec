import { logGamma } from '../../platform/mathematics/index.ts';
import { chiSquareBeyond } from './quantiles.ts';

/**
 * Alternatives that name no direction: the window's shares are drawn from a Dirichlet distribution around the reference's, κ strong: 1000 is a total
 * variation of a few points, 30 another column.
 */
export const STRENGTHS: readonly number[] = [30, 100, 300, 1000];

/** Bins merged for the comparison of whole shapes, and how far from the reference a window's distribution may lie without being a change. */
export interface Dense {
  /** The group of each bin, −1 for one that takes no part. */
  group: readonly number[];
  /** Share of each group in the reference, and the same with half a row more in each. */
  shares: Float64Array;
  smooth: Float64Array;
  /** Most of KL(reference ‖ window) that is no change. */
  radius: number;
}

/**
 * The null is a ball around the reference, wide enough for what a reference of so many rows may have missed (by Wilks's theorem at 99 %, asymptotic) plus the
 * tolerance, in the same unit: the square root of 2 KL, which for a shift of a normal column is the shift in standard deviations.
 */
export function denseOf(
  counts: ArrayLike<number>,
  {
    order,
    apart,
    tolerance,
    excess,
  }: { order: readonly number[] | undefined; apart: readonly number[]; tolerance: number; excess: number },
): Dense {
  const group = order ? neighbours(counts, order) : rarest(counts);
  for (const bin of apart) group[bin] = -1;
  const names = [...new Set(group)].filter((one) => one >= 0);
  const at = group.map((one) => names.indexOf(one));
  const sums = new Float64Array(names.length);
  at.forEach((to, bin) => {
    if (to >= 0) sums[to]! += counts[bin]!;
  });
  const rows = Math.max(1, sum(sums));
  const freedom = Math.max(1, sums.filter((one) => one > 0).length - 1);
  const missed = Math.sqrt(chiSquareBeyond(0.01, freedom) * (1 / rows + excess));
  return {
    group: at,
    shares: sums.map((one) => one / rows),
    smooth: sums.map((one) => (one + 0.5) / (rows + sums.length / 2)),
    radius: (missed + tolerance) ** 2 / 2,
  };
}

const sum = (of: Float64Array): number => of.reduce((a, b) => a + b, 0);

/** Neighbours of the order join until there are about 20 groups of equal shares: more would cost evidence for detail that no change has. */
function neighbours(counts: ArrayLike<number>, order: readonly number[], groups = 20): number[] {
  const group = Array.from(counts, (_one, bin) => bin);
  if (order.length <= groups) return group;
  const total = order.reduce((all, bin) => all + counts[bin]!, 0);
  let below = 0;
  let first = order[0]!;
  let step = 0;
  for (const bin of order) {
    const here = Math.min(groups - 1, Math.floor(((below + counts[bin]! / 2) / total) * groups));
    if (here !== step) [first, step] = [bin, here];
    group[bin] = first;
    below += counts[bin]!;
  }
  return group;
}

/** The most frequent categories for themselves, the rest together. */
function rarest(counts: ArrayLike<number>, groups = 50): number[] {
  const frequent = Array.from(counts, (_one, bin) => bin).toSorted((a, b) => counts[b]! - counts[a]!);
  const rest = frequent[groups - 1] ?? -1;
  const alone = new Set(frequent.slice(0, groups));
  return Array.from(counts, (_one, bin) => (alone.has(bin) ? bin : rest));
}

/**
 * ln e of a window for each strength: the probability of its rows if their shares are Dirichlet around the reference, over the greatest probability that a
 * distribution of the null gives them. So E[e] ≤ 1 whichever distribution of the ball the window comes from, and it may come from
 * another each time. `worth` < 1 counts each row as so much of one, for windows that differ by themselves.
 */
export function denseLogs(
  { group, shares, smooth, radius }: Dense,
  counts: ArrayLike<number>,
  worth: number,
): Float64Array {
  const own = new Float64Array(shares.length);
  let rows = 0;
  for (let bin = 0; bin < group.length; bin++) {
    if (group[bin]! < 0) continue;
    own[group[bin]!]! += worth * counts[bin]!;
    rows += worth * counts[bin]!;
  }
  if (rows === 0) return new Float64Array(STRENGTHS.length);
  const most = likeliest(own, rows, shares, radius);
  return Float64Array.from(STRENGTHS, (strength) => {
    let log = logGamma(strength) - logGamma(strength + rows);
    for (let k = 0; k < own.length; k++)
      if (own[k]! > 0) log += logGamma(own[k]! + strength * smooth[k]!) - logGamma(strength * smooth[k]!);
    return log - most;
  });
}

/**
 * Greatest log-likelihood of counts among distributions p with KL(reference ‖ p) ≤ radius. The one that reaches it mixes reference and window,
 * p = (c + λ q) / (m + λ), with λ such that it lies on the edge (Lagrange); λ is taken a hair too small, never too large.
 */
function likeliest(own: Float64Array, rows: number, shares: Float64Array, radius: number): number {
  const apart = (weight: number): number => {
    let far = 0;
    for (let k = 0; k < own.length; k++) {
      const q = shares[k]!;
      if (q > 0) far += q * Math.log((q * (rows + weight)) / (own[k]! + weight * q));
    }
    return far;
  };
  let [low, high] = [-20, 40];
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (apart(Math.exp(middle)) > radius) low = middle;
    else high = middle;
  }
  const weight = Math.exp(low);
  let log = 0;
  for (let k = 0; k < own.length; k++)
    if (own[k]! > 0) log += own[k]! * Math.log((own[k]! + weight * shares[k]!) / (rows + weight));
  return log;
}
