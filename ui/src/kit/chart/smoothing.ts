/**
 * The two smoothers of the field, by their published formulas. Both pass non-finite points through untouched and
 * leave them out of the average, and neither ever replaces the raw line: a chart draws it behind.
 */

/**
 * Debiased exponential average as in TensorBoard: m ← s·m + (1−s)·y, m₀ = 0, result m / (1 − sᵗ), t counting finite points.
 * A constant series comes back as it is.
 */
export function debiasedEma(ys: readonly (number | null)[], smoothing: number): (number | null)[] {
  const s = Math.min(Math.max(smoothing, 0), 0.999);
  const finite = ys.filter((y) => y !== null && Number.isFinite(y));
  if (s === 0 || finite.every((y) => y === finite[0])) return [...ys];
  let m = 0;
  let t = 0;
  return ys.map((y) => {
    if (y === null || !Number.isFinite(y)) return y;
    m = s * m + (1 - s) * y;
    t++;
    return m / (1 - s ** t);
  });
}

/** How many unit steps the visible x-range is cut into: a point one such step away weighs √p of its neighbour. */
const VIEWPORT_STEPS = 1000;

/**
 * Time-weighted EMA, the default of Weights & Biases: the memory fades with distance in x, not with the number of points,
 * so unevenly logged series smooth evenly. w = min(√p, 0.999); aᵢ = w^(Δxᵢ / range · K); Sᵢ = aᵢS + yᵢ; Dᵢ = aᵢD + 1; result S / D.
 */
export function timeWeightedEma(
  xs: readonly number[],
  ys: readonly (number | null)[],
  smoothing: number,
  range: number,
): (number | null)[] {
  if (smoothing <= 0 || !(range > 0)) return [...ys];
  const w = Math.min(Math.sqrt(Math.min(smoothing, 1)), 0.999);
  let sum = 0;
  let weight = 0;
  let last: number | undefined;
  return ys.map((y, i) => {
    if (y === null || !Number.isFinite(y)) return y;
    const x = xs[i] ?? 0;
    const a = last === undefined ? 0 : w ** (((x - last) / range) * VIEWPORT_STEPS);
    last = x;
    sum = a * sum + y;
    weight = a * weight + 1;
    return sum / weight;
  });
}

export type Smoother = 'twema' | 'ema';

export function smooth(
  kind: Smoother,
  xs: readonly number[],
  ys: readonly (number | null)[],
  amount: number,
  range: number,
): (number | null)[] {
  return kind === 'ema' ? debiasedEma(ys, amount) : timeWeightedEma(xs, ys, amount, range);
}
