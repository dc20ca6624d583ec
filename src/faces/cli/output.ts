import { numberText, stringify } from '../../platform/json/index.ts';

/** What commands print. With `--json` exactly one JSON document goes to stdout; words and progress go to stderr. */
export interface Output {
  readonly json: boolean;
  /** The result: printed as JSON with `--json`, by `human` otherwise. */
  result(value: unknown, human: () => string): void;
  /** A list; that it goes on behind what is shown is said in both forms, with `--json` on stderr. */
  list<T>(found: Listed<T>, human: (items: readonly T[]) => string): void;
  /** A remark along the way; silent with `--json`. */
  say(text: string): void;
}

/** The part of a list that was asked for. */
export interface Listed<T> {
  items: readonly T[];
  /** There are others behind it. */
  more: boolean;
}

/** How many are asked for at a time. */
const PAGE = 500;

/** Reads a list up to `limit`, page by page: a limit of the command's is none of the server's. */
export async function upTo<T>(
  limit: number,
  read: (page: { limit: number; page?: string }) => Promise<{ items: readonly T[]; next?: string }>,
): Promise<Listed<T>> {
  const items: T[] = [];
  for (let page: string | undefined; ;) {
    const found = await read({
      limit: Math.min(PAGE, limit - items.length),
      ...(page === undefined ? {} : { page }),
    });
    items.push(...found.items);
    if (found.next === undefined) return { items, more: false };
    if (items.length >= limit) return { items, more: true };
    page = found.next;
  }
}

export function createOutput(json: boolean): Output {
  const result: Output['result'] = (value, human) =>
    void process.stdout.write(`${json ? stringify(value, 2) : printable(human())}\n`);
  return {
    json,
    result,
    list({ items, more }, human) {
      const rest = `${items.length.toLocaleString('en')} are shown, and there are more: raise --limit`;
      result(items, () => `${human(items)}${more ? `\n… ${rest}` : ''}`);
      if (json && more) process.stderr.write(`treadle: ${rest}\n`);
    },
    say(text) {
      if (!json) process.stderr.write(`${printable(text)}\n`);
    },
  };
}

/**
 * Text as a terminal may have it: names and messages are what others sent, and an escape sequence in one would move the cursor, name
 * the window or write to the clipboard. Colours stay, since logs have them.
 */
export const printable = (text: string): string =>
  text.replaceAll(CONTROL, (found) =>
    found.length === 1 ? '\ufffd' : found.startsWith('\u001b') ? found : `\ufffd${found.slice(1)}`,
  );

/** A colour; or a control character that is neither a line break nor a tab, or turns the direction of writing. */
const CONTROL = /(?!\n|\t|\r\n)\p{Cc}(?:\[[\d;]*m)?|[\u202a-\u202e\u2066-\u2069]/gu;

/** Columns padded to their widest cell; numbers to the right. */
export function table(
  headings: readonly string[],
  rows: ReadonlyArray<ReadonlyArray<string | number>>,
): string {
  const cells = [headings, ...rows].map((row) =>
    row.map((cell, i) => clip(cellText(cell), i < row.length - 1 ? WIDEST : LONGEST)),
  );
  const widths = headings.map((_heading, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0)));
  const right = headings.map(
    (_heading, i) => rows.length > 0 && rows.every((row) => typeof row[i] === 'number'),
  );
  return cells
    .map((row) =>
      row
        .map((cell, i) => (right[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** A name that somebody made a page long would push all other columns out of sight; the last has the rest of the line. */
const WIDEST = 120;
const LONGEST = 1000;

/** One line of printable text: a line break in a cell would end the row, and an escape sequence would reach the terminal. */
const cellText = (cell: string | number): string =>
  typeof cell === 'number' ? numberText(cell) : cell.replaceAll(/\p{Cc}+/gu, ' ');

/** As many digits as people read. */
export const number = (value: number, digits: number): string =>
  numberText(value === 0 ? value : Number(value.toPrecision(digits)));

/** The start of a text that would fill the screen. */
export const clip = (text: string, most = 100): string =>
  text.length > most ? `${text.slice(0, most - 1).trimEnd()}…` : text;

/** A list as a table, or a sentence where there is nothing to list. */
export const listed = (
  nothing: string,
  headings: readonly string[],
  rows: ReadonlyArray<ReadonlyArray<string | number>>,
): string => (rows.length === 0 ? nothing : table(headings, rows));

export const count = (n: number, noun: string): string =>
  `${n.toLocaleString('en')} ${noun}${n === 1 ? '' : 's'}`;

export function bytes(n: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  while (n >= 1024 && unit < units.length - 1) {
    n /= 1024;
    unit++;
  }
  return `${unit === 0 ? n : n.toFixed(1)} ${units[unit]}`;
}

export function ago(then: number, now: number = Date.now()): string {
  const seconds = Math.max(0, Math.round((now - then) / 1000));
  if (seconds < 90) return `${seconds} s ago`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 129_600) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86_400)} d ago`;
}
