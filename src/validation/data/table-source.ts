import type { Ctx } from '../../platform/ctx/index.ts';
import { tableFormat, type TableFormat } from '../../tables/index.ts';

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
  /** In the order of their paths; never none. */
  files: TableFile[];
  /** Who read it: `run:…`, or `model_version:…` and `logged_model:…` of an ancestor. */
  read_by?: string;
  /**
   * It was not read itself: something that is no table was made from it, here by name. None of its rows there: none of them
   * was read. Some of its rows there: nobody knows.
   */
  within?: string;
}

/** What was read but cannot be compared. */
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

/** Files that hold rows, but in a form that the table reader does not know. */
const OTHER_DATA =
  /\.(npy|npz|pkl|pickle|joblib|h5|hdf5|arrow|feather|ipc|avro|orc|xlsx?|ods|db|sqlite3?|duckdb|tfrecords?|pt|pth|safetensors|mat|rds|rdata|sav|dta|xpt|zip|tar|tgz|zst|xz|bz2|7z|parquet\.\w+|txt\.gz)$/i;

export function splitTables(files: readonly NamedBlob[]): { tables: TableFile[]; opaque: string[] } {
  const tables: TableFile[] = [];
  const opaque: string[] = [];
  for (const { path, hash, size } of files) {
    const format = tableFormat(path);
    if (format !== undefined) tables.push({ path, hash, size, format });
    else if (OTHER_DATA.test(path)) opaque.push(path);
  }
  tables.sort((a, b) => (a.path < b.path ? -1 : 1));
  // A step's notes are JSON as well: an array counts as a table only where nothing else is one.
  const lines = tables.filter(({ path }) => tableFormat(path) !== 'json');
  const chosen = lines.length > 0 ? lines : tables;
  // A part without a byte has no columns to agree with the others'.
  const filled = chosen.filter(({ size }) => size > 0);
  return { tables: filled.length > 0 ? filled : chosen, opaque };
}

/** The blobs that exist of these: a file may be gone although its name is not. */
export async function missingBlobs(ctx: Ctx, files: readonly TableFile[]): Promise<TableFile[]> {
  const there = await ctx.blobs.has([...new Set(files.map(({ hash }) => hash))]);
  return files.filter(({ hash }) => !there.has(hash));
}
