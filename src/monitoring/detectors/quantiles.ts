import { betaLower, chiSquareTail, normalTail } from '../../platform/mathematics/index.ts';

/** Where a rising function reaches a value between two places, by halving. */
export function solve(rising: (x: number) => number, target: number, from: number, to: number): number {
  let [low, high] = [from, to];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (rising(middle) < target) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The standard normal value that a share `p` lies below; 0 < p < 1. */
export function normalQuantile(p: number): number {
  return p > 0.5 ? -normalQuantile(1 - p) : solve((z) => normalTail(-z), p, -39, 0);
}

/** The value that a chi-square with `df` degrees of freedom exceeds with probability `beyond`. */
export function chiSquareBeyond(beyond: number, df: number): number {
  return solve((x) => -chiSquareTail(x, df), -beyond, 0, df + 20 * Math.sqrt(2 * df) + 50);
}

/**
 * The two ends of Jeffreys' interval of a share, each exceeded with the given probability: quantiles of Beta(hits + ½, misses + ½). They stay above 0
 * and below 1 also where nothing, or everything, was hit.
 */
export function jeffreys(hits: number, of: number, beyond: number): { low: number; high: number } {
  // On the logarithmic scale, so that shares of one in a million keep their digits.
  const quantile = (p: number, a: number, b: number): number =>
    Math.exp(solve((log) => betaLower(a, b, Math.exp(log)), p, -60, 0));
  const [a, b] = [hits + 0.5, of - hits + 0.5];
  // The upper end straight where it is small, or digits would be lost to 1.
  const upper = hits <= of / 2 ? quantile(1 - beyond, a, b) : 1 - quantile(beyond, b, a);
  return { low: quantile(beyond, a, b), high: upper };
}
