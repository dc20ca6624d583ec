import type { TableFormat } from './contract.ts';

const BY_ENDING: ReadonlyArray<[RegExp, TableFormat]> = [
  [/\.(parquet|pq)$/i, 'parquet'],
  [/\.(csv|tsv)(\.gz)?$/i, 'csv'],
  [/\.(jsonl|ndjson)(\.gz)?$/i, 'jsonl'],
];

/** By the ending of its name; undefined: not a table. */
export const tableFormat = (path: string): TableFormat | undefined =>
  BY_ENDING.find(([ending]) => ending.test(path))?.[1];
