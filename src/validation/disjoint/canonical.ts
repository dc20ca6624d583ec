/**
 * The canonical value of a cell, as SQL over `prepared` rows. Equal values of different types and formats come to the same:
 * whole numbers are whole numbers whatever holds them; a single-precision number is what its shortest decimal says; NaN and
 * the empty text are nothing; dates are instants (UTC unless said); true is 1; text is trimmed and NFC, and text that spells a
 * number, an ISO date or a truth value is that.
 */
import type { Column } from '../data/relations.ts';
import { identifier } from '../../tables/inside.ts';

/** What becomes of the pieces of a canonical value: its 64-bit key, or a text that shows it. */
interface Leaf {
  nothing: string;
  whole(sql: string): string;
  fraction(sql: string): string;
  /** A whole number beyond 64 bits, as digits. */
  wide(sql: string): string;
  instant(sql: string): string;
  text(sql: string): string;
}

const KEY: Leaf = {
  nothing: 'hash(null)',
  whole: (sql) => `hash((${sql})::bigint)`,
  fraction: (sql) => `hash((${sql})::double)`,
  wide: (sql) => `hash('w' || (${sql}))`,
  // The number keeps a moment from being the whole number of its microseconds.
  instant: (sql) => `hash(${sql}, 1970)`,
  text: (sql) => `hash(${sql})`,
};

const TEXT: Leaf = {
  nothing: 'null',
  whole: (sql) => `(${sql})::bigint::varchar`,
  fraction: (sql) => `(${sql})::double::varchar`,
  wide: (sql) => `(${sql})`,
  instant: (sql) => `'t' || (${sql})::varchar`,
  text: (sql) => `'s' || (${sql})`,
};

type Kind = 'integer' | 'wide' | 'number' | 'boolean' | 'instant' | 'text' | 'other';

