import { t95, type Estimate, type Spread } from './estimate.ts';
import type { Rows } from './ranking.ts';

/**
 * The mean of a loss over the rows; no loss is below 0. Losses are skewed (a few rows are very wrong), which Student's interval does not see: it is
 * corrected by Hall's transformation (1992).
 */
export function mean(name: string, losses: Float64Array, rows: Rows): Estimate {
  const n = losses.length;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += losses[i]!;
  const value = sum / n;
  if (n < 2) return { name, value, n };
  let squares = 0;
  let cubes = 0;
  for (let i = 0; i < n; i++) {
    const off = losses[i]! - value;
    squares += off * off;
    cubes += off * off * off;
  }
  const deviation = Math.sqrt(squares / (n - 1));
  const skew = deviation > 0 ? cubes / n / deviation ** 3 : 0;
  const correct = Math.sqrt(n / (n - 1)) / n;
  const spread: Spread = {
    add(into, factor) {
      for (let i = 0; i < n; i++) into[rows ? rows[i]! : i]! += factor * correct * (losses[i]! - value);
    },
  };
  const quantile = t95(n - 1) / Math.sqrt(n);
  return {
    name,
    value,
    n,
    low: Math.max(0, value - deviation * unskew(quantile, skew, n)),
    high: value - deviation * unskew(-quantile, skew, n),
    method: 't, corrected for skewness',
    spread,
  };
}

function unskew(x: number, skew: number, n: number): number {
  if (Math.abs(skew) < 1e-6) return x;
  return (3 / skew) * (Math.cbrt(1 + skew * (x - skew / (6 * n))) - 1);
}

/** A figure made of another by a smooth function; its contributions are the other's, times the slope. */
export function derived(
  from: Estimate,
  name: string,
  { value, slope, ends }: { value: number; slope: number; ends?: (end: number) => number },
): Estimate {
  const { spread, low, high } = from;
  return {
    name,
    value,
    n: from.n,
    ...(ends && low !== undefined && high !== undefined
      ? { low: Math.min(ends(low), ends(high)), high: Math.max(ends(low), ends(high)) }
      : {}),
    ...(from.method === undefined ? {} : { method: from.method }),
    ...(spread ? { spread: { ...spread, add: (into, factor) => spread.add(into, factor * slope) } } : {}),
  };
}
