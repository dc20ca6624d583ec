import { nearest, type ChartSeries } from '../kit/chart/series.ts';

/** Lines of many runs put together, a line for each group: the mean of its runs, and how far they spread. Pure. */

export type Band = 'range' | 'sd';

/** More places than a chart has pixels would be drawn over each other. */
const PLACES = 400;

/**
 * At each place a run says what it was there, between two of its points in proportion; before its first and after its last it is silent.
 * `range` is from the least to the greatest of all runs' own extremes, of which none is lost; `sd` is the mean and one standard deviation.
 */
export function groupLines(
  lines: readonly ChartSeries[],
  groupOf: ReadonlyMap<string, string>,
  band: Band,
): ChartSeries[] {
  const groups = new Map<string, ChartSeries[]>();
  for (const line of lines) {
    const group = groupOf.get(line.id);
    if (group === undefined) continue;
    const others = groups.get(group);
    if (others) others.push(line);
    else groups.set(group, [line]);
  }
  return [...groups].map(([group, members]) => together(group, members, band));
}

function together(group: string, members: readonly ChartSeries[], band: Band): ChartSeries {
  const places = commonPlaces(members);
  const sums = places.map(() => ({ count: 0, mean: 0, squares: 0, min: Infinity, max: -Infinity }));
  for (const line of members) {
    // Its extremes go to the place that follows them, where the band reaches back from.
    line.x.forEach((x, i) => {
      const sum = sums[placeAfter(places, x)];
      if (!sum) return;
      sum.min = Math.min(sum.min, line.min[i]!);
      sum.max = Math.max(sum.max, line.max[i]!);
    });
    places.forEach((x, at) => {
      const y = valueAt(line, x);
      if (y === undefined) return;
      const sum = sums[at]!;
      sum.count++;
      const away = y - sum.mean;
      sum.mean += away / sum.count;
      sum.squares += away * (y - sum.mean);
      sum.min = Math.min(sum.min, y);
      sum.max = Math.max(sum.max, y);
    });
  }
  const known = places.flatMap((x, i) => (sums[i]!.count > 0 ? [{ x, ...sums[i]! }] : []));
  const sd = ({ count, squares }: (typeof known)[number]) =>
    count > 1 ? Math.sqrt(squares / (count - 1)) : 0;
  return {
    id: group,
    name: group,
    x: known.map(({ x }) => x),
    y: known.map(({ mean }) => mean),
    min: known.map((sum) => (band === 'sd' ? sum.mean - sd(sum) : sum.min)),
    max: known.map((sum) => (band === 'sd' ? sum.mean + sd(sum) : sum.max)),
    end: known.at(-1)?.mean,
    count: known.map(({ count }) => count),
    odd: members.flatMap(({ odd }) => odd).toSorted((a, b) => a.x - b.x),
    band: true,
  };
}

/** Where any of the lines has a point, if these are few; else evenly between the first and the last. */
function commonPlaces(lines: readonly ChartSeries[]): number[] {
  const all = [...new Set(lines.flatMap(({ x }) => x))].sort((a, b) => a - b);
  if (all.length <= PLACES) return all;
  const [first, last] = [all[0]!, all.at(-1)!];
  return Array.from({ length: PLACES }, (_, i) => first + ((last - first) * i) / (PLACES - 1));
}

function placeAfter(places: readonly number[], x: number): number {
  const i = nearest(places, x);
  return places[i]! < x ? Math.min(i + 1, places.length - 1) : i > 0 && places[i - 1]! >= x ? i - 1 : i;
}

function valueAt({ x: xs, y }: ChartSeries, x: number): number | undefined {
  let i = nearest(xs, x);
  if (i < 0) return undefined;
  if (xs[i]! > x) i--;
  if (xs[i] === x) return y[i];
  const [before, after] = [xs[i], xs[i + 1]];
  if (before === undefined || after === undefined) return undefined;
  return y[i]! + ((y[i + 1]! - y[i]!) * (x - before)) / (after - before);
}
