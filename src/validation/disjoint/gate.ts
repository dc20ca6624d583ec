import type { DuckDBConnection } from '@duckdb/node-api';
import type { DisjointRequest, TableFault } from '../data/protocol.ts';
import { relationsOf, type Column, type Relation } from '../data/relations.ts';
import { identifier } from '../data/sandbox.ts';
import { TableError } from '../data/table-error.ts';
import { digestOf, joinDigests } from './digest.ts';

export interface Gate {
  rows: number;
  columns: Column[];
  digest: string;
}

/** The gate's rows as table `gate`, in the order of the files; `rowid` is a row's position. */
export async function loadGate(connection: DuckDBConnection, request: DisjointRequest): Promise<Gate> {
  const relations = await relationsOf(connection, request.gate);
  const columns = oneShape(relations);
  for (const name of request.key ?? []) columnOf(columns, name, 'key');
  if (request.time !== null) columnOf(columns, request.time, 'time');
  const names = columns
    .map(({ name, untyped }) =>
      untyped ? `${identifier(name)}::varchar as ${identifier(name)}` : identifier(name),
    )
    .join(', ');
  for (const [i, { sql }] of relations.entries())
    await connection.run(
      `${i === 0 ? 'create table gate as' : 'insert into gate'} select ${names} from ${sql}`,
    );
  const sums = await digestOf(connection, columns, 'gate');
  if (sums.rows === 0)
    throw new TableError({
      code: 'empty',
      message: "the gate's data has no rows",
      hint: 'judge on data that has rows: a step that splits data may have left nothing for it',
    });
  return { rows: sums.rows, columns, digest: joinDigests([sums]) };
}

export function columnOf(columns: readonly Column[], name: string, field: 'key' | 'time'): Column {
  const found = columns.find((one) => one.name === name);
  if (found) return found;
  const fault: TableFault = {
    code: 'column',
    field,
    message: `the gate's data has no column '${name}'`,
    hint: `it has ${columns.map((one) => one.name).join(', ')}`,
  };
  throw new TableError(fault);
}

/** The gate's files are scored as one table, so they must have the same columns; their types may differ between formats. */
function oneShape(relations: readonly Relation[]): Column[] {
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
      message: `the gate's data holds tables of different columns: ${first!.files[0]!.shown} has ${names(first!)}; ${other.files[0]!.shown} has ${names(other)}`,
      hint: 'name one file or folder of it: flights@v4:holdout.parquet',
    });
  }
  return first!.columns.map((column) => {
    const others = more.map(({ columns }) => columns.find(({ name }) => name === column.name)!);
    const alike = others.every(({ type }) => type === column.type);
    const untyped = column.untyped || others.some((one) => one.untyped);
    return alike ? { ...column, untyped } : { name: column.name, type: 'VARCHAR', untyped: true };
  });
}
