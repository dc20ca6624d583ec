import type { DuckDBConnection } from '@duckdb/node-api';
import { openBytes } from './csv-head.ts';
import type { TableFile } from './table-file.ts';
import { describe, read } from './sandbox.ts';
import { isExact } from './spelling.ts';
import { identifier, quote } from './sql-text.ts';
import { UnreadableTable } from './unreadable.ts';

/** Names stand in quotes, types do not: a text that looks like a date or an id is found out by DuckDB, and JSON has none. */
const GUESSED = /"(?:[^"]|"")*"|\b(?:DATE|TIME|UUID|TIMESTAMP(?:_NS|_MS|_S)?(?: WITH TIME ZONE)?)\b/g;
const asText = (type: string): string =>
  type.replaceAll(GUESSED, (found) => (found.startsWith('"') ? found : 'VARCHAR'));

interface JsonReader {
  /** What follows FROM, for all of the files or for some of them. */
  reader(files: readonly TableFile[]): string;
  columns: Column[];
}
interface Column {
  name: string;
  type: string;
}

/**
 * Types that all lines allow: a key may come late, a fraction last. Texts stay texts, whatever they look like; objects stay
 * objects however many keys they have; whole numbers beyond 64 bits stay whole.
 */
export async function jsonReader(
  connection: DuckDBConnection,
  files: readonly TableFile[],
): Promise<JsonReader> {
  const before = knownColumns(files);
  if (before) return { columns: before, reader: (some) => typedReader(some, before) };
  const found = await describe(connection, guessingReader(files));
  const columns = found.map(({ name, type }) => ({ name, type: asText(type) }));
  const inexact = columns.some(({ type }) => type.includes('DOUBLE')) ? await inexactNumbers(files) : [];
  for (const [name, one] of inexact) {
    const column = columns.find((other) => other.name === name);
    if (!column || column.type !== 'DOUBLE' || !one.whole) throw tooPrecise(one, name);
    // A fraction among whole numbers that no double keeps has no type of its own.
    const c = identifier(name);
    const from = typedReader(files, [{ name, type: 'DOUBLE' }]);
    const [[fractions] = []] = await read(
      connection,
      `select count(*) from ${from} where ${c} <> trunc(${c})`,
    );
    if (Number(fractions) > 0) throw tooPrecise(one, name);
    column.type = 'HUGEINT';
  }
  if (columns.length > 0 && !columns.some(({ name }) => isAlike(name, columns)))
    return { columns, reader: (some) => typedReader(some, columns) };
  const respelt = columns.find(({ type }, i) => type !== found[i]!.type);
  if (respelt)
    throw new UnreadableTable(
      `${files[0]!.shown} has keys that differ in case only, and DuckDB cannot read '${respelt.name}' beside them as it stands`,
      'rename one of the keys',
    );
  return { columns, reader: guessingReader };
}

/** Keys that differ in case only are told apart by names that the file does not have: they cannot be asked for by name. */
function isAlike(name: string, columns: readonly Column[]): boolean {
  const base = /^(.+)_[0-9]+$/.exec(name)?.[1]?.toLowerCase();
  return base !== undefined && columns.some((one) => one.name.toLowerCase() === base);
}

function commonOf(files: readonly TableFile[]): string {
  const list = `[${files.map(({ file }) => quote(file)).join(',')}]`;
  const format = files[0]!.format === 'jsonl' ? 'newline_delimited' : 'auto';
  const union = files.length > 1 ? ', union_by_name=true' : '';
  return `${list}, format='${format}', records=true, hive_partitioning=false${union}`;
}

const guessingReader = (files: readonly TableFile[]): string =>
  `read_json(${commonOf(files)}, sample_size=-1, map_inference_threshold=-1, field_appearance_threshold=0)`;

const typedReader = (files: readonly TableFile[], columns: readonly Column[]): string =>
  `read_json(${commonOf(files)}, columns={${columns.map(({ name, type }) => `${identifier(name)}: ${quote(type)}`).join(', ')}})`;

/** Columns that all lines were read by before, where their names and types say all of it. */
function knownColumns(files: readonly TableFile[]): Column[] | undefined {
  const [first, ...more] = files.map(({ known }) => known?.columns.map(({ name, type }) => ({ name, type })));
  if (!first || first.length === 0) return undefined;
  const plain = first.every(
    ({ name, type }) => /^(BIGINT|HUGEINT|DOUBLE|BOOLEAN|VARCHAR)$/.test(type) && !isAlike(name, first),
  );
  return plain && more.every((one) => JSON.stringify(one) === JSON.stringify(first)) ? first : undefined;
}

