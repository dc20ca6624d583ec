import type { DuckDBConnection } from '@duckdb/node-api';
import type { Fault } from '../../tables/index.ts';
import type { DisjointRequest } from '../data/protocol.ts';
import { relationsOf, type Column, type Relation } from '../data/relations.ts';
import { identifier, read, readOne, TableFault } from '../../tables/inside.ts';
import { isPlainText, keyOf, prepared } from './canonical.ts';
import { digestOfKeys, joinDigests } from './digest.ts';
import { byName } from './pairs.ts';

export interface Gate {
  rows: number;
  columns: Column[];
  digest: string;
  /** Columns of text in which some values spell something else: a number, a date, nothing. */
  spelling: ReadonlySet<string>;
}

/**
 * The gate's rows as table `gate`, in the order of the files; `__r` is a row's position, whatever the columns are called. Table `gate_key` holds the keys of
 * its cells: `k0`, `k1` … in the order of the columns' names, and `p0` … of plain text as such.
 */
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
  for (const [i, { sql }] of relations.entries()) {
    const [before] = i === 0 ? [0] : await readOne(connection, 'select count(*) from gate');
    await connection.run(
      `${i === 0 ? 'create table gate as' : 'insert into gate'} select ${names}, (row_number() over () - 1 + ${Number(before)})::bigint as __r from ${sql}`,
    );
  }
  // What rows are compared by, whatever they are compared with: each cell is looked at once.
  const sorted = byName(columns);
  const keys = sorted.flatMap((column, i) => [
    `${keyOf(column)} as k${i}`,
    ...(isPlainText(column) ? [`${keyOf(column, true)} as p${i}`] : []),
  ]);
  await connection.run(
    `create table gate_key as select ${['__r as r', ...keys].join(', ')} from ${prepared(columns, 'gate')}`,
  );
  const sums = await digestOfKeys(connection, columns, 'gate_key');
  if (sums.rows === 0)
    throw new TableFault({
      code: 'empty',
      message: "the gate's data has no rows",
      hint: 'judge on data that has rows: a step that splits data may have left nothing for it',
    });
  const texts = sorted.flatMap((column, i) => (isPlainText(column) ? [{ name: column.name, i }] : []));
  const [spelt = []] =
    texts.length === 0
      ? []
      : await read(
          connection,
          `select ${texts.map(({ i }) => `bool_or(k${i} <> p${i})`).join(', ')} from gate_key`,
        );
  const spelling = new Set(texts.filter((_, i) => spelt[i] === true).map(({ name }) => name));
  return { rows: sums.rows, columns, digest: joinDigests([sums]), spelling };
}

/** The column of `gate_key` with a column's keys. */
export const gateKey = (gate: Gate, name: string, plain = false): string =>
  `${plain ? 'p' : 'k'}${byName(gate.columns).findIndex((column) => column.name === name)}`;

export function columnOf(columns: readonly Column[], name: string, field: 'key' | 'time'): Column {
  const found = columns.find((one) => one.name === name);
  if (found) return found;
  const fault: Fault = {
    code: 'column',
    field,
    message: `the gate's data has no column '${name}'`,
    hint: `it has ${columns.map((one) => one.name).join(', ')}`,
  };
  throw new TableFault(fault);
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
    throw new TableFault({
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
