// Runs in the table reader's process.
import type { DuckDBConnection, DuckDBDataChunk, DuckDBVector } from '@duckdb/node-api';
import { encode, type Batch, type BatchColumn } from './frames.ts';
import type { ColumnKind, FileInput, TableColumn, TableRequest, TableShape } from './protocol.ts';
import { relationsOf, type Relation } from './relations.ts';
import { identifier, readOne } from './sandbox.ts';
import { TableError } from './table-error.ts';

/** Rows of a batch: a few megabytes for ten columns. */
const BATCH = 32_768;

export async function describeTable(
  connection: DuckDBConnection,
  files: readonly FileInput[],
): Promise<TableShape> {
  const { relations, columns } = await oneTable(connection, files);
  let rows = 0;
  for (const { sql } of relations)
    rows += Number((await readOne(connection, `select count(*) from ${sql}`))[0]);
  return { rows, columns };
}

/** Writes the rows in the order of the files, batch by batch, as fast as they are taken. */
export async function readTable(
  connection: DuckDBConnection,
  request: Extract<TableRequest, { op: 'read' }>,
  write: (bytes: Buffer) => Promise<void>,
): Promise<void> {
  const { relations, columns: all } = await oneTable(connection, request.files);
  const columns = (request.columns ?? all.map(({ name }) => name)).map((name) => chosen(all, name));
  await write(encode({ kind: 'shape', columns }));
  let start = 0;
  for (const { sql } of relations) {
    const left = request.limit === null ? '' : ` limit ${request.limit - start}`;
    const result = await connection.stream(`select ${columns.map(converted).join(', ')} from ${sql}${left}`);
    let held: DuckDBDataChunk[] = [];
    let rows = 0;
    const flush = async (): Promise<void> => {
      if (rows === 0) return;
      await write(encode({ kind: 'batch', batch: batchOf(held, columns, start, rows) }));
      start += rows;
      held = [];
      rows = 0;
    };
    for (;;) {
      const chunk = await result.fetchChunk();
      if (!chunk || chunk.rowCount === 0) break;
      held.push(chunk);
      rows += chunk.rowCount;
      if (rows >= BATCH) await flush();
    }
    await flush();
  }
  await write(encode({ kind: 'end', rows: start }));
}

/** Several files are one table when they have the same columns; types come from all of them together. */
async function oneTable(
  connection: DuckDBConnection,
  files: readonly FileInput[],
): Promise<{ relations: Relation[]; columns: TableColumn[] }> {
  const relations = await relationsOf(connection, files, false);
  const [first, ...more] = relations;
  const names = (relation: Relation): string =>
    relation.columns
      .map(({ name }) => name)
      .toSorted()
      .join(', ');
  for (const other of more) {
    if (names(other) === names(first!)) continue;
    throw new TableError({
      code: 'shapes',
      message: `the data holds tables of different columns: ${first!.files[0]!.shown} has ${names(first!)}; ${other.files[0]!.shown} has ${names(other)}`,
      hint: 'name one file or folder of it: flights@v4:holdout.parquet',
    });
  }
  const columns = first!.columns.map(({ name, type }): TableColumn => {
    const types = [type, ...more.map((one) => one.columns.find((column) => column.name === name)!.type)];
    const kinds = [...new Set(types.map(kindOf))];
    const numbers = kinds.every((kind) => kind === 'double' || kind === 'long');
    return { name, type, kind: kinds.length === 1 ? kinds[0]! : numbers ? 'double' : 'text' };
  });
  return { relations, columns };
}

function kindOf(type: string): ColumnKind {
  if (/^U?(TINY|SMALL)INT$|^U?INTEGER$|^BIGINT$/.test(type)) return 'long';
  if (/^(FLOAT|DOUBLE|UBIGINT|U?HUGEINT|DECIMAL\(.*\))$/.test(type)) return 'double';
  if (type === 'BOOLEAN') return 'boolean';
  if (/^(DATE|TIMESTAMP.*)$/.test(type)) return 'time';
  return 'text';
}

function chosen(columns: readonly TableColumn[], name: string): TableColumn {
  const found = columns.find((column) => column.name === name);
  if (found) return found;
  throw new TableError({
    code: 'column',
    message: `the data has no column '${name}'`,
    hint: `it has ${columns.map((column) => column.name).join(', ')}`,
  });
}

function converted({ name, kind, type }: TableColumn): string {
  const c = identifier(name);
  switch (kind) {
    case 'double':
      return `${c}::double`;
    case 'long':
      return `${c}::bigint`;
    case 'boolean':
      return `${c}::boolean`;
    case 'time':
      return `case when isfinite(${c}) then epoch_us(${c}) end`;
    case 'text':
      return type === 'JSON' ? `${c} ->> '$'` : `${c}::varchar`;
  }
}

function batchOf(
  chunks: readonly DuckDBDataChunk[],
  columns: readonly TableColumn[],
  start: number,
  rows: number,
): Batch {
  return {
    start,
    rows,
    columns: columns.map(({ name, kind }, i): BatchColumn => {
      const nulls = new Uint8Array(rows);
      const values = emptyOf(kind, rows);
      let at = 0;
      let missing = false;
      for (const chunk of chunks) {
        const vector = chunk.getColumnVector(i);
        missing = fill(vector, values, nulls, at) || missing;
        at += vector.itemCount;
      }
      return { name, kind, values, ...(missing ? { nulls } : {}) };
    }),
  };
}

const emptyOf = (kind: ColumnKind, rows: number): BatchColumn['values'] =>
  kind === 'double'
    ? new Float64Array(rows)
    : kind === 'boolean'
      ? new Uint8Array(rows)
      : kind === 'text'
        ? Array.from({ length: rows }, () => '')
        : new BigInt64Array(rows);

/** Copies a vector into its place; says whether a value was missing. */
function fill(vector: DuckDBVector, values: BatchColumn['values'], nulls: Uint8Array, at: number): boolean {
  let missing = false;
  for (let i = 0; i < vector.itemCount; i++) {
    const value = vector.getItem(i);
    if (value === null) {
      nulls[at + i] = 1;
      missing = true;
      if (values instanceof Float64Array) values[at + i] = Number.NaN;
    } else if (values instanceof Float64Array) values[at + i] = Number(value);
    else if (values instanceof BigInt64Array) values[at + i] = value as bigint; // the statement casts to bigint
    else if (values instanceof Uint8Array) values[at + i] = value === true ? 1 : 0;
    else values[at + i] = String(value);
  }
  return missing;
}