interface Inexact {
  shown: string;
  line: number;
  number: string;
  /** All such numbers under this key are whole, and 128 bits keep them. */
  whole: boolean;
}

const tooPrecise = ({ shown, line, number }: Inexact, key: string): UnreadableTable =>
  new UnreadableTable(
    `${shown}, line ${line}: '${key}' holds ${number.slice(0, 60)}, which has more digits than a number here keeps`,
    'write it as a text, in quotes',
  );

/** Digits enough that a double may not keep them, or an exponent beyond it. */
const SUSPICIOUS = /[0-9.]{16,}(?:[eE][+-]?[0-9]+)?|(?<=[0-9.])[eE][+-]?[0-9]{3,}/g;

/** Keys of the records whose numbers a double does not keep, with the first place of each. */
async function inexactNumbers(files: readonly TableFile[]): Promise<Map<string, Inexact>> {
  const found = new Map<string, Inexact>();
  for (const { file, shown, format } of files) {
    for await (const { text, line } of suspects(file, format === 'jsonl')) {
      for (const { key, number } of numbersOf(text)) {
        const whole = /^-?[0-9]+$/.test(number) && number.length <= 38;
        const known = found.get(key);
        if (known) known.whole &&= whole;
        else found.set(key, { shown, line, number, whole });
      }
    }
  }
  return found;
}

/** Lines that hold digits which a double would not keep, in a number or a text; an array of records is one line. */
async function* suspects(file: string, lines: boolean): AsyncGenerator<{ text: string; line: number }> {
  // Digits are looked for in bytes as they are: most files have none, and need no more than that.
  const parts: Buffer[] = [];
  let rest = '';
  let line = 1;
  for await (const part of openBytes(file)) {
    if (!lines) parts.push(part);
    else {
      const text = rest + part.toString('latin1');
      const end = text.lastIndexOf('\n') + 1;
      rest = text.slice(end);
      for (const at of inexactIn(text.slice(0, end))) {
        const start = text.lastIndexOf('\n', at) + 1;
        const own = text.slice(start, text.indexOf('\n', at));
        yield { text: Buffer.from(own, 'latin1').toString(), line: line + breaksIn(text, start) };
      }
      line += breaksIn(text, end);
    }
  }
  const last = lines ? Buffer.from(rest, 'latin1') : Buffer.concat(parts);
  if (!inexactIn(last.toString('latin1')).next().done!) yield { text: last.toString(), line };
}

/** Where in a text such digits stand, at most one place a line. */
function* inexactIn(text: string): Generator<number> {
  const digits = new RegExp(SUSPICIOUS);
  for (let match = digits.exec(text); match; match = digits.exec(text)) {
    let start = match.index;
    if (!/[0-9.]/.test(match[0][0]!)) while (/[0-9.]/.test(text[start - 1] ?? '')) start--;
    const number = text.slice(start, digits.lastIndex);
    if (String(Number(number)) === number || isExact(number)) continue;
    yield match.index;
    const next = text.indexOf('\n', match.index);
    if (next < 0) return;
    digits.lastIndex = next;
  }
}

function breaksIn(text: string, end: number): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) count++;
  return count;
}

/** The numbers of a text that a double does not keep, by the key of the record that they stand under. */
function numbersOf(text: string): Array<{ key: string; number: string }> {
  const found: Array<{ key: string; number: string }> = [];
  let record: unknown;
  try {
    // Values come before what holds them: each number is kept with its place until its record is known.
    record = JSON.parse(
      text,
      function keep(this: unknown, _key, value: unknown, context?: { source?: string }) {
        const source = context?.source;
        return typeof value === 'number' && source !== undefined && !isExact(source)
          ? new Digits(source)
          : value;
      },
    );
  } catch {
    return []; // not JSON: its reader says so
  }
  for (const one of Array.isArray(record) ? (record as unknown[]) : [record])
    if (typeof one === 'object' && one !== null)
      for (const [key, value] of Object.entries(one))
        for (const number of digitsIn(value)) found.push({ key, number });
  return found;
}

class Digits {
  readonly source: string;
  constructor(source: string) {
    this.source = source;
  }
}

function* digitsIn(value: unknown): Generator<string> {
  if (value instanceof Digits) yield value.source;
  else if (typeof value === 'object' && value !== null)
    for (const one of Object.values(value)) yield* digitsIn(one);
}
