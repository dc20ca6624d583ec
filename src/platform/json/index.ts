export { appendItem, pythonJson } from './append-item.ts';
export { canonical } from './canonical.ts';
export { jsonSchemaOf } from './schema-of.ts';

/** JSON that keeps the sign of zero: JavaScript reads `-0.0` as what it is, and writes it as `0`. */

declare global {
  interface JSON {
    /** Text that `stringify` writes as it stands; in Node, and not yet in TypeScript's library. */
    rawJSON(text: string): { readonly rawJSON: string };
  }
}

const NEGATIVE_ZERO = JSON.rawJSON('-0.0');

/** Rows of values, ready for `JSON.stringify`: each -0 in them is written as `-0.0`. */
export const signedRows = (rows: readonly unknown[][]): unknown[][] =>
  rows.map((row) => (row.some(holdsNegativeZero) ? row.map(signed) : row));

export function signed(value: unknown): unknown {
  if (Object.is(value, -0)) return NEGATIVE_ZERO;
  if (!holdsNegativeZero(value)) return value;
  if (Array.isArray(value)) return value.map(signed);
  return Object.fromEntries(Object.entries(value as object).map(([key, one]) => [key, signed(one)]));
}

function holdsNegativeZero(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return Object.is(value, -0);
  return (Array.isArray(value) ? value : Object.values(value)).some(holdsNegativeZero);
}

/** As `JSON.stringify`, with every -0 as `-0.0`. Slower: for what a person reads, not for what a server sends. */
export const stringify = (value: unknown, space?: number): string =>
  JSON.stringify(value, (_key, one: unknown) => (Object.is(one, -0) ? NEGATIVE_ZERO : one), space);

/** A number as text that reads back as itself. */
export const numberText = (value: number): string => (Object.is(value, -0) ? '-0.0' : String(value));
