import { momentsOf } from './numbers.ts';
import { eachValue, finitePart, type Sample } from './sample.ts';

/** A distance between two samples along the axis of their values. */
export interface SampleDistance {
  name: string;
  /** Null where a side has no finite value. */
  value: number | null;
  /** Finite values of the reference and of the current rows. */
  n: number;
  m: number;
  /** Infinities that were left out, of both: see the bins of −∞ and +∞. */
  infinite: number;
}

/** Wasserstein-1 (earth mover's) distance ∫ |F − G| dx, in the unit of the values. Equals `scipy.stats.wasserstein_distance`. */
export const wasserstein = (reference: Sample, current: Sample): SampleDistance =>
  distance('wasserstein', reference, current, Math.abs);

/** The least deviation that a distance is divided by: that of a constant column is 0. */
export const LEAST_DEVIATION = 0.001;

/**
 * Wasserstein-1 distance in standard deviations of the reference (divided by n, at least 0.001). With no change it is about 1.2 · √(1/n + 1/m) for
 * normal values, so no fixed limit fits every size.
 */
export function normedWasserstein(reference: Sample, current: Sample): SampleDistance {
  const found = wasserstein(reference, current);
  const scale = Math.max(momentsOf(finitePart(reference)).deviation, LEAST_DEVIATION);
  return { ...found, name: 'wasserstein_normed', value: found.value === null ? null : found.value / scale };
}

/** Energy distance √(2 ∫ (F − G)² dx), in the root of the unit of the values. Equals `scipy.stats.energy_distance`. */
export function energy(reference: Sample, current: Sample): SampleDistance {
  const found = distance('energy', reference, current, (gap) => gap * gap);
  return { ...found, value: found.value === null ? null : Math.sqrt(2 * found.value) };
}

function distance(
  name: string,
  reference: Sample,
  current: Sample,
  part: (gap: number) => number,
): SampleDistance {
  const [x, y] = [finitePart(reference), finitePart(current)];
  const infinite = reference.sorted.length + current.sorted.length - x.length - y.length;
  const found = { name, n: x.length, m: y.length, infinite };
  if (x.length === 0 || y.length === 0) return { ...found, value: null };
  let [before, below, under, area] = [0, 0, 0, 0];
  eachValue(x, y, (value, inX, inY) => {
    const gap = part(below / x.length - under / y.length);
    // Before the first value the gap is 0, and so wide that 0 · ∞ could come of it.
    if (gap > 0) area += gap * (value - before);
    before = value;
    below += inX;
    under += inY;
  });
  return { ...found, value: area };
}
