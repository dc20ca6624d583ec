/**
 * How the cells of a text column are spelt, and the type that keeps all of it. A type is given only where every cell can be
 * told again from its value: `00501`, `+49` and `1_000` are texts, `01/02/2024` is one, and so is a number with more digits
 * than its type keeps. See docs/decisions/lossless-tables.md.
 */

/** `none`: nothing but gaps; `special`: only NaN and infinities so far. */
export type Form =
  | { is: 'none' | 'special' | 'text' | 'integer' | 'huge' | 'number' | 'date' | 'time' }
  | { is: 'boolean'; words: readonly [string, string] }
  | { is: 'moment'; between: ' ' | 'T'; seconds: boolean; zone: string };

const TEXT: Form = { is: 'text' };

const INTEGER = /^(?:0|-?[1-9][0-9]*)$/;
const NUMBER = '-?(?:(?:0|[1-9][0-9]*)(?:[.][0-9]*)?|[.][0-9]+)(?:[eE][+-]?[0-9]+)?';
const IS_NUMBER = new RegExp(`^${NUMBER}$`);
/** Not finite, as programs print it. */
const SPECIAL = ['NaN', 'nan', 'inf', '-inf', 'Inf', '-Inf', 'Infinity', '-Infinity'];
/** As Python, R and all others write them; a column keeps to one pair, or its words could not be told again. */
const BOOLEANS = [
  ['true', 'false'],
  ['True', 'False'],
  ['TRUE', 'FALSE'],
] as const;
const DATE = '[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])';
const MINUTES = '(?:[01][0-9]|2[0-3]):[0-5][0-9]';
const SECONDS = `${MINUTES}:[0-5][0-9](?:[.][0-9]{1,6})?`;
const ZONE = /(?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])$/;
const IS_DATE = new RegExp(`^${DATE}$`);
const IS_TIME = new RegExp(`^${SECONDS}$`);
const IS_MOMENT = new RegExp(`^(${DATE})([ T])(?:(${SECONDS})|${MINUTES})$`);

const LARGEST_BIG = 2n ** 63n - 1n;
const LARGEST_HUGE = 2n ** 127n - 1n;

export function formOf(cell: string): Form {
  if (cell === '') return { is: 'none' };
  if (INTEGER.test(cell)) {
    if (cell.length <= 18) return { is: 'integer' };
    const value = BigInt(cell.slice(0, 50));
    const size = value < 0n ? -value : value;
    if (cell.length <= 50 && size <= LARGEST_BIG) return { is: 'integer' };
    if (cell.length <= 50 && size <= LARGEST_HUGE) return { is: 'huge' };
  }
  if (IS_NUMBER.test(cell)) return isExact(cell) ? { is: 'number' } : TEXT;
  if (SPECIAL.includes(cell)) return { is: 'special' };
  const words = BOOLEANS.find((pair) => pair[0] === cell || pair[1] === cell);
  if (words) return { is: 'boolean', words };
  if (cell.length > 40) return TEXT;
  if (IS_DATE.test(cell)) return isDay(cell) ? { is: 'date' } : TEXT;
  if (IS_TIME.test(cell)) return { is: 'time' };
  const zone = ZONE.exec(cell)?.[0] ?? '';
  const [, day, between, seconds] = IS_MOMENT.exec(cell.slice(0, cell.length - zone.length)) ?? [];
  if (day === undefined || !isDay(day)) return TEXT;
  return { is: 'moment', between: between === 'T' ? 'T' : ' ', seconds: seconds !== undefined, zone };
}

function isDay(day: string): boolean {
  const date = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day) && !day.startsWith('0000');
}

/** The form that holds both, which is that of all texts where there is no other. */
export function join(a: Form, b: Form): Form {
  if (a.is === 'none') return b;
  if (b.is === 'none' || JSON.stringify(a) === JSON.stringify(b)) return a;
  const kinds = new Set([a.is, b.is]);
  if (![...kinds].every((kind) => ['integer', 'huge', 'number', 'special'].includes(kind))) return TEXT;
  return { is: kinds.has('number') || kinds.has('special') ? 'number' : 'huge' };
}

/** Whether a first line's cell can be one of a column of this form: numbers are alike. */
export function fits(cell: Form, column: Form): boolean {
  const numeric = (form: Form): boolean => ['integer', 'huge', 'number', 'special'].includes(form.is);
  return cell.is === column.is || (numeric(cell) && numeric(column));
}

