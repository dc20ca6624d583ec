import type { DuckDBConnection } from '@duckdb/node-api';
import { decideForms, type SpeltColumn } from './decide-forms.ts';
import { explained } from './explain.ts';
import { partitionNames, partitionValue, readTogether } from './partitions.ts';
import { csvGroups, csvReader, formsByName } from './read-csv.ts';
import { jsonReader } from './read-json.ts';
import { describe } from './sandbox.ts';
import { typeOf, valueOf } from './spelling.ts';
import { identifier, quote } from './sql-text.ts';
import type { TableFile } from './table-file.ts';

/** Files as one table: plain JSON, so that a later question over the same files need not settle their types again. */
export interface Reading {
  columns: Array<{ name: string; type: string }>;
  /** What follows FROM: values of the types that all rows allow. */
  typed: string;
  /** The same rows in the same order, where cells of CSV files are the text that stands there. */
  spelled: string;
  /** Counted on the way, where a pass over all rows was needed. */
  rows?: number;
}

/**
 * The one way in which rows are read: every file's rows in the order of the files, columns of the same name together, types
 * that no cell contradicts. What cannot be read as it stands is refused by file and line. `untyped`: a first look at CSV files
 * that are too large to wait for a pass over all rows, with cells as they stand there.
 */
export async function readTable(
  connection: DuckDBConnection,
  files: readonly TableFile[],
  untyped = false,
): Promise<Reading> {
  try {
    const parts: Reading[] = [];
    for (const some of byFormat(files)) {
      const { format } = some[0]!;
      if (format === 'parquet') parts.push(await parquet(connection, some));
      else if (format === 'csv') parts.push(await csv(connection, some, untyped));
      else parts.push(await json(connection, some));
    }
    if (parts.length === 1) return parts[0]!;
    const typed = belowEachOther(parts.map((part) => part.typed));
    return {
      columns: await describe(connection, typed),
      typed,
      spelled: belowEachOther(parts.map((part) => part.spelled)),
      ...(parts.every(({ rows }) => rows !== undefined)
        ? { rows: parts.reduce((sum, { rows = 0 }) => sum + rows, 0) }
        : {}),
    };
  } catch (error) {
    throw await explained(error, files);
  }
}

/** Neighbours of one format: rows keep the order of the files. */
function byFormat(files: readonly TableFile[]): TableFile[][] {
  const groups: TableFile[][] = [];
  for (const one of files) {
    const last = groups.at(-1);
    if (last?.[0]!.format === one.format) last.push(one);
    else groups.push([one]);
  }
  return groups;
}

const belowEachOther = (parts: readonly string[]): string =>
  parts.length === 1
    ? parts[0]!
    : `(${parts.map((part) => `select * from ${part}`).join(' union all by name ')})`;

async function parquet(connection: DuckDBConnection, files: readonly TableFile[]): Promise<Reading> {
  const columns = await describe(connection, parquetReader(files));
  return withPartitions(connection, files, columns, parquetReader);
}

export function parquetReader(files: readonly TableFile[]): string {
  const list = `[${files.map(({ file }) => quote(file)).join(',')}]`;
  const union = files.length > 1 ? ', union_by_name=true' : '';
  return `read_parquet(${list}, hive_partitioning=false${union})`;
}

async function json(connection: DuckDBConnection, files: readonly TableFile[]): Promise<Reading> {
  const { reader, columns } = await jsonReader(connection, files);
  return withPartitions(connection, files, columns, reader);
}

/** What the files hold, and what their folders say of it. */
async function withPartitions(
  connection: DuckDBConnection,
  files: readonly TableFile[],
  columns: Reading['columns'],
  reader: (files: readonly TableFile[]) => string,
): Promise<Reading> {
  const own = columns.map(({ name }) => name);
  const more = partitionNames(files, own);
  if (more.length === 0) return { columns, typed: reader(files), spelled: reader(files) };
  const parts = readTogether(files, own).map(
    (some) =>
      `(select ${[...own.map(identifier), ...more.map((name) => partitionValue(some, name))].join(', ')} from ${reader(some)})`,
  );
  const typed = belowEachOther(parts);
  return { columns: await describe(connection, typed), typed, spelled: typed };
}

/** CSV files of one shape, unread: their columns are text. */
export interface CsvShape {
  files: TableFile[];
  names: string[];
  sql: string;
}

export async function csvShapes(files: readonly TableFile[]): Promise<CsvShape[]> {
  const groups = await csvGroups(files);
  return groups.map((group) => ({
    files: group.files,
    names: group.head.names,
    sql: csvReader(group.files, group.head),
  }));
}

async function csv(
  connection: DuckDBConnection,
  files: readonly TableFile[],
  untyped: boolean,
): Promise<Reading> {
  const groups = await csvGroups(files);
  const forms = formsByName(groups);
  const columns: SpeltColumn[] = [...forms].map(([name, { form, settled }]) => ({ name, form, settled }));
  const text = belowEachOther(groups.map(({ files: some, head }) => csvReader(some, head)));
  const known = files.every((one) => one.known)
    ? files.reduce((sum, one) => sum + one.known!.rows, 0)
    : undefined;
  if (untyped) for (const column of columns) column.form = { is: 'text' };
  const rows = untyped ? known : await decideForms(connection, text, columns, known);
  const more = partitionNames(files, [...forms.keys()]);
  const decided = new Map(columns.map((column) => [column.name, column.form]));
  const part = (typed: boolean): string =>
    belowEachOther(
      groups.flatMap(({ files: some, head }) => {
        const own = head.names.map((name) => {
          const c = identifier(name);
          const form = decided.get(name)!;
          return typed && form.is !== 'text' ? `${valueOf(form, c)} as ${c}` : c;
        });
        return (more.length === 0 ? [some] : readTogether(some, head.names)).map((together) => {
          const folders = more.map((name) => partitionValue(together, name));
          return `(select ${[...own, ...folders].join(', ')} from ${csvReader(together, head)})`;
        });
      }),
    );
  return {
    columns: [
      ...columns.map(({ name, form }) => ({ name, type: typeOf(form) })),
      ...more.map((name) => ({ name, type: 'VARCHAR' })),
    ],
    typed: part(true),
    spelled: part(false),
    ...(rows === undefined ? {} : { rows }),
  };
}