export function kindOf(type: string): Kind {
  if (/^U?(TINY|SMALL)INT$|^U?INTEGER$|^BIGINT$/.test(type)) return 'integer';
  if (/^(UBIGINT|U?HUGEINT|DECIMAL\(\d+,0\))$/.test(type)) return 'wide';
  if (/^(FLOAT|DOUBLE|DECIMAL\(.*\))$/.test(type)) return 'number';
  if (type === 'BOOLEAN') return 'boolean';
  if (/^(DATE|TIMESTAMP.*)$/.test(type)) return 'instant';
  if (/^(VARCHAR|JSON|UUID|ENUM\(.*)$/s.test(type)) return 'text';
  return 'other';
}

/** Text of a format that tells text from numbers. */
export const isPlainText = ({ type, untyped }: Column): boolean => kindOf(type) === 'text' && !untyped;

/** Whether its values may have fractions: only these may be re-printed with other digits. */
export const mayHaveFractions = ({ type }: Column): boolean => ['number', 'text'].includes(kindOf(type));

/** `plain`: both sides hold text, so '01' and '1' are two texts. */
export const keyOf = (column: Column, plain = false): string => canonical(column, KEY, plain);
export const shownOf = (column: Column, plain = false): string => canonical(column, TEXT, plain);

function canonical(column: Column, leaf: Leaf, plain: boolean): string {
  const c = identifier(column.name);
  switch (kindOf(column.type)) {
    case 'integer':
    case 'boolean':
      return leaf.whole(c);
    case 'wide':
      return `case when ${c} is null then ${leaf.nothing} when try_cast(${c} as bigint) is not null then ${leaf.whole(`try_cast(${c} as bigint)`)} else ${leaf.wide(`${c}::varchar`)} end`;
    case 'number':
      return number(`${c}::double`, leaf);
    case 'instant':
      return `case when ${c} is null then ${leaf.nothing} when isfinite(${c}) then ${leaf.instant(`epoch_us(${c})`)} else ${leaf.text(`${c}::varchar`)} end`;
    case 'text':
      return plain ? plainText(textOf(column), leaf) : anyText(column, leaf);
    case 'other':
      return plainText(`${c}::varchar`, leaf);
  }
}

/** What `prepared` adds for a column of text: the text itself, the number that it spells, the moment that it spells. */
const textOf = ({ name }: Column): string => identifier(`__text ${name}`);
const spelt = ({ name }: Column): { number: string; instant: string } => ({
  number: identifier(`__number ${name}`),
  instant: identifier(`__instant ${name}`),
});

/**
 * What canonical values are taken from: the rows of `from`, and what their texts spell, each read once however often it is
 * asked for. `extra` are more columns, such as a row's place.
 */
export function prepared(columns: readonly Column[], from: string, extra: readonly string[] = []): string {
  const texts = columns.filter(({ type }) => kindOf(type) === 'text');
  const first = [
    ...extra,
    // A JSON value that is a text stands in quotes in DuckDB's own cast.
    ...texts.map((column) => {
      const c = identifier(column.name);
      return `trim(${column.type === 'JSON' ? `(${c} ->> '$')` : `${c}::varchar`}) as ${textOf(column)}`;
    }),
  ];
  const numbers = texts.map((column) => {
    const s = textOf(column);
    return `case when ${startsAsNumber(s)} then try_cast(${s} as double) end as ${spelt(column).number}`;
  });
  const instants = texts.map((column) => {
    const s = textOf(column);
    return `case when ${startsAsNumber(s)} and ${spelt(column).number} is null and ${s}[5] = '-' then epoch_us(try_cast(${s} as timestamptz)) end as ${spelt(column).instant}`;
  });
  const layer = (items: readonly string[], below: string): string =>
    items.length === 0 ? below : `(select *, ${items.join(', ')} from ${below})`;
  return layer(instants, layer(numbers, layer(first, from)));
}

const plainText = (s: string, leaf: Leaf): string =>
  `case when ${s} = '' then ${leaf.nothing} else ${leaf.text(`nfc_normalize(${s})`)} end`;

// Nothing needs no branch of its own: every comparison with it is unknown, and the last branch keeps it.
function number(x: string, leaf: Leaf): string {
  const single = `try_cast(${x} as float)`;
  return `case when ${x} = trunc(${x}) then case when abs(${x}) < 9.2e18 then ${leaf.whole(`try_cast(${x} as bigint)`)} when abs(${x}) < 1.6e38 then ${leaf.wide(`try_cast(${x} as hugeint)::varchar`)} when isnan(${x}) then ${leaf.nothing} else ${leaf.fraction(x)} end when ${single}::double = ${x} then ${leaf.fraction(`${single}::varchar::double`)} else ${leaf.fraction(x)} end`;
}

/** What begins like a number, a date included; '+' to ':' are the characters + , - . / and the digits. */
const startsAsNumber = (s: string): string => `${s} >= '+' and ${s} < ':'`;

function anyText(column: Column, leaf: Leaf): string {
  const s = textOf(column);
  const { number: d, instant } = spelt(column);
  const h = `try_cast(${s} as hugeint)`;
  const large = `case when ${h} is null then ${number(d, leaf)} when try_cast(${h} as bigint) is not null then ${leaf.whole(`try_cast(${h} as bigint)`)} else ${leaf.wide(`${h}::varchar`)} end`;
  const special = `case when ${s} in ('', 'nan', 'NaN') then ${leaf.nothing} when ${s} in ('true', 'True', 'TRUE') then ${leaf.whole('1')} when ${s} in ('false', 'False', 'FALSE') then ${leaf.whole('0')} else ${leaf.fraction("'inf'")} end`;
  return `case when ${d} is not null then case when abs(${d}) < 9007199254740992 or ${d} <> trunc(${d}) or not isfinite(${d}) then ${number(d, leaf)} else ${large} end when ${instant} is not null then ${leaf.instant(instant)} when regexp_full_match(${s}, ${SPECIAL}) then ${special} else ${leaf.text(`nfc_normalize(${s})`)} end`;
}

// One pattern rather than a list: DuckDB looks at each word of a column's dictionary once.
const SPECIAL = "'|nan|NaN|true|True|TRUE|false|False|FALSE|inf|Inf|Infinity|infinity'";

/** The value as a number, or null where it is none. */
export function numberOf(column: Column): string {
  const c = identifier(column.name);
  switch (kindOf(column.type)) {
    case 'integer':
    case 'wide':
    case 'number':
    case 'boolean':
      return `${c}::double`;
    case 'text':
      return spelt(column).number;
    default:
      return 'null::double';
  }
}

/** The value as microseconds since 1970, or null where it is no date. */
export function instantOf(column: Column): string {
  const c = identifier(column.name);
  switch (kindOf(column.type)) {
    case 'instant':
      return `case when isfinite(${c}) then epoch_us(${c}) end`;
    case 'text':
      return spelt(column).instant;
    default:
      return 'null::bigint';
  }
}

/** Buckets in which numbers that differ by a re-printing lie together or side by side. */
const BUCKETS = 4096;
/** Half a unit of the sixth digit, in the bucket's measure: near 0 an absolute distance, above it a relative one. */
const REACH = 6e-6 * BUCKETS;

/** The bucket of a number, seen from a little below (-1), from itself (0), or from a little above (1); other values keep their key. */
export function bucketOf(column: Column, key: string, side: -1 | 0 | 1): string {
  const x = numberOf(column);
  const place = `sign(${x}) * ln(1 + 10 * abs(${x})) * ${BUCKETS}`;
  return `case when isfinite(${x}) then hash(floor(${place}${side === 0 ? '' : ` + ${side * REACH}`})::bigint) else ${key} end`;
}

/** What may be the same number, and what cannot: the condition before the digits are looked at one by one. */
export const within = (a: string, b: string): string =>
  `(${a} is null or ${b} is null or ${a} = ${b} or abs(${a} - ${b}) <= 5.1e-6 * greatest(abs(${a}), abs(${b})) + 5.1e-7)`;

/** 128 bits over the keys, in an order that the columns' names settle: two folds of the same keys in opposite directions. */
export const rowKeys = (keys: readonly string[]): { h1: string; h2: string } => ({
  h1: `hash(${['1', ...keys].join(', ')})`,
  h2: `hash(${['2', ...keys.toReversed()].join(', ')})`,
});
