import { isUtf8 } from 'node:buffer';
import { isUtf16, judge } from './csv-head.ts';
import { splitCsv } from './csv-records.ts';
import type { TableFormat } from './table-format.ts';
import { UnreadableTable } from './unreadable.ts';

/** A character of UTF-8 has four bytes at most: a cut may leave three of one. */
const LONGEST_CUT = 3;

/**
 * What the first bytes of a text table say will be refused when it is read: another encoding than UTF-8, lines of another number of
 * cells than the first, columns that SQL cannot tell apart. Reads nothing else, so that nothing found is no promise.
 */
export function firstLook(
  start: Buffer,
  whole: boolean,
  shown: string,
  format: TableFormat,
): UnreadableTable | undefined {
  if (isUtf16(start)) return new UnreadableTable(`${shown} is written in UTF-16`, 'save it as UTF-8');
  const line = wrongLine(start, whole);
  if (line !== undefined)
    return new UnreadableTable(
      `${shown}, line ${line}: it is not UTF-8`,
      'save the file as UTF-8: iconv -f LATIN1 -t UTF-8 does it where it is Latin-1',
    );
  if (format !== 'csv') return undefined;
  const text = new TextDecoder().decode(start);
  try {
    const head = judge(text, whole, shown);
    return head && ragged(text, head.delimiter, whole, shown);
  } catch (error) {
    if (error instanceof UnreadableTable) return error;
    throw error;
  }
}

/** The line of the first byte that is no UTF-8, counted from 1. */
function wrongLine(start: Buffer, whole: boolean): number | undefined {
  for (let cut = 0; cut <= (whole ? 0 : LONGEST_CUT); cut++)
    if (isUtf8(start.subarray(0, start.length - cut))) return undefined;
  let line = 1;
  for (let from = 0; from < start.length; line++) {
    const end = start.indexOf(10, from);
    const to = end < 0 ? start.length : end + 1;
    if (!isUtf8(start.subarray(from, to))) return line;
    from = to;
  }
  return line;
}

function ragged(text: string, delimiter: string, whole: boolean, shown: string): UnreadableTable | undefined {
  const blank = /^[\r\n]*/.exec(text)![0];
  const body = text.slice(blank.length);
  const { records, starts } = splitCsv(body, delimiter, whole);
  const wanted = records[0]?.length ?? 0;
  const odd = records.findIndex(({ length }) => length !== wanted);
  if (odd < 0) return undefined;
  const before = blank + body.slice(0, starts[odd]);
  const line = 1 + (before.match(/\r\n|\r|\n/g)?.length ?? 0);
  const found = records[odd]!.length;
  return new UnreadableTable(
    `${shown}, line ${line}: it has ${found} ${found === 1 ? 'cell' : 'cells'}, and the first line has ${wanted}`,
    'give every line as many cells as the first; a cell that holds the delimiter, a quote or a line break stands in quotes',
  );
}
