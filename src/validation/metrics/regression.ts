import { through, t95, Z95, type Estimate } from './estimate.ts';
import { derived, mean } from './mean.ts';
import { medianOf } from '../../platform/mathematics/index.ts';
import type { Rows } from './ranking.ts';

/** All figures of a regression on one part of the rows. */
export function regressionMetrics(
  label: Float64Array,
  said: Float64Array,
  rows?: Rows,
): Map<string, Estimate | string> {
  const n = label.length;
  const metrics = new Map<string, Estimate | string>();
  const put = (estimate: Estimate): void => void metrics.set(estimate.name, estimate);
  const off = Float64Array.from(label, (y, i) => Math.abs(y - said[i]!));
  const squares = off.map((one) => one * one);
  put(mean('mae', off, rows));
  const mse = mean('mse', squares, rows);
  put(mse);
  const root = Math.sqrt(mse.value);
  put(
    derived(mse, 'rmse', {
      value: root,
      slope: root > 0 ? 1 / (2 * root) : 0,
      ends: (end) => Math.sqrt(Math.max(0, end)),
    }),
  );
  metrics.set('r2', rSquared(label, squares, mse, rows));
  // scikit-learn divides by the smallest step of a double where the label is 0.
  put(
    mean(
      'mape',
      off.map((one, i) => one / Math.max(Math.abs(label[i]!), Number.EPSILON)),
      rows,
    ),
  );
  put(medianError(off, rows));
  put({ name: 'max_error', value: off.reduce((most, one) => Math.max(most, one), 0), n });
  return metrics;
}

function rSquared(label: Float64Array, squares: Float64Array, mse: Estimate, rows: Rows): Estimate | string {
  const n = label.length;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += label[i]!;
  const middle = sum / n;
  let total = 0;
  for (let i = 0; i < n; i++) total += (label[i]! - middle) ** 2;
  if (total === 0 || n < 2) return 'the label has one value only: there is nothing to explain';
  const left = (mse.value * n) / total;
  const value = 1 - left;
  const correct = Math.sqrt(n / (n - 1)) / total;
  const contribution = (i: number): number => -correct * (squares[i]! - left * (label[i]! - middle) ** 2);
  let variance = 0;
  for (let i = 0; i < n; i++) variance += contribution(i) ** 2;
  const range = left > 0 ? through(left, Math.sqrt(variance), t95(n - 1), 'log') : { low: 0, high: 0 };
  return {
    name: 'r2',
    value,
    n,
    low: 1 - range.high,
    high: 1 - range.low,
    method: 'delta method, on the log scale',
    spread: {
      add(into, factor) {
        for (let i = 0; i < n; i++) into[rows ? rows[i]! : i]! += factor * contribution(i);
      },
    },
  };
}

/** The median absolute error; its interval are two of the sorted errors, by the binomial distribution of how many lie below. */
function medianError(off: Float64Array, rows: Rows): Estimate {
  const n = off.length;
  const sorted = off.toSorted();
  const value = medianOf(sorted);
  if (n < 6) return { name: 'median_ae', value, n };
  const half = (Z95 * Math.sqrt(n)) / 2;
  const low = sorted[Math.max(0, Math.floor(n / 2 - half))]!;
  const high = sorted[Math.min(n - 1, Math.ceil(n / 2 + half) - 1)]!;
  const step = (high - low) / (2 * Z95) / Math.sqrt(n);
  return {
    name: 'median_ae',
    value,
    n,
    low,
    high,
    method: 'order statistics',
    spread: {
      add(into, factor) {
        for (let i = 0; i < n; i++) into[rows ? rows[i]! : i]! += factor * step * Math.sign(off[i]! - value);
      },
    },
  };
}
