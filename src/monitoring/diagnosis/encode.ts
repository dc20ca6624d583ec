/** A column of both sides as bins: what is compared, weighted and learnt from. */
export interface Encoded {
  column: string;
  numeric: boolean;
  bins: number;
  /** Bin of each row; the last bin is of missing values. */
  before: Uint8Array;
  now: Uint8Array;
}

export type Cell = string | number | null;

const BINS = 8;
const CATEGORIES = 12;

/** Bins between quantiles of the rows of before, or its most frequent categories; unseen ones are one bin, missing ones another. */
export function encode(column: string, before: readonly Cell[], now: readonly Cell[]): Encoded {
  const numbers = before.filter((value) => typeof value === 'number');
  const texts = before.filter((value) => typeof value === 'string');
  if (numbers.length >= texts.length && numbers.length > 0) {
    const sorted = Float64Array.from(numbers).sort();
    const edges = [
      ...new Set(
        Array.from({ length: BINS - 1 }, (_, i) => sorted[Math.floor(((i + 1) * sorted.length) / BINS)]!),
      ),
    ];
    const missing = edges.length + 1;
    const bin = (value: Cell): number => {
      if (typeof value !== 'number' || Number.isNaN(value)) return missing;
      const at = edges.findIndex((edge) => value < edge);
      return at < 0 ? edges.length : at;
    };
    return sides(column, true, missing + 1, { before, now, bin });
  }
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  const frequent = [...counts].toSorted((a, b) => b[1] - a[1]).slice(0, CATEGORIES);
  const places = new Map(frequent.map(([text], i) => [text, i]));
  const rare = frequent.length;
  const bin = (value: Cell): number => (value === null ? rare + 1 : (places.get(String(value)) ?? rare));
  return sides(column, false, rare + 2, { before, now, bin });
}

const sides = (
  column: string,
  numeric: boolean,
  bins: number,
  { before, now, bin }: { before: readonly Cell[]; now: readonly Cell[]; bin(value: Cell): number },
): Encoded => ({
  column,
  numeric,
  bins,
  before: Uint8Array.from(before, bin),
  now: Uint8Array.from(now, bin),
});

/** Shares of bins, half a row added to each: a weight must not be infinite. */
export function shares(bins: number, rows: Uint8Array): Float64Array {
  const counts = new Float64Array(bins).fill(0.5);
  for (const bin of rows) counts[bin]!++;
  const all = rows.length + bins / 2;
  return counts.map((count) => count / all);
}

/** The share of rows that lie in other bins. */
export function movedShare({ bins, before, now }: Encoded): number {
  const [p, q] = [shares(bins, before), shares(bins, now)];
  return p.reduce((sum, share, i) => sum + Math.abs(share - q[i]!), 0) / 2;
}
