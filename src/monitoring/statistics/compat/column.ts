import { categoryOf, type Category } from '../anchor.ts';
import { numbersOf, type NumericColumn } from '../numbers.ts';

/** A column as a data frame of pandas holds it: numbers in an array of one kind, or objects. */
export type PeerColumn = NumericColumn | readonly Category[];

/** Its values without missing ones. */
export interface PeerValues {
  /** In order; undefined where the column has other than numbers. */
  numbers: Float64Array | undefined;
  /** Names, one a row, by which equal values are found. */
  names: readonly string[];
  /** The data type is one of whole numbers: a plain array of numbers is one of doubles. */
  integers: boolean;
  kind: 'float' | 'integer' | 'text' | 'boolean';
}

export function valuesOf(column: PeerColumn, { infinite }: { infinite: 'kept' | 'dropped' }): PeerValues {
  const integers =
    ArrayBuffer.isView(column) && !(column instanceof Float64Array || column instanceof Float32Array);
  if (isNumeric(column)) {
    const kept = infinite === 'kept' ? (value: number) => !Number.isNaN(value) : Number.isFinite;
    const numbers = numbersOf(column).filter((value) => kept(value));
    const names = Array.from(numbers, String);
    return { numbers, names, integers, kind: integers ? 'integer' : 'float' };
  }
  const names = column.map(categoryOf).filter((name) => name !== undefined);
  const boolean = column.every((value) => value == null || typeof value === 'boolean');
  return { numbers: undefined, names, integers: false, kind: boolean ? 'boolean' : 'text' };
}

function isNumeric(column: PeerColumn): column is NumericColumn {
  return (
    ArrayBuffer.isView(column) ||
    column.every((value) => value == null || typeof value === 'number' || typeof value === 'bigint')
  );
}

/** How often each value of two columns together comes in each. */
export function valueCounts(
  one: readonly string[],
  other: readonly string[],
): { names: string[]; one: Float64Array; other: Float64Array } {
  const place = new Map<string, number>();
  for (const names of [one, other])
    for (const name of names) if (!place.has(name)) place.set(name, place.size);
  const counts = (names: readonly string[]): Float64Array => {
    const found = new Float64Array(place.size);
    for (const name of names) found[place.get(name)!]!++;
    return found;
  };
  return { names: [...place.keys()], one: counts(one), other: counts(other) };
}
