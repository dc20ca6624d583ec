/**
 * The smoothers of the field, by their published formulas. All pass non-finite points through untouched and
 * leave them out of the average, and none ever replaces the raw line: a chart draws it behind.
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

/**
 * Gaussian kernel over the points, `sigma` points wide: weights e^(−k²/2σ²) for |k| ≤ ⌈3σ⌉, which add up to one; beyond the ends the
 * first and the last value go on.
 */
export function gaussian(ys: readonly (number | null)[], sigma: number): (number | null)[] {
  if (!(sigma > 0)) return [...ys];
  const radius = Math.ceil(3 * sigma);
  const weights = Array.from({ length: radius + 1 }, (_, k) => Math.exp((-k * k) / (2 * sigma * sigma)));
  const whole = weights.reduce((sum, weight, k) => sum + (k === 0 ? weight : 2 * weight), 0);
  return overFinite(ys, (points) =>
    points.map((_, i) => {
      let sum = points[i]! * weights[0]!;
      for (let k = 1; k <= radius; k++)
        sum += weights[k]! * (points[Math.max(0, i - k)]! + points[Math.min(points.length - 1, i + k)]!);
      return sum / whole;
    }),
  );
}

/** The mean of the `width` points around each; at the ends of those that there are. */
export function runningMean(ys: readonly (number | null)[], width: number): (number | null)[] {
  const half = Math.floor(width / 2);
  if (half < 1) return [...ys];
  return overFinite(ys, (points) => {
    // Each window is summed anew: a running sum would carry the error of a huge value along.
    return points.map((_, i) => {
      const [from, to] = [Math.max(0, i - half), Math.min(points.length - 1, i + half)];
      let sum = 0;
      for (let k = from; k <= to; k++) sum += points[k]!;
      return sum / (to - from + 1);
    });
  });
}

/** Smooths the finite points as if the others were not there, and puts those back in their places. */
function overFinite(
  ys: readonly (number | null)[],
  smoothed: (points: number[]) => number[],
): (number | null)[] {
  const finite = (y: number | null): y is number => y !== null && Number.isFinite(y);
  const points = smoothed(ys.filter(finite));
  let next = 0;
  return ys.map((y) => (finite(y) ? points[next++]! : y));
}

export const SMOOTHER_NAMES = ['twema', 'ema', 'gauss', 'mean'] as const;
export type Smoother = (typeof SMOOTHER_NAMES)[number];

/** How far each may be turned, and what the number counts. */
export const SMOOTHERS: Readonly<
  Record<Smoother, { label: string; most: number; step: number; usual: number; unit: string }>
> = {
  twema: { label: 'time-weighted average', most: 0.999, step: 0.001, usual: 0.6, unit: '' },
  ema: { label: 'exponential average', most: 0.999, step: 0.001, usual: 0.6, unit: '' },
  gauss: { label: 'Gaussian', most: 50, step: 0.5, usual: 3, unit: 'points σ' },
  mean: { label: 'running mean', most: 201, step: 2, usual: 11, unit: 'points' },
};

/** The smoother and how far it is turned, as it stands in pictures and tables. */
export const smoothingWords = (kind: Smoother, amount: number): string =>
  `${SMOOTHERS[kind].label} ${Math.min(amount, SMOOTHERS[kind].most)}${SMOOTHERS[kind].unit && ` ${SMOOTHERS[kind].unit}`}`;

/** `amount`: the weight of what was, for both averages; points for the other two. `range`: of the x in sight. */
export function smooth(
  kind: Smoother,
  xs: readonly number[],
  ys: readonly (number | null)[],
  amount: number,
  range: number,
): (number | null)[] {
  const turned = Math.min(amount, SMOOTHERS[kind].most);
  if (kind === 'ema') return debiasedEma(ys, turned);
  if (kind === 'gauss') return gaussian(ys, turned);
  return kind === 'mean' ? runningMean(ys, turned) : timeWeightedEma(xs, ys, turned, range);
}
