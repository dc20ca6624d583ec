import { invalid } from '../../platform/errors/index.ts';

/**
 * Readers of request fields, with the habits of the client's protobuf JSON: unknown fields are ignored, a field may be spelt
 * `run_id` or `runId`, an absent field is undefined (a list: empty), 64-bit integers come as numbers or text. `field` names the place in messages.
 */
export type Reader<T> = (value: unknown, field: string) => T;

export type Read<R> = R extends Reader<infer T> ? T : never;

const wrong = (value: unknown, field: string, why: string) =>
  invalid(`Invalid value ${shown(value)} for parameter '${field}' supplied: ${why}`, { field });

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

export const text: Reader<string | undefined> = (value, field) => {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw wrong(value, field, 'it must be text');
  return value;
};

export const int: Reader<number | undefined> = (value, field) => {
  if (value === undefined || value === null || value === '') return undefined;
  const number = typeof value === 'string' && /^[+-]?\d+$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number))
    throw wrong(value, field, 'it must be a whole number');
  if (!Number.isSafeInteger(number)) throw wrong(value, field, 'it must lie within ±9007199254740991');
  return number;
};

/** Also the texts NaN, Infinity and -Infinity, which JSON has no numbers for. */
export const double: Reader<number | undefined> = (value, field) => {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return Number(value);
  if (value === 'NaN') return Number.NaN;
  if (value === 'Infinity' || value === '-Infinity') return value === 'Infinity' ? Infinity : -Infinity;
  if (typeof value === 'string' && value.trim() !== '' && !Number.isNaN(Number(value))) return Number(value);
  throw wrong(value, field, 'it must be a number');
};

export const bool: Reader<boolean | undefined> = (value, field) => {
  if (value === undefined || value === null) return undefined;
  if (value === true || value === 'true' || value === 'True') return true;
  if (value === false || value === 'false' || value === 'False') return false;
  throw wrong(value, field, 'it must be true or false');
};

/** One of some words; an unknown one is an error, never ignored. */
export const oneOf =
  <W extends string>(...words: readonly W[]): Reader<W | undefined> =>
  (value, field) => {
    const word = text(value, field);
    if (word === undefined || word === '') return undefined;
    const found = words.find((one) => one === word);
    if (found === undefined) throw wrong(value, field, `it must be one of ${words.join(', ')}`);
    return found;
  };

/** A single value stands for a list of one: a query string cannot tell them apart. */
export const list =
  <T>(item: Reader<T>): Reader<T[]> =>
  (value, field) => {
    if (value === undefined || value === null) return [];
    return (Array.isArray(value) ? (value as unknown[]) : [value]).map((one, i) =>
      item(one, `${field}[${i}]`),
    );
  };

/** protobuf's JSON knows each field by two names, and refuses a message that uses both. */
export function fieldOf(source: Readonly<Record<string, unknown>>, key: string): unknown {
  const camel = key.replaceAll(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase());
  const given = Object.hasOwn(source, key);
  if (camel === key || !Object.hasOwn(source, camel)) return given ? source[key] : undefined;
  if (given)
    throw invalid(`Invalid request: '${key}' and '${camel}' are one field, given twice`, {
      field: key,
      hint: `leave one of them out`,
    });
  return source[camel];
}

export const message =
  <S extends Record<string, Reader<unknown>>>(shape: S): Reader<{ [K in keyof S]: Read<S[K]> }> =>
  (value, field) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw wrong(value, field || 'body', 'it must be an object');
    const source = value as Record<string, unknown>;
    const entries = Object.entries(shape).map(([key, read]) => [
      key,
      read(fieldOf(source, key), field ? `${field}.${key}` : key),
    ]);
    // Each key was read by its own reader, which gives it its type.
    return Object.fromEntries(entries) as { [K in keyof S]: Read<S[K]> };
  };

/** Absent and the empty text are both refused, as the client's protocol cannot tell them apart. */
export const need =
  <T>(reader: Reader<T | undefined>): Reader<T> =>
  (value, field) => {
    const read = reader(value, field);
    if (read === undefined || read === '' || (Array.isArray(read) && read.length === 0)) {
      throw invalid(
        `Missing value for required parameter '${field}'. See the API docs for more information about request parameters.`,
        { field },
      );
    }
    return read;
  };

/** A page size: within 1…most, and `fallback` when absent. */
export const pageSize =
  (fallback: number, most: number): Reader<number> =>
  (value, field) => {
    const size = int(value, field) ?? fallback;
    if (size < 1 || size > most) throw wrong(value, field, `it must be from 1 to ${most}`);
    return size;
  };

/** A page size where MLflow knows no greatest: a page holds `most` at most, and its token leads on. */
export const freePageSize =
  (fallback: number, most: number): Reader<number> =>
  (value, field) => {
    const size = int(value, field) ?? fallback;
    if (size < 1) throw wrong(value, field, 'it must be 1 or more');
    return Math.min(size, most);
  };
