import { normalQuantile } from './quantiles.ts';

/** Up to so many trials the distribution is computed in full: the work grows with their square. */
const EXACT = 1000;

/**
 * How many of independent trials, each with its own chance, succeed: mean, and the two ends between which the number lies with 95 %. Up to 1,000 trials
 * exact, by convolution; above by the normal distribution with its first correction for skewness (Volkova 1996).
 */
export function poissonBinomial(chances: ArrayLike<number>): { mean: number; low: number; high: number } {
  const n = chances.length;
  let mean = 0;
  let variance = 0;
  let third = 0;
  for (let i = 0; i < n; i++) {
    const p = chances[i]!;
    mean += p;
    variance += p * (1 - p);
    third += p * (1 - p) * (1 - 2 * p);
  }
  if (n > EXACT) {
    if (variance === 0) return { mean, low: mean, high: mean };
    const end = (share: number): number => {
      const z = normalQuantile(share);
      return mean + z * Math.sqrt(variance) + ((z * z - 1) / 6) * (third / variance);
    };
    return { mean, low: Math.max(0, end(0.025) - 0.5), high: Math.min(n, end(0.975) + 0.5) };
  }
  const mass = new Float64Array(n + 1);
  mass[0] = 1;
  for (let i = 0; i < n; i++) {
    const p = chances[i]!;
    for (let k = i + 1; k > 0; k--) mass[k] = mass[k]! * (1 - p) + mass[k - 1]! * p;
    mass[0]! *= 1 - p;
  }
  let low = 0;
  for (let below = mass[0]!; below < 0.025 && low < n; below += mass[low]!) low++;
  let high = n;
  for (let above = mass[n]!; above < 0.025 && high > 0; above += mass[high]!) high--;
  return { mean, low, high };
}
