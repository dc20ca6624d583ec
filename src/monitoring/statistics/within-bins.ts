import type { NumericAnchor } from './anchor.ts';
import { sameAnchor, type Histogram } from './histogram.ts';

/** A figure of raw values, as far as histograms tell: the raw one lies between `low` and `high`. */
export interface Bounded {
  name: string;
  /** Null where a side has no rows. */
  value: number | null;
  low: number | null;
  high: number | null;
  n: number;
  m: number;
}

/**
 * Kolmogorov–Smirnov's D from histograms of one anchor: at the edges both distribution functions are known exactly, so `value` and `low` are
 * the largest gap there, and within a bin the gap exceeds it by no more than the bin's rows. Infinities are values, as in the raw D.
 */
export function binnedKolmogorovSmirnov(
  anchor: NumericAnchor,
  reference: Histogram,
  current: Histogram,
): Bounded {
  const steps = stepsOf(anchor, reference, current, true);
  if (!steps) return nothing('kolmogorov_smirnov', reference, current);
  let [low, high] = [0, 0];
  for (const { before, after, point } of steps.bins) {
    const gap = Math.abs(after.f - after.g);
    low = Math.max(low, gap);
    high = Math.max(high, gap, ...(point ? [] : [after.f - before.g, after.g - before.f]));
  }
  return { name: 'kolmogorov_smirnov', value: low, low, high: Math.min(1, high), n: steps.n, m: steps.m };
}

/**
 * Wasserstein-1 distance from histograms of one anchor, in the unit of the values: `value` spreads the rows of a bin evenly over it, the
 * bounds let them lie anywhere in it. The outer bins reach as far as their rows. Finite values only, as in the raw distance.
 */
export function binnedWasserstein(anchor: NumericAnchor, reference: Histogram, current: Histogram): Bounded {
  const steps = stepsOf(anchor, reference, current, false);
  if (!steps) return nothing('wasserstein', reference, current);
  let [value, low, high] = [0, 0, 0];
  for (const { before, after, width } of steps.bins) {
    if (width === 0) continue;
    value += width * meanGap(before.f - before.g, after.f - after.g);
    // The gap can be anything between one side's rows lying all on the left, and the other's.
    const [least, most] = [before.f - after.g, after.f - before.g];
    low += width * Math.max(0, least, -most);
    high += width * Math.max(Math.abs(least), Math.abs(most));
  }
  return { name: 'wasserstein', value, low, high, n: steps.n, m: steps.m };
}

/** Both distribution functions on one side of a bin. */
interface Ends {
  f: number;
  g: number;
}

interface Step {
  before: Ends;
  after: Ends;
  width: number;
  /** All rows of the bin have the same value. */
  point: boolean;
}

function stepsOf(
  anchor: NumericAnchor,
  reference: Histogram,
  current: Histogram,
  infinite: boolean,
): { bins: Step[]; n: number; m: number } | undefined {
  sameAnchor({ anchor: anchor.id }, reference);
  sameAnchor(reference, current);
  const { edges } = anchor;
  const bins = edges.length + 1;
  const points = new Set(anchor.points);
  // In the order of values: −∞, the bins, +∞.
  const order = [...(infinite ? [bins] : []), ...edges.keys(), bins - 1, ...(infinite ? [bins + 1] : [])];
  const rowsOf = ({ counts }: Histogram): number => order.reduce((sum, i) => sum + counts[i]!, 0);
  const [n, m] = [rowsOf(reference), rowsOf(current)];
  if (n === 0 || m === 0) return undefined;
  const least = Math.min(reference.low ?? Infinity, current.low ?? Infinity);
  const most = Math.max(reference.high ?? -Infinity, current.high ?? -Infinity);
  const steps: Step[] = [];
  let [f, g] = [0, 0];
  for (const i of order) {
    const before = { f: f / n, g: g / m };
    f += reference.counts[i]!;
    g += current.counts[i]!;
    const from = i === 0 ? least : edges[i - 1]!;
    const to = i === bins - 1 ? most : edges[i]!;
    steps.push({
      before,
      after: { f: f / n, g: g / m },
      // No row lies in an outer bin without an end.
      width: i < bins && Number.isFinite(from) && Number.isFinite(to) ? Math.max(0, to - from) : 0,
      point: i >= bins || points.has(edges[i - 1] ?? NaN) || from === to,
    });
  }
  return { bins: steps, n, m };
}

/** Mean of |gap| where it goes evenly from one end to the other. */
function meanGap(from: number, to: number): number {
  if (from * to >= 0) return Math.abs(from + to) / 2;
  return (from * from + to * to) / (2 * Math.abs(from - to));
}

function nothing(name: string, reference: Histogram, current: Histogram): Bounded {
  const rowsOf = ({ counts }: Histogram): number => counts.slice(0, -1).reduce((sum, one) => sum + one, 0);
  return { name, value: null, low: null, high: null, n: rowsOf(reference), m: rowsOf(current) };
}
