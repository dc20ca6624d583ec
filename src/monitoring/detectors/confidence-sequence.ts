/**
 * Running sums of the predictable plug-in empirical-Bernstein confidence sequence (Waudby-Smith and Ramdas 2024, theorem 2): for values in [0, 1], an interval
 * that holds the mean at all times together with probability 1 − alpha, however long it is watched and whenever one stops. Where the mean moves it
 * holds the average of the means so far, weighted by λ. No approximation.
 */
export interface MeanSums {
  count: number;
  sum: number;
  squares: number;
  stakes: number;
  staked: number;
  paid: number;
}

export const noMean = (): MeanSums => ({ count: 0, sum: 0, squares: 0, stakes: 0, staked: 0, paid: 0 });

/** One more value. Both ends need alpha / 2; no stake exceeds one half. */
export function addTo(sums: MeanSums, value: number, alpha: number): void {
  const n = sums.count + 1;
  const mean = (0.5 + sums.sum) / n;
  const variance = (0.25 + sums.squares) / n;
  const stake = Math.min(0.5, Math.sqrt((2 * Math.log(2 / alpha)) / (variance * n * Math.log(1 + n))));
  sums.stakes += stake;
  sums.staked += stake * value;
  sums.paid += (value - mean) ** 2 * (-Math.log1p(-stake) - stake);
  sums.count = n;
  sums.sum += value;
  sums.squares += (value - (0.5 + sums.sum) / (n + 1)) ** 2;
}

/** The interval at this moment; all of [0, 1] before the first value. */
export function rangeOf(sums: MeanSums, alpha: number): { low: number; high: number } {
  if (sums.count === 0) return { low: 0, high: 1 };
  const middle = sums.staked / sums.stakes;
  const half = (Math.log(2 / alpha) + sums.paid) / sums.stakes;
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}
