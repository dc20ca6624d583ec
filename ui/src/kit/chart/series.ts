/** What a chart draws, and the sums it needs for it. Pure. */

/** One line, cut into buckets by the server: nothing between `min` and `max` of a bucket is ever hidden. */
export interface ChartSeries {
  id: string;
  name: string;
  /** Rising; the place of each bucket's last point. */
  x: readonly number[];
  min: readonly number[];
  max: readonly number[];
  /** What the line goes through: the points, or the mean of each bucket. */
  y: readonly number[];
  /** The very last value, which the mean of the last bucket need not be. */
  end: number | undefined;
  /** How many points each bucket holds; all ones when nothing had to be put together. */
  count: readonly number[];
  /** Values that no axis can show; marked at the edge. */
  odd: readonly OddPoint[];
  /** Of many lines put together: what spreads between `min` and `max` is a band, and not one line's own extremes. */
  band?: boolean;
}
export interface OddPoint {
  x: number;
  kind: 'NaN' | '∞' | '−∞';
}

/** `metric`: another metric of the same run. */
export type XAxis = 'step' | 'relative' | 'wall' | 'metric';
export type Range = readonly [from: number, to: number];

/**
 * All x of all series, once each, and every line's value there: what one canvas with one cursor needs. Undefined where a line has no
 * point, which it passes over; null where it has one that cannot be shown, which breaks it.
 */
export function align(
  lines: readonly { x: readonly number[]; y: readonly (number | null)[] }[],
): [number[], ...(number | null | undefined)[][]] {
  // One line, as most charts have, needs no common x.
  const only = lines[0];
  if (lines.length === 1 && only) return [[...only.x], only.y.map(finiteOrNull)];
  const xs = [...new Set(lines.flatMap((line) => line.x))].sort((a, b) => a - b);
  const place = new Map(xs.map((x, i) => [x, i]));
  return [
    xs,
    ...lines.map((line) => {
      const ys = Array.from<number | null | undefined>({ length: xs.length });
      line.x.forEach((x, i) => (ys[place.get(x)!] = finiteOrNull(line.y[i] ?? null)));
      return ys;
    }),
  ];
}

const finiteOrNull = (y: number | null): number | null => (y !== null && Number.isFinite(y) ? y : null);

export function xExtent(series: readonly ChartSeries[]): Range | undefined {
  let [from, to] = [Infinity, -Infinity];
  for (const { x, odd } of series) {
    for (const value of [x[0], x.at(-1), odd[0]?.x, odd.at(-1)?.x]) {
      if (value === undefined) continue;
      from = Math.min(from, value);
      to = Math.max(to, value);
    }
  }
  if (from > to) return undefined;
  // A single point stands in the middle, not on the edge.
  return from === to ? [from - 1, to + 1] : [from, to];
}

/** Lowest and highest value in sight, spikes included. On a log axis only what is above zero can be seen. */
export function yExtent(series: readonly ChartSeries[], within: Range, log: boolean): Range | undefined {
  let [low, high] = [Infinity, -Infinity];
  for (const { x, min, max } of series) {
    for (let i = 0; i < x.length; i++) {
      // A bucket reaches back to the one before it, so the one after the edge is in sight too.
      if (x[i]! < within[0] || (i > 0 && x[i - 1]! > within[1])) continue;
      const bottom = min[i]!;
      const top = max[i]!;
      if (Number.isFinite(bottom) && (!log || bottom > 0)) low = Math.min(low, bottom);
      else if (log && top > 0 && Number.isFinite(top)) low = Math.min(low, top);
      if (Number.isFinite(top) && (!log || top > 0)) high = Math.max(high, top);
    }
  }
  return low > high ? undefined : [low, high];
}

/** How many points, or stretches of points that were put together, a log axis has no place for: those at or below 0. */
export function belowLog(series: readonly ChartSeries[]): { points: number; stretches: number } {
  const found = { points: 0, stretches: 0 };
  for (const { min, count } of series)
    min.forEach((least, i) => {
      if (least > 0) return;
      if (count[i] === 1) found.points++;
      else found.stretches++;
    });
  return found;
}

/** From what fills an axis twice to what fits in it a thousand times: the library's own steps end at 1e16, and a longer axis had none. */
export function axisSteps(min: number, max: number): number[] {
  const top = Math.ceil(Math.log10(max / 2 - min / 2)) + 1;
  if (!Number.isFinite(top)) return [1];
  const steps = Array.from({ length: 5 }, (_one, i) =>
    [1, 2, 2.5, 5].map((step) => Number(`${step}e${top - 4 + i}`)),
  );
  return steps.flat().filter((step) => Number.isFinite(step) && step > 0);
}

/** Air above and below; a flat line gets a range of its own size. */
export function padded([low, high]: Range): Range {
  if (low === high) {
    const room = Math.abs(low) * 0.1 || 1;
    return [low - room, high + room];
  }
  const room = (high - low) * 0.06;
  return [low - room, high + room];
}

/** The index of the value nearest to `x` in a rising list; -1 for an empty one. */
export function nearest(xs: readonly number[], x: number): number {
  if (xs.length === 0) return -1;
  let [low, high] = [0, xs.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (xs[middle]! <= x) low = middle;
    else high = middle;
  }
  return Math.abs(xs[low]! - x) <= Math.abs(xs[high]! - x) ? low : high;
}

/** A range scaled around a point and kept inside the whole; undefined when it is the whole. */
export function zoomed(range: Range, whole: Range, centre: number, factor: number): Range | undefined {
  const size = (range[1] - range[0]) * factor;
  if (size >= whole[1] - whole[0]) return undefined;
  const share = (centre - range[0]) / (range[1] - range[0]);
  const from = Math.min(Math.max(centre - share * size, whole[0]), whole[1] - size);
  return [from, from + size];
}

/** Moved sideways by a share of itself, not past the ends. */
export function panned(range: Range, whole: Range, share: number): Range {
  const size = range[1] - range[0];
  const from = Math.min(Math.max(range[0] + size * share, whole[0]), whole[1] - size);
  return [from, from + size];
}

/** What the picture says, for those who do not see it. */
export function summary(
  series: readonly ChartSeries[],
  format: (value: number) => string,
  formatX: (x: number) => string,
): string {
  const lines = series.map(({ name, x, y, min, max, odd, end }) => {
    const last = x.length - 1;
    if (last < 0) return `${name}: ${odd.length > 0 ? 'no finite value' : 'no values'}`;
    const lowest = min.reduce((a, b) => Math.min(a, b), Infinity);
    const highest = max.reduce((a, b) => Math.max(a, b), -Infinity);
    const strange =
      odd.length > 0 ? `; not finite at ${odd.length === 1 ? '1 place' : `${odd.length} places`}` : '';
    return `${name}: from ${format(y[0]!)} at ${formatX(x[0]!)} to ${format(end ?? y[last]!)} at ${formatX(x[last]!)}, lowest ${format(lowest)}, highest ${format(highest)}${strange}`;
  });
  const shown = lines.slice(0, 8).join('. ');
  return lines.length > 8 ? `${shown}. And ${lines.length - 8} more lines.` : `${shown}.`;
}

/** Digits that tell places between two values apart: so many of what lies between, whatever stands before it. */
export function digitsOf(from: number, to: number, least: number): number {
  const share = Math.abs(to - from) / Math.max(Math.abs(from), Math.abs(to));
  return share > 0 && share < 0.5 ? Math.min(15, least + Math.ceil(-Math.log10(share))) : least;
}
