import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { splitCsv } from './csv-records.ts';
import { fits, formOf, join, type Form } from './spelling.ts';
import { UnreadableTable } from './unreadable.ts';

/** What the first lines of a CSV file say of it. */
export interface CsvHead {
  delimiter: string;
  /** Blank lines before the first that is not. */
  skip: number;
  header: boolean;
  /** Unique without regard to case, as SQL needs them; names that differ only in case are refused. */
  names: string[];
  /** Whether each of them stands in the first line: none is ours. */
  asWritten: boolean;
  /** What the first cells look like; all cells decide. */
  forms: Form[];
}

const DELIMITERS = [',', '\t', ';', '|'];
/** A first line longer than this is none. */
const LONGEST_LINE = 8 * 1024 * 1024;
const START = 256 * 1024;
/** Lines that say what the delimiter is. */
const JUDGED = 200;

/** Of enough of a file to tell. */
export const readCsvStart = (file: string, shown: string): Promise<CsvHead> =>
  readCsvHead(file, shown, START);

export async function readCsvHead(file: string, shown: string, bytes: number): Promise<CsvHead> {
  for (let size = bytes; ; size *= 8) {
    const { text, whole } = await readStart(file, shown, size);
    const found = judge(text, whole, shown);
    if (found) return found;
    if (size > LONGEST_LINE)
      throw new UnreadableTable(
        `${shown}: its first line is longer than ${LONGEST_LINE / 1024 / 1024} MiB`,
        'a CSV file is lines of cells',
      );
  }
}

/** The stream of a file's bytes, unpacked. */
export function openBytes(file: string): NodeJS.ReadableStream & AsyncIterable<Buffer> {
  const raw = createReadStream(file);
  const unpack = file.endsWith('.gz')
    ? createGunzip()
    : file.endsWith('.zst')
      ? createZstdDecompress()
      : undefined;
  // An error of either comes out of the second; whoever stops early ends both.
  return unpack ? pipeline(raw, unpack, () => undefined) : raw;
}

async function readStart(
  file: string,
  shown: string,
  bytes: number,
): Promise<{ text: string; whole: boolean }> {
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of openBytes(file)) {
      parts.push(part);
      size += part.length;
      if (size > bytes) break;
    }
  } catch (error) {
    throw new UnreadableTable(
      `${shown} cannot be unpacked: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const start = Buffer.concat(parts);
  if (isUtf16(start)) throw new UnreadableTable(`${shown} is written in UTF-16`, 'save it as UTF-8');
  return { text: new TextDecoder().decode(start), whole: size <= bytes };
}

/** By its byte order mark. */
export const isUtf16 = (start: Buffer): boolean =>
  /^(?:\xff\xfe|\xfe\xff)/.test(start.toString('latin1', 0, 2));

/** Undefined: not even two lines were read, and there is more. */
export function judge(text: string, whole: boolean, shown: string): CsvHead | undefined {
  const skip = /^(?:\r\n|\n|\r)*/.exec(text)![0].replaceAll('\r\n', '\n').length;
  const body = text.slice(/^[\r\n]*/.exec(text)![0].length);
  if (body === '' && whole)
    throw new UnreadableTable(
      `${shown} holds no line but empty ones`,
      'a CSV file begins with the names of its columns',
    );
  const order = /\.tsv(\.|$)/i.test(shown) ? ['\t', ...DELIMITERS] : DELIMITERS;
  let best: { delimiter: string; records: string[][]; score: number[] } | undefined;
  for (const delimiter of order) {
    // A quote that never ends: the reader of all lines says so.
    const { records } = splitCsv(body, delimiter, whole);
    if (records.length < 2 && !whole) continue;
    const judged = records.slice(0, JUDGED);
    const widths = [...Map.groupBy(judged, ({ length }) => length)].toSorted(
      (a, b) => b[1].length - a[1].length,
    );
    const [width, alike] = widths[0] ?? [0, []];
    const header = judged[0]?.length ?? 0;
    // A delimiter that the first line has counts before one that it lacks; then the one that most lines agree about.
    const score =
      width > 1 || header > 1
        ? [header > 1 ? 1 : 0, header === width ? 1 : 0, alike.length, width]
        : [0, 0, 0, 0];
    if (!best || isAbove(score, best.score)) best = { delimiter, records, score };
  }
  if (!best) return undefined;
  const [first, ...rest] = best.records;
  if (!first) return undefined;
  const full = rest.filter(({ length }) => length === first.length);
  const forms = first.map((_, i) =>
    full.reduce<Form>((form, cells) => join(form, formOf(cells[i]!)), { is: 'none' }),
  );
  const header = isHeader(first, forms, full.length);
  if (header) requireTellable(first, shown);
  const names = header ? uniqueNames(first) : first.map((_, i) => `column${i}`);
  return {
    delimiter: best.delimiter,
    skip,
    header,
    names,
    asWritten: header && names.every((name, i) => name === first[i]),
    forms: header ? forms : forms.map((form, i) => join(form, formOf(first[i]!))),
  };
}

function isAbove(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at >= 0 && a[at]! > b[at]!;
}

/**
 * A first line is a header unless it is like the lines below it: some cell is a number, a date or a truth value as all below
 * it are, and none is a text above such. Columns that are numbered one by one, or named by years, have a header all the same.
 */
function isHeader(first: readonly string[], forms: readonly Form[], below: number): boolean {
  const own = first.map(formOf);
  const typed = (form: Form): boolean => form.is !== 'text' && form.is !== 'none';
  if (below === 0) return !own.some(typed) || isCounted(first);
  const alike = own.some((form, i) => typed(forms[i]!) && form.is !== 'none' && fits(form, forms[i]!));
  const unlike = own.some((form, i) => typed(forms[i]!) && form.is !== 'none' && !fits(form, forms[i]!));
  return unlike || !alike || isCounted(first);
}

/** 0,1,2 as pandas writes columns without names, or 1990,1991,1992 beside names. */
function isCounted(first: readonly string[]): boolean {
  const numbers = first.filter((cell) => typeof cell === 'string' && /^-?[0-9.]/.test(cell));
  if (!numbers.every((cell) => /^(?:0|[1-9][0-9]{0,6})$/.test(cell))) return false;
  const [start] = numbers;
  if (start === undefined || numbers.some((cell, i) => Number(cell) !== Number(start) + i)) return false;
  return start === '0' || (numbers.length > 1 && numbers.length < first.length && Number(start) >= 1000);
}

/** Names without regard to case: a second `a` becomes `a_1`, a column without a name `column3`. */
export function uniqueNames(cells: readonly string[]): string[] {
  const taken = new Set<string>();
  return cells.map((cell, i) => {
    const plain = cell === '' ? `column${i}` : cell;
    let name = plain;
    for (let n = 1; taken.has(name.toLowerCase()); n++) name = `${plain}_${n}`;
    taken.add(name.toLowerCase());
    return name;
  });
}

/**
 * SQL does not tell `a` from `A`, and a name of our own for one of them would be silent: who asks for `A` would get `a`. The same name
 * twice is numbered, since nobody can ask for the second by it.
 */
function requireTellable(cells: readonly string[], shown: string): void {
  const spelt = new Map<string, string>();
  for (const cell of cells) {
    const before = spelt.get(cell.toLowerCase());
    if (before !== undefined && before !== cell)
      throw new UnreadableTable(
        `${shown}: its first line names the columns '${before}' and '${cell}', which differ only in case`,
        'rename one of them: SQL takes both for one',
      );
    spelt.set(cell.toLowerCase(), cell);
  }
}
