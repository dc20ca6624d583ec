import type { Ctx } from '../../platform/ctx/index.ts';
import { tableFormat, type TableFormat } from '../../tables/index.ts';
import { isNote } from './file-kinds.ts';

export const TABLES = 'tables are .parquet, .csv, .tsv, .jsonl, .ndjson and .json files, .gz and .zst too';

export interface TableFile {
  path: string;
  /** Its blob. */
  hash: string;
  size: number;
  format: TableFormat;
}

/** Rows to judge on, or rows that training read: files of a dataset version, or of a step's output. */
export interface TableSource {
  /** `dataset_version:<id>`, or `blob:<digest>` of a step's output. */
  ref: string;
  /** For people: `flights@v3`, `execution 12, prep.holdout`. */
  label: string;
  /** In the order of their paths; of the gate never none. */
  files: TableFile[];
  /** Files that are no tables here: pictures, arrays, archives, texts. Notes about the data are none of them. */
  others: NamedBlob[];
  notes: NamedBlob[];
  /** Who read it: `run:…`, or `model_version:…` and `logged_model:…` of an ancestor. */
  read_by?: string;
  /**
   * It was not read itself: something that is no table was made from it, here by name. None of its rows there: none of them
   * was read. Some of its rows there: nobody knows.
   */
  within?: string;
  /** What stands for `others`: all that the step which wrote them had read is among the sources, marked `within`. */
  origin?: boolean;
  /** Of the gate: `others` are not named as its data, they lie beside it. */
  beside?: boolean;
}

/** What was read but cannot be compared, and is no file that is known. */
export interface UnreadSource {
  ref: string;
  label: string;
  reason: string;
}

export interface NamedBlob {
  path: string;
  hash: string;
  size: number;
}

/** The tables, what is none, and what only speaks about the data. */
export function splitTables(files: readonly NamedBlob[]): {
  tables: TableFile[];
  others: NamedBlob[];
  notes: NamedBlob[];
} {
  const tables: TableFile[] = [];
  const others: NamedBlob[] = [];
  const notes: NamedBlob[] = [];
  for (const { path, hash, size } of files) {
    const format = tableFormat(path);
    // A part without a byte has no columns to agree with the others'.
    if (format !== undefined && size > 0) tables.push({ path, hash, size, format });
    else (isNote({ path, size }) ? notes : others).push({ path, hash, size });
  }
  tables.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { tables, others, notes };
}

/** The blobs that exist of these: a file may be gone although its name is not. */
export async function missingBlobs<T extends NamedBlob>(ctx: Ctx, files: readonly T[]): Promise<T[]> {
  const there = await ctx.blobs.has([...new Set(files.map(({ hash }) => hash))]);
  return files.filter(({ hash }) => !there.has(hash));
}
