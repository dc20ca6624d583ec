/** The records of a text of CSV. */
export interface CsvRecords {
  records: string[][];
  /** Where each begins. */
  starts: number[];
  /** The record, counted with the others from 0, that has a quoted cell without an end; it and what follows is no record. */
  endless?: number;
}

/**
 * RFC 4180: cells in quotes may hold delimiters, line ends and doubled quotes; lines end with LF, CR LF or CR, and empty ones are
 * passed over. What stands behind a closing quote belongs to the cell: a reader that takes no such cell says so by itself.
 * `whole`: the text is not cut; else what comes last is left out.
 */
export function splitCsv(text: string, delimiter: string, whole = true): CsvRecords {
  const plain = new RegExp(`[^${delimiter}\\r\\n]*`, 'y');
  const records: string[][] = [];
  const starts: number[] = [];
  let record: string[] = [];
  let at = 0;
  let start = 0;
  while (at < text.length) {
    if (record.length === 0) start = at;
    let cell = '';
    if (text[at] === '"') {
      let end = at + 1;
      for (;;) {
        end = text.indexOf('"', end);
        if (end < 0) return { records, starts, endless: records.length };
        if (text[end + 1] !== '"') break;
        end += 2;
      }
      cell = text.slice(at + 1, end).replaceAll('""', '"');
      at = end + 1;
    }
    plain.lastIndex = at;
    const rest = plain.exec(text)?.[0] ?? '';
    cell += rest;
    at += rest.length;
    record.push(cell);
    if (text[at] === delimiter) {
      at++;
      if (at < text.length) continue;
      if (!whole) break;
      record.push('');
    } else if (at >= text.length) {
      if (!whole) break;
    } else at += text.startsWith('\r\n', at) ? 2 : 1;
    if (record.length > 1 || record[0] !== '') {
      records.push(record);
      starts.push(start);
    }
    record = [];
  }
  return { records, starts };
}
