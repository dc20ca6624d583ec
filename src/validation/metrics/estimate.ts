/**
 * A figure with what each row contributes to its error. The contributions are the influence of each row (the derivative of the
 * figure by the row's weight): they sum to 0, and the variance of the figure is the sum of their squares. With them the error of
 * any smooth expression of several figures, on one model or on two, in one slice or in several, is the same sum over the same
 * rows, so that every comparison on the same rows is a paired one. For the AUC this is DeLong's method exactly.
 */
export interface Estimate {
  name: string;
  value: number;
  /** Rows it was computed from. */
  n: number;
  low?: number;
  high?: number;
  /** How the interval was made. */
  method?: string;
  spread?: Spread;
}

export interface Spread {
  /** Adds `factor` × the contribution of each row to `into`, which has an element for each row of the gate's data. */
  add(into: Float64Array, factor: number): void;
  /** It moves in steps of one row (a count), so that equal counts on few rows do not mean that two models are equal. */
  counts?: boolean;
}

/** Figures by name; a text says why one is missing. */
export type Estimates = ReadonlyMap<string, Estimate | string>;

/** Standard normal quantile of 97.5 %, and of 80 % for power. */
export const Z95 = 1.959963984540054;
export const Z80 = 0.8416212335729143;

/** Quantile 97.5 % of Student's t: exact enough (1e-4) from 3 degrees of freedom by Hill's expansion. */
export function t95(df: number): number {
  if (df <= 1) return 12.7062;
  if (df <= 2) return 4.30265;
  const z = Z95;
  const g1 = (z ** 3 + z) / 4;
  const g2 = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96;
  const g3 = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384;
  const g4 = (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92160;
  return z + g1 / df + g2 / df ** 2 + g3 / df ** 3 + g4 / df ** 4;
}

export interface Range {
  low: number;
  high: number;
}

/** Wilson's interval of a proportion. */
export function wilson(hits: number, n: number): Range {
  const p = hits / n;
  const z2 = Z95 * Z95;
  const middle = (p + z2 / (2 * n)) / (1 + z2 / n);
  const half = (Z95 / (1 + z2 / n)) * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n * n));
  // At the ends rounding would leave a hair.
  return {
    low: hits === 0 ? 0 : Math.max(0, middle - half),
    high: hits === n ? 1 : Math.min(1, middle + half),
  };
}

/** An interval made where the figure is closest to normal, and carried back. */
export function through(
  value: number,
  error: number,
  quantile: number,
  scale: 'logit' | 'fisher' | 'log' | 'none',
): Range {
  switch (scale) {
    case 'logit': {
      const middle = Math.log(value / (1 - value));
      const half = (quantile * error) / (value * (1 - value));
      return { low: 1 / (1 + Math.exp(half - middle)), high: 1 / (1 + Math.exp(-half - middle)) };
    }
    case 'fisher': {
      const half = (quantile * error) / (1 - value * value);
      return { low: Math.tanh(Math.atanh(value) - half), high: Math.tanh(Math.atanh(value) + half) };
    }
    case 'log': {
      const half = Math.exp((quantile * error) / value);
      return { low: value / half, high: value * half };
    }
    case 'none':
      return { low: value - quantile * error, high: value + quantile * error };
  }
}
