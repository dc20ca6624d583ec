/** What a table may be written as. `csv` covers tabs and semicolons, `json` an array of objects or one object in a file. */
export type TableFormat = 'parquet' | 'csv' | 'jsonl' | 'json';

const BY_ENDING: ReadonlyArray<[RegExp, TableFormat]> = [
  [/\.(parquet|pq)$/i, 'parquet'],
  [/\.(csv|tsv)(\.gz|\.zst)?$/i, 'csv'],
  [/\.(jsonl|ndjson)(\.gz|\.zst)?$/i, 'jsonl'],
  [/\.json(\.gz|\.zst)?$/i, 'json'],
];

/** By the ending of its name; undefined: no table that can be read here. */
export const tableFormat = (path: string): TableFormat | undefined =>
  BY_ENDING.find(([ending]) => ending.test(path))?.[1];

/** The name of a file in a reader's working directory: its ending says how it is packed, nothing of it is the caller's. */
export function localName(name: string, path: string, format: TableFormat): string {
  const packed = format === 'parquet' ? '' : (/\.(gz|zst)$/i.exec(path)?.[0].toLowerCase() ?? '');
  return `${name}.${format}${packed}`;
}