/** DuckDB's name of the type. */
export function typeOf(form: Form): string {
  switch (form.is) {
    case 'none':
    case 'special':
    case 'text':
      return 'VARCHAR';
    case 'integer':
      return 'BIGINT';
    case 'huge':
      return 'HUGEINT';
    case 'number':
      return 'DOUBLE';
    case 'boolean':
      return 'BOOLEAN';
    case 'date':
      return 'DATE';
    case 'time':
      return 'TIME';
    case 'moment':
      return form.zone === '' ? 'TIMESTAMP' : 'TIMESTAMP WITH TIME ZONE';
  }
}

const matches = (c: string, pattern: string): string => `regexp_full_match(${c}, '${pattern}')`;
/** No number of 15 digits and a small exponent is changed by a double. */
const SHORT_NUMBER = NUMBER.replace('[0-9]+)?', '[0-9]{1,2})?');

/**
 * SQL: whether a cell that is not empty has this form. Printing the value again is cheaper than a pattern and says more. CASE and
 * not OR: DuckDB asks both sides of an OR of every cell.
 */
export function holds(form: Form, c: string): string {
  const again = (type: string, text = c): string => `try_cast(${text} as ${type})::varchar = ${text}`;
  switch (form.is) {
    case 'none':
    case 'special':
    case 'text':
      return 'true';
    case 'integer':
      return again('bigint');
    case 'huge':
      return again('hugeint');
    case 'number':
      return `case when length(${c}) <= 15 and ${matches(c, SHORT_NUMBER)} then true when ${again('double')} then true else ${c} in (${SPECIAL.map((word) => `'${word}'`).join(', ')}) end`;
    case 'boolean':
      return `${c} in ('${form.words[0]}', '${form.words[1]}')`;
    case 'date':
      return `length(${c}) = 10 and ${again('date')}`;
    case 'time':
      return matches(c, SECONDS);
    case 'moment': {
      const { between, seconds, zone } = form;
      const written = `${between === 'T' ? `replace(${c}, 'T', ' ')` : c}${seconds ? '' : " || ':00'"}`;
      const printed = `try_cast(${c} as timestamp)::varchar${zone === '' ? '' : ` || '${zone}'`}`;
      const apart = between === 'T' ? ` and ${c}[11] = 'T'` : '';
      const pattern = `${DATE}${between}${seconds ? SECONDS : MINUTES}${zone.replace('+', '[+]')}`;
      return `case when ${printed} = ${written}${apart} then true else ${matches(c, pattern)} and ${again('date', `left(${c}, 10)`)} end`;
    }
  }
}

/** SQL: the cell as a value of its column's type; an empty one is no value. */
export function valueOf(form: Form, c: string): string {
  const type = typeOf(form);
  if (type === 'VARCHAR') return c;
  if (form.is !== 'moment' || form.seconds) return `try_cast(${c} as ${type})`;
  const end = form.zone === '' ? '' : ` || '${form.zone}'`;
  return `try_cast(left(${c}, 16) || ':00'${end} as ${type})`;
}

/**
 * Whether a number's spelling is what a double prints: the shortest digits that name it, or its own digits to as many places as
 * stand there. `0.1` and `1.000000000000000056e-01` are; `0.12345678901234567890` loses digits.
 */
export function isExact(spelling: string): boolean {
  const value = Number(spelling);
  if (!Number.isFinite(value)) return false;
  const asked = decimal(spelling);
  if (asked.digits === '') return true;
  if (value === 0) return false;
  const size = Math.abs(value);
  if (asked.digits.length <= 15 && size > 1e-290) return true;
  if (same(asked, decimal(String(value)))) return true;
  const places = asked.written;
  return places <= 100 && same(asked, decimal(value.toPrecision(places)));
}

interface Decimal {
  /** Without zeros at either end. */
  digits: string;
  exponent: number;
  /** Digits from the first that is not 0. */
  written: number;
}

function decimal(spelling: string): Decimal {
  const [, whole = '', part = '', power = '0'] =
    /^-?([0-9]*)[.]?([0-9]*)(?:[eE]([+-]?[0-9]+))?$/.exec(spelling) ?? [];
  const all = `${whole}${part}`.replace(/^0+/, '');
  const digits = all.replace(/0+$/, '');
  return {
    digits,
    exponent: Number(power) - part.length + (all.length - digits.length),
    written: all.length,
  };
}

const same = (a: Decimal, b: Decimal): boolean => a.digits === b.digits && a.exponent === b.exponent;
