import { conflict } from '../../platform/errors/index.ts';
import { categoryOf, type Anchor, type Category, type CategoryAnchor, type NumericAnchor } from './anchor.ts';
import { eachBlock, type NumericColumn } from './numbers.ts';

/**
 * How many rows fell into each bin of an anchor; it goes through JSON unchanged. Of a numeric column: the bins between its edges, −∞, +∞,
 * missing. Of categories: each category, unseen, missing. Missing is always the last.
 */
export interface Histogram {
  version: 1;
  /** Id of the anchor. */
  anchor: string;
  /** Rows; whole numbers, exact up to 2^53. */
  counts: readonly number[];
  /** The least finite value below the first edge, and the greatest from the last edge up: how far the outer bins reach. */
  low: number | null;
  high: number | null;
}

/** Counts a column into the bins of its anchor. */
export function count(anchor: NumericAnchor, column: NumericColumn): Histogram;
export function count(anchor: CategoryAnchor, column: Iterable<Category>): Histogram;
export function count(anchor: Anchor, column: NumericColumn | Iterable<Category>): Histogram {
  return anchor.kind === 'numeric'
    ? countNumbers(anchor, column as NumericColumn)
    : countCategories(anchor, column as Iterable<Category>);
}

/** The histogram of all rows that the given ones were counted from: exact, whatever the order. They are of one anchor. */
export function merge(first: Histogram, ...others: readonly Histogram[]): Histogram {
  const counts = [...first.counts];
  let { low, high } = first;
  for (const other of others) {
    sameAnchor(first, other);
    for (let i = 0; i < counts.length; i++) counts[i]! += other.counts[i]!;
    low = low === null ? other.low : Math.min(low, other.low ?? low);
    high = high === null ? other.high : Math.max(high, other.high ?? high);
  }
  return { version: 1, anchor: first.anchor, counts, low, high };
}

/** Throws where two histograms have other bins. */
export function sameAnchor(one: { anchor: string }, other: { anchor: string }): void {
  if (one.anchor !== other.anchor)
    throw conflict(`the histograms have other bins: anchors ${one.anchor} and ${other.anchor}`, {
      hint: 'Count both on the same anchor.',
    });
}

/** What each count is of, in the order of `counts`. */
export function binNames(anchor: Anchor): string[] {
  if (anchor.kind === 'categories')
    return [...anchor.categories, anchor.complete ? 'unseen' : 'unseen or rare', 'missing'];
  const { edges } = anchor;
  const points = new Set(anchor.points);
  const between = edges.map((edge, i) => {
    if (points.has(edge)) return `= ${edge}`;
    return i === edges.length - 1 ? `≥ ${edge}` : `${edge} – ${edges[i + 1]}`;
  });
  return [edges.length > 0 ? `< ${edges[0]}` : 'finite', ...between, '−∞', '+∞', 'missing'];
}

/** How the bins were made, in words: no figure made from them means anything without it. */
export function binningOf(anchor: Anchor): string {
  if (anchor.kind === 'categories')
    return `${anchor.categories.length} categories of the reference${anchor.complete ? '' : ', the most frequent,'} and unseen`;
  const points = anchor.points.length > 0 ? `, ${anchor.points.length} of them single values` : '';
  return `${anchor.edges.length + 1} bins between quantiles of the reference (${anchor.asked} asked)${points}; −∞, +∞`;
}

/** The counts of the bins with a value: without what is missing, which is a signal of its own. */
export const present = ({ counts }: Histogram): readonly number[] => counts.slice(0, -1);

/** Rows with no value. */
export const missing = ({ counts }: Histogram): number => counts.at(-1)!;

/** All rows. */
export const rows = ({ counts }: Histogram): number => counts.reduce((sum, one) => sum + one, 0);

/** Where the edges around a value are, found by a table instead of by halving all of them. */
interface Lookup {
  edges: Float64Array;
  first: number;
  last: number;
  scale: number;
  /** Edges in the cells before each cell. */
  before: Uint16Array;
}

const CELLS = 4096;
const lookups = new WeakMap<NumericAnchor, Lookup>();

