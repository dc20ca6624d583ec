/**
 * A span as the room keeps it: JSON, so that what is stored is what is read. JSON has fewer kinds of numbers than OpenTelemetry, so
 * those it would change stand in a marked object: a whole number beyond what JavaScript counts exactly, a double that is whole or not finite, bytes.
 */
export type Value = null | boolean | number | string | Value[] | { [key: string]: Value };
export type Attributes = Record<string, Value>;

export const INTEGER = '\u0000i';
export const DOUBLE = '\u0000d';
export const BYTES = '\u0000b';

export interface SpanEvent {
  name: string;
  /** Nanoseconds since 1970, as text. */
  time: string;
  attributes: Attributes;
}

export interface SpanLink {
  /** 32 hex digits. */
  trace: string;
  /** 16 hex digits. */
  span: string;
  attributes: Attributes;
}

export type SpanStatus = 'unset' | 'ok' | 'error';

export interface Span {
  /** 16 hex digits. */
  id: string;
  /** Null for a root. */
  parent: string | null;
  name: string;
  /** Nanoseconds since 1970, as text: they are too many for a number. */
  start: string;
  end: string | null;
  status: SpanStatus;
  message?: string;
  attributes: Attributes;
  events?: SpanEvent[];
  links?: SpanLink[];
}

export const wholeDouble = (value: number): Value =>
  Number.isInteger(value) || !Number.isFinite(value)
    ? { [DOUBLE]: Object.is(value, -0) ? '-0' : String(value) }
    : value;

/** What a marked object holds; undefined for any other value, and for one that a caller made to look like it. */
export function marked(value: Value): { kind: 'integer' | 'double' | 'bytes'; text: string } | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  for (const [mark, kind, form] of MARKS) {
    const text = value[mark];
    if (typeof text === 'string' && form.test(text) && (kind !== 'double' || isDouble(text)))
      return { kind, text };
  }
  return undefined;
}

const MARKS = [
  [INTEGER, 'integer', /^-?(0|[1-9]\d*)$/],
  [DOUBLE, 'double', /^(-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?|-?Infinity|NaN)$/],
  // Base64 of either alphabet, padded or not: no client decodes a length that no bytes have.
  [BYTES, 'bytes', /^(?:[\w+/-]{4})*(?:[\w+/-]{2}(?:==)?|[\w+/-]{3}=?)?$/],
] as const;

/** Digits beyond a double are none: whoever reads them finds infinity, in a spelling that is refused. */
const isDouble = (text: string): boolean => Number.isFinite(Number(text)) || !/\d/.test(text);

/** A value as plain JSON, for people: numbers that JSON has none for are text. */
export function plain(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(plain);
  const special = marked(value);
  if (special) return special.kind === 'double' ? finite(special.text) : special.text;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
}

const finite = (text: string): Value => (Number.isFinite(Number(text)) ? Number(text) : text);

/** A number, however it is kept; text that is one counts too, since some libraries log their counts as text. */
export function numberOf(value: Value | undefined): number | undefined {
  if (value === undefined || value === null || typeof value === 'boolean') return undefined;
  if (typeof value === 'number') return value;
  if (typeof value === 'string')
    return value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : undefined;
  const special = marked(value);
  const number = special && special.kind !== 'bytes' ? Number(special.text) : Number.NaN;
  return Number.isFinite(number) ? number : undefined;
}

export const textOf = (value: Value | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/**
 * Many libraries put JSON into a text attribute. Where a text holds an object, a list or a text, that is meant; a number in quotes
 * stays text.
 */
export function unwrapped(value: Value): Value {
  if (typeof value !== 'string' || !/^\s*["[{]/.test(value)) return value;
  try {
    return exactJson(value);
  } catch {
    return value;
  }
}

/** JSON whose numbers keep what they are. */
const exactJson = (text: string): Value =>
  JSON.parse(text, (_key, value: Value, context?: { source?: string }): Value => {
    if (typeof value !== 'number') return value;
    const source = context?.source ?? String(value);
    if (/^-?\d+$/.test(source)) return Number.isSafeInteger(value) ? value : { [INTEGER]: source };
    return wholeDouble(value);
  }) as Value;

export const isObject = (value: Value | undefined): value is { [key: string]: Value } =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && marked(value) === undefined;

/** Milliseconds of a time in nanoseconds, downwards. */
export const millisOf = (nanoseconds: string): number =>
  nanoseconds.length > 6 ? Number(nanoseconds.slice(0, -6)) : 0;

/** Whether a time in nanoseconds is before another; both are digits alone. */
export const before = (a: string, b: string): boolean =>
  a.length === b.length ? a < b : a.length < b.length;

/** Roots first, then by their start. */
export const inOrder = (spans: readonly Span[]): Span[] =>
  spans.toSorted((a, b) => {
    if ((a.parent === null) !== (b.parent === null)) return a.parent === null ? -1 : 1;
    return a.start === b.start ? 0 : before(a.start, b.start) ? -1 : 1;
  });
