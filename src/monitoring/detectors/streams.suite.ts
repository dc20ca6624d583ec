import type { Random } from '../../../test/random.ts';
import { normalTail } from '../../platform/mathematics/index.ts';

/** Draws rows into bins with given shares; `cells` says at which bin to begin looking. */
export function sampler(shares: readonly number[]): (r: Random, rows: number) => Float64Array {
  const upTo: number[] = [];
  let sum = 0;
  for (const share of shares) upTo.push((sum += share));
  upTo[upTo.length - 1] = 2;
  const cells = Uint16Array.from({ length: 1024 }, (_one, cell) =>
    upTo.findIndex((end) => end > cell / 1024),
  );
  return (r, rows) => {
    const counts = new Float64Array(shares.length);
    for (let i = 0; i < rows; i++) {
      const u = r.uniform();
      let bin = cells[(u * 1024) | 0]!;
      while (u >= upTo[bin]!) bin++;
      counts[bin]!++;
    }
    return counts;
  };
}

export const DAY = 86_400_000;
const BINS = 20;
export const MISSING = BINS;
export const ORDER = Array.from({ length: BINS }, (_one, bin) => bin);

/** A normal column with 20 bins at the quantiles of a drawn reference, and one bin more for missing values. */
export function normalColumn(r: Random, rows: number, missing = 0) {
  const drawn = Float64Array.from({ length: rows }, () => r.normal()).toSorted();
  const edges = Array.from({ length: BINS - 1 }, (_one, k) => drawn[Math.floor(((k + 1) * rows) / BINS)]!);
  const counts = new Float64Array(BINS + 1);
  for (const value of drawn) counts[edges.findLastIndex((edge) => edge <= value) + 1]!++;
  const shares = (shift = 0, scale = 1, lost = missing): number[] => {
    const below = [-Infinity, ...edges, Infinity].map((edge) => normalTail((shift - edge) / scale));
    return [...ORDER.map((bin) => (1 - lost) * (below[bin + 1]! - below[bin]!)), lost];
  };
  if (missing > 0) counts.set(sampler(shares())(r, rows));
  return { counts, shares };
}

/** The median and another quantile of numbers, each the value that so many are at or below. */
export function quantile(of: readonly number[], share: number): number {
  const sorted = of.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

/** Numbers that go with the one before by ρ, each of variance 1. */
export function* wobble(r: Random, rho: number): Generator<number> {
  let now = r.normal();
  for (;;) {
    yield now;
    now = rho * now + Math.sqrt(1 - rho * rho) * r.normal();
  }
}
