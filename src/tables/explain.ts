import { openBytes } from './csv-head.ts';
import type { TableFile } from './table-file.ts';
import { TableFault } from './table-fault.ts';
import { UnreadableTable } from './unreadable.ts';

/** What DuckDB says of a file, in the words of who wrote it: its path, the line, what is wrong there. */
export async function explained(error: unknown, files: readonly TableFile[]): Promise<unknown> {
  if (!(error instanceof Error) || error instanceof UnreadableTable || error instanceof TableFault)
    return error;
  const { message } = error;
  const one = files.length === 1 ? files[0] : files.find(({ file }) => names(message, file));
  const known = one && (one.format === 'csv' ? await csvFault(message, one) : jsonFault(message, one));
  return known ?? renamed(error, files);
}

function renamed(error: Error, files: readonly TableFile[]): Error {
  const clean = withShownNames(error.message, files);
  return clean === error.message ? error : new Error(clean, { cause: error });
}

/** Our file names mean nothing to the reader of an error. */
export function withShownNames(message: string, files: readonly TableFile[]): string {
  let clean = message;
  // The longest first: `1.csv` is the end of `11.csv`.
  for (const { file, shown } of files.toSorted((a, b) => b.file.length - a.file.length))
    clean = clean.replaceAll(file, shown);
  return clean;
}

const names = (message: string, file: string): boolean =>
  message.includes(`file = ${file}\n`) || message.includes(`"${file}"`);

async function csvFault(message: string, { file, shown }: TableFile): Promise<UnreadableTable | undefined> {
  const line = /CSV Error on Line: ([0-9]+)/.exec(message)?.[1];
  const [, wanted, found] = /Expected Number of Columns: ([0-9]+) Found: ([0-9]+)/.exec(message) ?? [];
  if (line !== undefined && found !== undefined)
    return new UnreadableTable(
      `${shown}, line ${line}: it has ${found} ${found === '1' ? 'cell' : 'cells'}, and the first line has ${wanted}`,
      'give every line as many cells as the first; a cell that holds the delimiter, a quote or a line break stands in quotes',
    );
  if (line !== undefined && /unterminated quote/i.test(message))
    return new UnreadableTable(
      `${shown}, line ${line}: a quoted cell does not end, or something stands behind its end`,
      'a quote within a quoted cell is written twice: "say ""yes"""',
    );
  if (line !== undefined && /not utf-8/i.test(message))
    return new UnreadableTable(`${shown}, line ${line}: it is not UTF-8`, 'save the file as UTF-8');
  if (line !== undefined && /maximum line size/i.test(message))
    return new UnreadableTable(
      `${shown}, line ${line}: it is longer than 2 MiB`,
      'keep such texts in files of their own',
    );
  const mixed = /invalid state/i.test(message) ? await lineEndChange(file) : undefined;
  return (
    mixed &&
    new UnreadableTable(
      `${shown}, line ${mixed.line}: it ends with ${mixed.end}, and the lines before it with ${mixed.before}`,
      'end all lines alike (dos2unix does it), or put a cell that holds a line break in quotes',
    )
  );
}

function jsonFault(message: string, { shown }: TableFile): UnreadableTable | undefined {
  if (/expected records/.test(message))
    return new UnreadableTable(
      `${shown} holds something else than objects`,
      'a row is an object: {"column": value}',
    );
  if (/byte order mark/.test(message))
    return new UnreadableTable(`${shown} begins with a byte order mark`, 'save it as UTF-8 without one');
  const [, next, what] =
    /Malformed JSON in file ".*", at byte [0-9]+ in line ([0-9]+): ([^\n]*?)\.? *(?:\n|Try|$)/.exec(
      message,
    ) ?? [];
  // DuckDB counts the line that it would read next.
  return next === undefined || what === undefined
    ? undefined
    : new UnreadableTable(`${shown}, line ${Number(next) - 1}: ${what}`, 'each line is one JSON object');
}

const NAMES = { '\n': 'LF', '\r': 'CR', '\r\n': 'CR LF' };
type End = keyof typeof NAMES;

/** The first line that ends in another way than the first. */
async function lineEndChange(
  file: string,
): Promise<{ line: number; end: string; before: string } | undefined> {
  let quoted = false;
  let line = 1;
  let first: End | undefined;
  let cr = false;
  const end = (now: End): { line: number; end: string; before: string } | undefined => {
    first ??= now;
    if (now !== first) return { line, end: NAMES[now], before: NAMES[first] };
    line++;
    return undefined;
  };
  for await (const part of openBytes(file)) {
    for (const byte of part) {
      if (cr) {
        cr = false;
        const found = end(byte === 10 ? '\r\n' : '\r');
        if (found) return found;
        if (byte === 10) continue;
      }
      if (byte === 34) quoted = !quoted;
      else if (quoted) {
        if (byte === 10) line++;
      } else if (byte === 13) cr = true;
      else if (byte === 10) {
        const found = end('\n');
        if (found) return found;
      }
    }
  }
  return cr ? end('\r') : undefined;
}
