import { createHash } from 'node:crypto';
import { invalid } from '../../platform/errors/index.ts';
import { momentsOf, numbersOf, type NumericColumn } from './numbers.ts';

/** Where the bins of a numeric column lie, fixed once on a reference; it goes through JSON unchanged. */
export interface NumericAnchor {
  version: 1;
  kind: 'numeric';
  /** What the edges are, as a digest: histograms of equal ids can be added and compared. */
  id: string;
  /** Ascending. n edges make n + 1 bins, right-open: below the first, from each up to before the next, from the last upwards. */
  edges: readonly number[];
  /** Values with a bin of their own, since each holds at least 1 / `asked` of the finite reference. */
  points: readonly number[];
  /** Bins asked for. */
  asked: number;
  /** Rows of the reference, and those of them with a finite number. */
  rows: number;
  finite: number;
  /** Of the finite reference; `deviation` divides by n. Null where there is none, or where it is beyond a double. */
  mean: number | null;
  deviation: number | null;
  low: number | null;
  high: number | null;
}

/** The categories of a column, fixed once on a reference. */
export interface CategoryAnchor {
  version: 1;
  kind: 'categories';
  id: string;
  /** The most frequent first, ties in the order of their code units; as `categoryOf` spells them. */
  categories: readonly string[];
  /** Every category of the reference is listed, so that whatever else comes was never seen; else there were more than the limit. */
  complete: boolean;
  rows: number;
}

export type Anchor = NumericAnchor | CategoryAnchor;

export type Category = string | number | bigint | boolean | null | undefined;

const MOST_BINS = 65_535;

/**
 * Bins of nearly equal shares of the reference: the edges are its quantiles i / bins (the order statistics, so each is a value of the
 * reference), equal ones merged. A value that holds at least 1 / bins of it gets the bin [value, next double), so that its share
 * is told exactly. Missing values and infinities are counted apart and place no edge.
 */
export function anchorNumeric(
  values: NumericColumn,
  { bins = 20 }: { bins?: number | undefined } = {},
): NumericAnchor {
  return anchorSorted(sortedFinite(values), { rows: values.length, bins });
}

/** The finite values of a column, ascending. Zero has no sign here: -0 and 0 are one number. */
export function sortedFinite(values: NumericColumn): Float64Array {
  const sorted = numbersOf(values)
    .filter((value) => Number.isFinite(value))
    .sort();
  for (let i = 0; i < sorted.length; i++) sorted[i]! += 0;
  return sorted;
}

/** The same for whoever has sorted them already: `rows` counts what is not finite, too. */
export function anchorSorted(
  sorted: Float64Array,
  { rows, bins = 20 }: { rows: number; bins?: number | undefined },
): NumericAnchor {
  if (!Number.isInteger(bins) || bins < 1 || bins > MOST_BINS)
    throw invalid(`bins is ${bins}: give a whole number from 1 to ${MOST_BINS}`, { field: 'bins' });
  const finite = sorted.length;
  const cuts: number[] = [];
  if (finite > 0) for (let i = 1; i < bins; i++) cuts.push(sorted[Math.floor((i * finite) / bins)]!);
  const points = heavy(sorted, finite / bins);
  for (const point of points) cuts.push(point, nextUp(point));
  const edges = [...Float64Array.from(new Set(cuts)).sort()].filter(Number.isFinite);
  const { mean, deviation } = momentsOf(sorted);
  return {
    version: 1,
    kind: 'numeric',
    id: digest(['numeric', edges]),
    edges,
    points,
    asked: bins,
    rows,
    finite,
    mean: finiteOrNull(mean),
    deviation: finiteOrNull(deviation),
    low: sorted[0] ?? null,
    high: sorted[finite - 1] ?? null,
  };
}

/** The `limit` most frequent categories of the reference; null, undefined and NaN are missing, an empty text is a category. */
export function anchorCategories(
  values: Iterable<Category>,
  { limit = 256 }: { limit?: number | undefined } = {},
): CategoryAnchor {
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST_BINS)
    throw invalid(`limit is ${limit}: give a whole number from 1 to ${MOST_BINS}`, { field: 'limit' });
  const found = new Map<string, number>();
  let rows = 0;
  for (const value of values) {
    rows++;
    const name = categoryOf(value);
    if (name !== undefined) found.set(name, (found.get(name) ?? 0) + 1);
  }
  const categories = [...found]
    .toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .slice(0, limit)
    .map(([name]) => name);
  return {
    version: 1,
    kind: 'categories',
    id: digest(['categories', categories]),
    categories,
    complete: found.size <= limit,
    rows,
  };
}

/** The same categories under other names, in the same order: what was counted stays right. */
export function renameCategories(anchor: CategoryAnchor, rename: (name: string) => string): CategoryAnchor {
  const categories = anchor.categories.map(rename);
  return { ...anchor, categories, id: digest(['categories', categories]) };
}

/**
 * The name of a category; undefined where the value is missing. A number and its text are one category, whether it comes as a double or
 * a bigint. Texts are told apart by their code units: another Unicode form of the same letters is another category, since it is
 * another to the model.
 */
export function categoryOf(value: Category): string | undefined {
  if (typeof value === 'string') return value;
  return value == null || Number.isNaN(value) ? undefined : String(value);
}

/** Values that fill at least `least` places of a sorted array. */
function heavy(sorted: Float64Array, least: number): number[] {
  const found: number[] = [];
  for (let from = 0; from < sorted.length;) {
    let to = from + 1;
    while (to < sorted.length && sorted[to] === sorted[from]) to++;
    if (to - from >= least) found.push(sorted[from]!);
    from = to;
  }
  return found;
}

/** The least double above a finite one. */
function nextUp(value: number): number {
  const number = new Float64Array([value]);
  const bits = new BigInt64Array(number.buffer);
  bits[0]! += value >= 0 ? 1n : -1n;
  return number[0]!;
}

/** A mean that underflows has no sign, either: JSON would lose it. */
const finiteOrNull = (value: number): number | null => (Number.isFinite(value) ? value + 0 : null);

/** JSON writes a lone surrogate as an escape, so that texts that differ give digests that differ. */
const digest = (what: unknown): string =>
  createHash('sha256').update(JSON.stringify(what)).digest('hex').slice(0, 32);
