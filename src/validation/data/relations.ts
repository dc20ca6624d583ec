import type { DuckDBConnection } from '@duckdb/node-api';
import type { FileInput } from './protocol.ts';
import type { TableFormat } from '../../tables/index.ts';
import {
  csvShapes,
  describe,
  explained,
  jsonReader,
  parquetReader,
  quote,
  read,
} from '../../tables/inside.ts';

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
 * Groups files by their columns. CSV is read as the text that stands there, so that no type stands between a value and its
 * comparison. What the folders of a path say is no part of a row: the same row in `split=train/` and `split=test/` is one.
 */
export async function relationsOf(
  connection: DuckDBConnection,
  files: readonly FileInput[],
): Promise<Relation[]> {
  try {
    const relations: Relation[] = [];
    for (const { again, ...relation } of await shapesOf(connection, files)) {
      const last = relations.at(-1);
      // Neighbours only: the rows of all keep the order of the files, in which they are counted and scored.
      if (last && again && relation.format === last.format && alike(last, relation)) {
        last.files.push(...relation.files);
        last.sql = again(last.files);
      } else relations.push(relation);
    }
    return relations;
  } catch (error) {
    throw await explained(error, files);
  }
}

const alike = (a: Relation, b: Relation): boolean => JSON.stringify(a.columns) === JSON.stringify(b.columns);

/** `again`: how more files of the same columns are read together. */
type Shape = Relation & { again?: (files: readonly FileInput[]) => string };

async function shapesOf(connection: DuckDBConnection, files: readonly FileInput[]): Promise<Shape[]> {
  const found: Shape[] = [];
  for (const some of await alikeFiles(connection, files)) {
    const { format } = some[0]!;
    if (format === 'csv') {
      for (const { files: of, names, sql } of await csvShapes(some))
        found.push({
          format,
          files: of,
          sql,
          columns: names.map((name) => ({ name, type: 'VARCHAR', untyped: true })),
        });
      continue;
    }
    const typed = format === 'parquet' ? undefined : await jsonReader(connection, some);
    const again = typed?.reader ?? parquetReader;
    const sql = again(some);
    const columns = typed?.columns ?? (await describe(connection, sql));
    found.push({
      format,
      files: some,
      sql,
      again,
      columns: columns.map((column) => ({ ...column, untyped: false })),
    });
  }
  return found;
}

/** Neighbours that are looked at together: Parquet says the shape of thousands of files at once, JSON is a question for each. */
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
    const shape = file.format === 'csv' ? 'csv' : shapes.get(file.file);
    if (shape !== undefined && shape === before) groups.at(-1)!.push(file);
    else groups.push([file]);
    before = shape;
  }
  return groups;
}
