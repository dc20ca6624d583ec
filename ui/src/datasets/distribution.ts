import type { ColumnProfile } from '../../../src/data/contract.ts';

/** How the values of a column lie, and how two such pictures compare. Pure. */
export type Histogram = NonNullable<ColumnProfile['histogram']>;

/** The share of values in each of `edges.length - 1` new bins, taking values as even within an old bin. */
export function rebin({ edges, counts }: Histogram, onto: readonly number[]): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return onto.slice(1).map(() => 0);
  const last = onto.length - 2;
  return onto.slice(1).map((high, i) => {
    const low = onto[i]!;
    let sum = 0;
    counts.forEach((count, j) => {
      const [from, to] = [edges[j]!, edges[j + 1]!];
      // All values equal: the bin has no width, and lies where its value does.
      if (to <= from) sum += from >= low && (from < high || (i === last && from <= high)) ? count : 0;
      else sum += (count * Math.max(0, Math.min(high, to) - Math.max(low, from))) / (to - from);
    });
    return sum / total;
  });
}

/** Even bins over the range of both. */
export function commonEdges(a: Histogram, b: Histogram, bins = 24): number[] {
  const low = Math.min(a.edges[0] ?? 0, b.edges[0] ?? 0);
  const high = Math.max(a.edges.at(-1) ?? 0, b.edges.at(-1) ?? 0);
  if (!(high > low)) return [low, low + 1];
  return Array.from({ length: bins + 1 }, (_, i) => (i === bins ? high : low + ((high - low) * i) / bins));
}

/** Total variation distance: which share of the values would have to move; 0 is the same, 1 has nothing in common. */
export function distance(a: readonly number[], b: readonly number[]): number {
  return Math.min(1, a.reduce((sum, share, i) => sum + Math.abs(share - (b[i] ?? 0)), 0) / 2);
}

/** The same for the most frequent values; what is not among them counts as one value of its own on each side. */
export function topDistance(
  a: NonNullable<ColumnProfile['top']>,
  rowsA: number,
  b: NonNullable<ColumnProfile['top']>,
  rowsB: number,
): number {
  const share = (list: typeof a, rows: number) =>
    new Map(list.map(({ value, count }) => [value, rows === 0 ? 0 : count / rows]));
  const [x, y] = [share(a, rowsA), share(b, rowsB)];
  const values = [...new Set([...x.keys(), ...y.keys()])];
  const rest = (map: Map<string, number>) =>
    Math.max(0, 1 - [...map.values()].reduce((sum, one) => sum + one, 0));
  return distance(
    [...values.map((value) => x.get(value) ?? 0), rest(x)],
    [...values.map((value) => y.get(value) ?? 0), rest(y)],
  );
}
