import { METRICS, type Name } from '../../rules/index.ts';
import { t95, type Estimate } from '../metrics/estimate.ts';
import { widthOf } from '../metrics/widen.ts';
import type { Figures, Linear } from './compute.ts';

/** How far a metric between fixed bounds must lie from a bound to matter; of other metrics this share of the bound. */
const MATTERS = 0.01;

/** Other rows would have given another value. */
export const isSampled = ({ spread, low, high }: Estimate): boolean =>
  spread !== undefined || (low !== undefined && high !== undefined && low < high);

/** A metric of so few rows that it has no interval at all. */
export const isUnsure = ({ n, low }: Estimate, name: Name): boolean =>
  name.kind === 'figure' && Object.hasOwn(METRICS, name.name) && low === undefined && n < 10;

export interface Interval {
  low: number;
  high: number;
  /** Degrees of freedom of its quantile. */
  df: number;
}

/** The 95 % interval of left minus right. */
export function intervalOf(
  value: number,
  sampled: Linear['of'],
  { rows: all, structures = [] }: Figures,
  rows: number,
): Interval {
  const [one] = sampled;
  // One figure alone: its own interval, which is better than a normal one near the ends of its range.
  if (sampled.length === 1 && one && one.estimate.low !== undefined && one.estimate.high !== undefined) {
    const ends = [
      value + one.slope * (one.estimate.low - one.estimate.value),
      value + one.slope * (one.estimate.high - one.estimate.value),
    ];
    return { low: Math.min(...ends), high: Math.max(...ends), df: rows - 1 };
  }
  // All of them row by row, so that what two models have in common cancels.
  const each = new Float64Array(all);
  let counts = 0;
  for (const { estimate, slope } of sampled) {
    estimate.spread?.add(each, slope);
    if (estimate.spread?.counts) counts = Math.max(counts, Math.abs(slope));
  }
  const width = widthOf(each, rows - 1, structures);
  // Bonett and Price: two more rows, one each way, so that a few equal answers do not prove two models equal.
  const unseen = t95(Math.max(1, rows - 1)) * Math.SQRT2 * (counts / (rows / width.effect + 2));
  const half = Math.hypot(width.half, unseen);
  return { low: value - half, high: value + half, df: width.df };
}

/** The smallest difference that matters, in the units of the rule. */
export function mattering(sampled: Linear['of'], left: number, right: number): number {
  const bounded = sampled.every(({ name }) => name.kind === 'figure' && METRICS[name.name]?.bounded === true);
  if (bounded) return MATTERS * Math.max(...sampled.map(({ slope }) => Math.abs(slope)));
  return MATTERS * Math.max(Math.abs(left), Math.abs(right));
}
