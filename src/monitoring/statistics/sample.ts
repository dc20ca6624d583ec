import { numbersOf, type NumericColumn } from './numbers.ts';

/** The values of a column in ascending order, sorted once for all statistics of raw values. */
export interface Sample {
  /** Infinities are values; -0 is 0. */
  sorted: Float64Array;
  /** Rows without a value (null, undefined, NaN), which are left out. */
  missing: number;
}

export function sampleOf(column: NumericColumn): Sample {
  const all = numbersOf(column);
  const sorted = all
    .filter((value) => !Number.isNaN(value))
    .map((value) => value + 0)
    .sort();
  return { sorted, missing: all.length - sorted.length };
}

/** Its finite values, for distances on the axis of the values: one infinity would make each of them infinite. */
export function finitePart({ sorted }: Sample): Float64Array {
  let from = 0;
  let to = sorted.length;
  while (from < to && sorted[from] === -Infinity) from++;
  while (to > from && sorted[to - 1] === Infinity) to--;
  return sorted.subarray(from, to);
}

/** How often each value of two samples together comes in each, in ascending order. */
export function eachValue(
  one: Float64Array,
  other: Float64Array,
  visit: (value: number, inOne: number, inOther: number) => void,
): void {
  for (let i = 0, j = 0; i < one.length || j < other.length;) {
    const value = j === other.length || one[i]! <= other[j]! ? one[i]! : other[j]!;
    const [from, start] = [i, j];
    while (i < one.length && one[i] === value) i++;
    while (j < other.length && other[j] === value) j++;
    visit(value, i - from, j - start);
  }
}

/** A test of whether two samples are of one distribution. */
export interface SampleTest {
  name: string;
  /** Null, like p, where a side has too few values. */
  statistic: number | null;
  p: number | null;
  /** How p was found. */
  method: string;
  /** Values of the reference and of the current rows, without missing ones. */
  n: number;
  m: number;
}

/** Side of the alternative: `less` where the reference tends to be smaller than the current rows. */
export type Alternative = 'two-sided' | 'less' | 'greater';
