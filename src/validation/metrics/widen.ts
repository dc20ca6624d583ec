import type { Structure } from './dependence.ts';
import { t95, type Estimate, type Estimates, type Range } from './estimate.ts';
import { METRICS } from '../../rules/index.ts';

/** The error of a sum of contributions, where rows belong together. */
export interface Width {
  /** Half of the 95 % interval. */
  half: number;
  /** The same if the rows were independent. */
  plain: number;
  /** Degrees of freedom of its quantile. */
  df: number;
  /** How many times the variance is that of independent rows: the design effect. */
  effect: number;
}

/**
 * The structures that a gate declares hold at once, so what each adds to the variance of independent rows is added up (Cameron, Gelbach and
 * Miller, 2011, with the rows as what both have in common); of those that were found along columns that look like one the widest counts. Never
 * less than of independent rows: with few entities a small variance is chance.
 */
export function widthOf(each: Float64Array, df: number, structures: readonly Structure[]): Width {
  let variance = 0;
  let rows = 0;
  for (const one of each) {
    variance += one * one;
    if (one !== 0) rows++;
  }
  const plain = t95(Math.max(1, df)) * Math.sqrt(variance);
  // Where nothing varies there is nothing to measure: then each declared entity is one answer.
  if (rows === 0) {
    const units = Math.min(...structures.filter(({ declared }) => declared).map((one) => one.units));
    return { half: plain, plain, df, effect: Math.max(1, each.length / Math.max(1, units)) };
  }
  let [half, of] = [plain, df];
  const widen = (freedom: number, its: number): void => {
    const other = t95(Math.max(1, freedom)) * Math.sqrt(its);
    if (other > half) [half, of] = [other, freedom];
  };
  let most = variance;
  let declared = variance;
  let doubt = 0;
  for (const structure of structures) {
    const robust = structure.variance(each);
    const its = Math.max(variance, robust.variance);
    if (structure.declared) {
      declared += its - variance;
      doubt += its ** 2 / robust.df;
    } else {
      widen(robust.df, its);
      most = Math.max(most, its);
    }
  }
  // Degrees of freedom of a sum of variances, by Satterthwaite.
  const freedom =
    doubt > 0 && Number.isFinite(doubt) ? Math.min(df, Math.floor(declared ** 2 / doubt + 1e-9)) : df;
  widen(freedom, declared);
  return { half, plain, df: of, effect: Math.max(most, declared) / variance };
}

/** Intervals of figures of all rows, or of `rows`, widened by the structures. */
export function widened(
  metrics: Estimates,
  structures: readonly Structure[],
  all: number,
  rows?: Uint32Array,
): Map<string, Estimate | string> {
  if (structures.length === 0) return new Map(metrics);
  const each = new Float64Array(all);
  const some = rows ? structures.map((structure) => structure.of(rows)) : structures;
  const along = [...new Set(structures.flatMap(({ columns }) => columns))].join(', ');
  return new Map(
    [...metrics].map(([name, estimate]) => {
      if (typeof estimate === 'string' || !estimate.spread) return [name, estimate];
      estimate.spread.add(each, 1);
      const own = rows ? Float64Array.from(rows, (row) => each[row]!) : each;
      const { half, plain, effect } = widthOf(own, estimate.n - 1, some);
      each.fill(0);
      return [name, wider(estimate, plain > 0 ? half / plain : Math.sqrt(effect), along)];
    }),
  );
}

function wider(estimate: Estimate, times: number, along: string): Estimate {
  const { low, high, method, ...rest } = estimate;
  if (low === undefined || high === undefined || times <= 1) return estimate;
  // Of one entity alone nothing is known.
  if (!Number.isFinite(times)) return rest;
  return {
    ...rest,
    ...stretched(estimate.name, estimate.value, { low, high }, times),
    method: `${method ?? 'normal'}; widened for rows that go together by ${along}`,
  };
}

/** The interval as of so many fewer rows, on the scale where it keeps within the metric's bounds. */
function stretched(name: string, value: number, { low, high }: Range, times: number): Range {
  if (name === 'r2') {
    const left = (end: number): number => (1 - value) * ((1 - end) / (1 - value)) ** times;
    return value < 1 ? { low: 1 - left(low), high: 1 - left(high) } : { low, high };
  }
  if (METRICS[name]?.bounded !== true)
    return value > 0
      ? { low: value * (low / value) ** times, high: value * (high / value) ** times }
      : { low, high };
  const least = name === 'mcc' || name === 'kappa' ? -1 : 0;
  const odds = (end: number): number => (end - least) / (1 - end);
  const back = (odd: number): number => (odd === Infinity ? 1 : (odd + least) / (1 + odd));
  const end = (at: number): number => {
    const [own, its] = [odds(value), odds(Math.min(1, Math.max(least, at)))];
    // At a bound the other end is Wilson's: its odds are z² over the rows.
    if (own === 0) return back(its * times ** 2);
    if (own === Infinity) return back(its / times ** 2);
    return back(own * (its / own) ** times);
  };
  return { low: end(low), high: end(high) };
}
