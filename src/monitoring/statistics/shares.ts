import { conflict, invalid } from '../../platform/errors/index.ts';

/**
 * What is done to empty bins before shares are compared. `jeffreys` adds half a row to each bin; `add` so many rows; `floor` lifts an
 * empty bin to a share, and what then sums to more than 1 is divided by its sum if `renormalise` says so.
 */
export type Smoothing = 'none' | 'jeffreys' | { add: number } | { floor: number; renormalise: boolean };

export interface Shares {
  /** Of the reference and of the current rows, by bin, without the bins that are empty in both. */
  p: Float64Array;
  q: Float64Array;
  /** Rows of each. */
  n: number;
  m: number;
}

/** Shares of bins that are not empty in both: those say nothing, and smoothing would make them differ where n and m do. */
export function sharesOf(
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
  smoothing: Smoothing,
): Shares {
  const { one, other } = occupied(reference, current);
  return { p: smooth(one, smoothing), q: smooth(other, smoothing), n: total(one), m: total(other) };
}

/** The counts of the bins that are not empty in both. */
export function occupied(
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
): { one: Float64Array; other: Float64Array } {
  if (reference.length !== current.length)
    throw conflict(`${reference.length} bins cannot be compared with ${current.length}`, {
      hint: 'Count both on the same anchor.',
    });
  for (const counts of [reference, current])
    for (let i = 0; i < counts.length; i++)
      if (!(counts[i]! >= 0) || counts[i] === Infinity)
        throw invalid(`the count of bin ${i} is ${counts[i]}: a count is a finite number from 0 upwards`, {
          field: 'counts',
        });
  const kept = (_one: unknown, i: number): boolean => reference[i]! > 0 || current[i]! > 0;
  return {
    one: Float64Array.from(reference).filter(kept),
    other: Float64Array.from(current).filter(kept),
  };
}

function smooth(counts: Float64Array, smoothing: Smoothing): Float64Array {
  const rows = total(counts);
  if (smoothing === 'none') return counts.map((one) => one / rows);
  if (smoothing === 'jeffreys' || 'add' in smoothing) {
    const add = smoothing === 'jeffreys' ? 0.5 : smoothing.add;
    return counts.map((one) => (one + add) / (rows + counts.length * add));
  }
  const lifted = counts.map((one) => (one === 0 ? smoothing.floor : one / rows));
  const sum = smoothing.renormalise ? total(lifted) : 1;
  return lifted.map((one) => one / sum);
}

export function total(counts: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < counts.length; i++) sum += counts[i]!;
  return sum;
}

/** In words, for the result. */
export function smoothingOf(smoothing: Smoothing): string {
  if (smoothing === 'none') return 'none';
  if (smoothing === 'jeffreys') return 'Jeffreys: half a row added to each bin';
  if ('add' in smoothing) return `${smoothing.add} rows added to each bin`;
  return `empty bins lifted to a share of ${smoothing.floor}${smoothing.renormalise ? ', renormalised' : ''}`;
}
