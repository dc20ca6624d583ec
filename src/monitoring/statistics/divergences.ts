import { chiSquareTail } from '../../platform/mathematics/index.ts';
import { sharesOf, smoothingOf, type Shares, type Smoothing } from './shares.ts';

/** How far the current rows are from the reference, by bins. */
export interface Divergence {
  name: string;
  /** Null where one side has no rows: that is no distance of 0. */
  value: number | null;
  /** Rows of the reference and of the current window. */
  n: number;
  m: number;
  /** Bins that are not empty on both sides. */
  bins: number;
  smoothing: string;
  /** How the bins were made, as the caller said. */
  binning?: string;
}

export interface DivergenceOptions {
  smoothing?: Smoothing | undefined;
  /** Goes into the result: `binningOf(anchor)`. */
  binning?: string | undefined;
}

/** Counts of equal bins, of the reference and of the current rows. */
export type Counts = ArrayLike<number>;

const LN2 = Math.LN2;

/**
 * Population stability index Σ (p − q) ln(p / q) = KL(p‖q) + KL(q‖p), in nats; symmetric. With no change at all it is about
 * χ²(bins − 1) · (1/n + 1/m), so no fixed limit fits every size. Smoothed after Jeffreys unless said otherwise; with no smoothing an empty bin
 * makes it infinite.
 */
export const psi = (reference: Counts, current: Counts, options: DivergenceOptions = {}): Divergence =>
  measure('psi', [reference, current], { smoothing: 'jeffreys', ...given(options) }, ({ p, q }) =>
    sum(p, (one, i) => (one === q[i] ? 0 : (one - q[i]!) * Math.log(one / q[i]!))),
  );

/**
 * The chance of a PSI as large (with Jeffreys' smoothing) where nothing changed: about that of a chi-square with bins − 1 degrees of freedom, times
 * 1/n + 1/m, each as far as the smoothing leaves it: n / (n + bins/2)². Good where some five rows are in each bin; null where there was nothing to compare.
 */
export function psiTail(reference: Counts, current: Counts): number | null {
  const { value, n, m, bins } = psi(reference, current);
  const left = (rows: number): number => rows / (rows + bins / 2) ** 2;
  return value === null ? null : chiSquareTail(value / (left(n) + left(m)), bins - 1);
}

/** Kullback–Leibler divergence of the reference from the current rows, Σ p ln(p / q), in nats; not symmetric. Smoothed as PSI is. */
export const kullbackLeibler = (
  reference: Counts,
  current: Counts,
  options: DivergenceOptions = {},
): Divergence =>
  measure('kl', [reference, current], { smoothing: 'jeffreys', ...given(options) }, ({ p, q }) =>
    sum(p, (one, i) => (one === 0 ? 0 : one * Math.log(one / q[i]!))),
  );

export interface JensenShannonOptions extends DivergenceOptions {
  /** Of the logarithm: e gives nats and a divergence of at most ln 2, 2 gives bits and at most 1. */
  base?: 'e' | 2 | undefined;
}

/**
 * Jensen–Shannon divergence ½ KL(p‖m) + ½ KL(q‖m), m = (p + q) / 2; symmetric. It needs no smoothing and has none unless said
 * otherwise.
 */
export function jensenShannonDivergence(
  reference: Counts,
  current: Counts,
  { base = 'e', ...options }: JensenShannonOptions = {},
): Divergence {
  const unit = base === 2 ? LN2 : 1;
  return measure(
    `js_divergence_${base}`,
    [reference, current],
    { smoothing: 'none', ...given(options) },
    (shares) => divergence(shares) / unit,
  );
}

/** Jensen–Shannon distance, the square root of the divergence: a metric, at most √ln 2 = 0.8326 in nats and 1 with base 2. */
export function jensenShannonDistance(
  reference: Counts,
  current: Counts,
  options: JensenShannonOptions = {},
): Divergence {
  const found = jensenShannonDivergence(reference, current, options);
  return {
    ...found,
    name: `js_distance_${options.base ?? 'e'}`,
    value: found.value === null ? null : Math.sqrt(found.value),
  };
}

/** Hellinger distance √(1 − Σ √(p q)), from 0 to 1; as √(½ Σ (√p − √q)²), which does not cancel. No smoothing unless said otherwise. */
export const hellinger = (reference: Counts, current: Counts, options: DivergenceOptions = {}): Divergence =>
  measure('hellinger', [reference, current], { smoothing: 'none', ...given(options) }, ({ p, q }) =>
    Math.sqrt(sum(p, (one, i) => (Math.sqrt(one) - Math.sqrt(q[i]!)) ** 2) / 2),
  );

/** Total variation ½ Σ |p − q|, from 0 to 1: the share of rows that would have to move. No smoothing unless said otherwise. */
export const totalVariation = (
  reference: Counts,
  current: Counts,
  options: DivergenceOptions = {},
): Divergence =>
  measure(
    'total_variation',
    [reference, current],
    { smoothing: 'none', ...given(options) },
    ({ p, q }) => sum(p, (one, i) => Math.abs(one - q[i]!)) / 2,
  );

/** L∞ (Chebyshev) distance max |p − q|: the largest change of the share of one bin. No smoothing unless said otherwise. */
export const chebyshev = (reference: Counts, current: Counts, options: DivergenceOptions = {}): Divergence =>
  measure('l_infinity', [reference, current], { smoothing: 'none', ...given(options) }, ({ p, q }) =>
    p.reduce((most, one, i) => Math.max(most, Math.abs(one - q[i]!)), 0),
  );

function divergence({ p, q }: Shares): number {
  // Each bin's part is at least 0, and exactly 0 where both are equal: no rounding makes the root of a negative number of it.
  const part = (one: number, middle: number): number => (one === 0 ? 0 : one * Math.log(one / middle));
  const all = sum(p, (one, i) => {
    const middle = (one + q[i]!) / 2;
    return one === q[i] ? 0 : Math.max(0, part(one, middle) + part(q[i]!, middle));
  });
  return all / 2;
}

function measure(
  name: string,
  [reference, current]: readonly [Counts, Counts],
  { smoothing, binning }: { smoothing: Smoothing; binning?: string },
  value: (shares: Shares) => number,
): Divergence {
  const shares = sharesOf(reference, current, smoothing);
  const { n, m, p } = shares;
  return {
    name,
    value: n > 0 && m > 0 ? value(shares) : null,
    n,
    m,
    bins: p.length,
    smoothing: smoothingOf(smoothing),
    ...(binning === undefined ? {} : { binning }),
  };
}

function sum(p: Float64Array, part: (one: number, i: number) => number): number {
  let all = 0;
  for (let i = 0; i < p.length; i++) all += part(p[i]!, i);
  return all;
}

/** Without what is undefined, so that defaults stand. */
function given({ smoothing, binning }: DivergenceOptions): { smoothing?: Smoothing; binning?: string } {
  return { ...(smoothing === undefined ? {} : { smoothing }), ...(binning === undefined ? {} : { binning }) };
}
