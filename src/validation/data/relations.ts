import type { DuckDBConnection } from '@duckdb/node-api';
import type { FileInput } from './protocol.ts';
import { quote, read } from './sandbox.ts';
import type { TableFormat } from './table-source.ts';

export interface Column {
  name: string;
  /** DuckDB's name of the type. */
  type: string;
  /** Text of a CSV may be anything; text of the other formats was text. */
  untyped: boolean;
}

/** Files of one format with the same columns, read as one table. */
export interface Relation {
  format: TableFormat;
  files: FileInput[];
  columns: Column[];
  /** What follows FROM. */
  sql: string;
}

/**
 * Groups files by their columns. CSV is read as the text that stands there, so that no guess of a type stands between a value
 * and its comparison.
 */
export async function relationsOf(
  connection: DuckDBConnection,
  files: readonly FileInput[],
): Promise<Relation[]> {
  const relations: Relation[] = [];
  for (const alike of await alikeFiles(connection, files)) {
    const described = await read(connection, `describe select * from ${reader(alike)}`);
    const format = alike[0]!.format;
    const columns = described.map(([name, type]) => ({
      name: String(name),
      type: String(type),
      untyped: format === 'csv',
    }));
    const last = relations.at(-1);
    // Neighbours only: the rows of all keep the order of the files, in which they are counted and scored.
    if (last && last.format === format && JSON.stringify(last.columns) === JSON.stringify(columns)) {
      last.files.push(...alike);
      last.sql = reader(last.files);
    } else relations.push({ format, columns, files: [...alike], sql: reader(alike) });
  }
  return relations;
}

/** Neighbours of one shape. Parquet says its shape for thousands of files at once; each text file is a question of its own. */
async function alikeFiles(connection: DuckDBConnection, files: readonly FileInput[]): Promise<FileInput[][]> {
  const shapes = new Map<string, string>();
  const parquet = files.filter(({ format }) => format === 'parquet');
  if (parquet.length > 1) {
    const rows = await read(
      connection,
      `select file_name, string_agg(concat_ws(' ', name, type, converted_type, logical_type, num_children), '\n') from parquet_schema([${parquet.map(({ file }) => quote(file)).join(',')}]) group by file_name`,
    );
    for (const [file, shape] of rows) shapes.set(String(file), String(shape));
  }
  const groups: FileInput[][] = [];
  let before: string | undefined;
  for (const file of files) {
    const shape = shapes.get(file.file);
    if (shape !== undefined && shape === before) groups.at(-1)!.push(file);
    else groups.push([file]);
    before = shape;
  }
  return groups;
}

function reader(files: readonly FileInput[]): string {
  const list = `[${files.map(({ file }) => quote(file)).join(',')}]`;
  switch (files[0]!.format) {
    case 'parquet':
      return `read_parquet(${list})`;
    case 'csv':
      return `read_csv(${list}, union_by_name=true, all_varchar=true)`;
    case 'json':
      // Looked at as a whole before its types are settled: a fraction may come in the last row.
      return `read_json(${list}, union_by_name=true, sample_size=-1)`;
  }
}