function lookupOf(anchor: NumericAnchor): Lookup {
  const known = lookups.get(anchor);
  if (known) return known;
  const edges = Float64Array.from(anchor.edges);
  const first = edges[0] ?? Infinity;
  const last = edges.at(-1) ?? Infinity;
  const slope = CELLS / (last - first);
  const scale = Number.isFinite(slope) ? slope : 0;
  const before = new Uint16Array(CELLS + 2);
  // The cell grows with the value, also as it is rounded: edges of earlier cells lie below it, edges of later cells above.
  for (const edge of edges) before[cellOf(edge, first, scale) + 1]!++;
  for (let cell = 1; cell < before.length; cell++) before[cell]! += before[cell - 1]!;
  const found = { edges, first, last, scale, before };
  lookups.set(anchor, found);
  return found;
}

/** A range beyond a double has one cell. */
const cellOf = (value: number, first: number, scale: number): number => ((value - first) * scale) | 0;

const countNumbers = (anchor: NumericAnchor, column: NumericColumn): Histogram => {
  const counter = counterOf(anchor);
  eachBlock(column, (block) => counter.add(block));
  return counter.histogram();
};

/** Counts a column that comes block by block. */
export interface Counter {
  /** NaN is missing. */
  add(values: Float64Array): void;
  histogram(): Histogram;
  /** Finite values below the least of the reference, or above its greatest. */
  outside(): number;
}

export function counterOf(anchor: NumericAnchor): Counter {
  const lookup = lookupOf(anchor);
  const bins = lookup.edges.length + 1;
  const counts = new Uint32Array(bins + 3);
  const reach = new Float64Array([Infinity, -Infinity]);
  const bounds = new Float64Array([anchor.low ?? -Infinity, anchor.high ?? Infinity, 0]);
  return {
    outside: () => bounds[2]!,
    add: (values) => tally(values, lookup, counts, reach, bounds),
    histogram() {
      const [low, high] = [reach[0]!, reach[1]!];
      return {
        version: 1,
        anchor: anchor.id,
        counts: [...counts],
        low: low === Infinity ? null : low + 0,
        high: high === -Infinity ? null : high + 0,
      };
    },
  };
}

/** The loop over all values, by itself so that all it reads stays in registers. */
function tally(
  values: Float64Array,
  { edges, first, last, scale, before }: Lookup,
  counts: Uint32Array,
  reach: Float64Array,
  /** Least and greatest of the reference, and how many values lie beyond. */
  bounds: Float64Array,
): void {
  const bins = edges.length + 1;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value >= first && value < last) {
      const cell = ((value - first) * scale) | 0;
      let from = before[cell]!;
      let to = before[cell + 1]!;
      while (from < to) {
        const middle = (from + to) >>> 1;
        if (value < edges[middle]!) to = middle;
        else from = middle + 1;
      }
      counts[from]!++;
    } else if (value < first && value > -Infinity) {
      counts[0]!++;
      if (value < bounds[0]! || value > bounds[1]!) bounds[2]!++;
      if (value < reach[0]!) reach[0] = value;
      if (bins === 1 && value > reach[1]!) reach[1] = value;
    } else if (value >= last && value < Infinity) {
      counts[bins - 1]!++;
      if (value < bounds[0]! || value > bounds[1]!) bounds[2]!++;
      if (value > reach[1]!) reach[1] = value;
    } else counts[bins + (value < 0 ? 0 : value > 0 ? 1 : 2)]!++;
  }
}

const places = new WeakMap<CategoryAnchor, Map<string, number>>();

function countCategories(anchor: CategoryAnchor, column: Iterable<Category>): Histogram {
  const { categories } = anchor;
  let known = places.get(anchor);
  if (!known) places.set(anchor, (known = new Map(categories.map((name, i) => [name, i]))));
  const counts = Array.from({ length: categories.length + 2 }, () => 0);
  for (const value of column) {
    const name = categoryOf(value);
    counts[name === undefined ? categories.length + 1 : (known.get(name) ?? categories.length)]!++;
  }
  return { version: 1, anchor: anchor.id, counts, low: null, high: null };
}
