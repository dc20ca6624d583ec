// Runs in the table reader's process: the comparison itself, in one place because each step rests on the one before.
import { createHash } from 'node:crypto';
import type { DuckDBConnection } from '@duckdb/node-api';
import { JsonDuckDBValueConverter, type DuckDBValueConverter, type Json } from '@duckdb/node-api';
import type {
  ComparedSource,
  ComparedTable,
  DisjointAnswer,
  DisjointRequest,
  Overlap,
} from '../data/protocol.ts';
import { relationsOf, type Column, type Relation } from '../data/relations.ts';
import { identifier, read, readOne } from '../data/sandbox.ts';
import { TableError } from '../data/table-error.ts';
import { isPlainText, keyOf, mayHaveFractions, numberOf, rowKeys, shownOf } from './canonical.ts';
import { findNear } from './find-near.ts';
import { createOrder } from './order.ts';

/** Below this share of distinct rows whole rows repeat so much that a second one says nothing. */
const WEAK = 0.9;
/** A moment tells rows apart that agree in all else: then it takes more repeats to say nothing. */
const WEAK_WITH_TIME = 0.5;
const SAMPLES = 100;

type Say = (text: string) => void;

export async function compare(
  connection: DuckDBConnection,
  request: DisjointRequest,
  say: Say,
): Promise<DisjointAnswer> {
  const gate = await loadGate(connection, request);
  const order = request.time === null ? undefined : await createOrder(connection, gate, request.time);
  const unkeyed =
    request.key === null
      ? 0
      : Number(
          (
            await readOne(
              connection,
              `select count(*) from gate where ${request.key.map((name) => `${keyOf(gate.column(name))} = hash(null)`).join(' or ')}`,
            )
          )[0],
        );
  await connection.run('create table hit (r bigint, source integer, decides boolean)');
  const against: ComparedSource[] = [];
  for (const [source, files] of request.against.entries()) {
    say(`comparing with ${source + 1} of ${request.against.length}`);
    try {
      const relations = await relationsOf(connection, files, true);
      const digests: RowsDigest[] = [];
      const tables: ComparedTable[] = [];
      for (const relation of relations) {
        digests.push(await digestOf(connection, relation.columns, relation.sql));
        const table = await compareTable(
          connection,
          gate,
          relation,
          request.key,
          source,
          digests.at(-1)!.rows,
        );
        tables.push(table);
        if (table.state !== 'aside') await order?.look(relation, source);
      }
      against.push({
        rows: digests.reduce((sum, { rows }) => sum + rows, 0),
        columns: [...new Set(relations.flatMap(({ columns }) => columns.map(({ name }) => name)))],
        digest: joinDigests(digests),
        tables,
      });
    } catch (error) {
      const fault = TableError.from(error);
      if (fault.code === 'memory') throw fault;
      // One damaged file must not cost the proof of all the others.
      against.push({ rows: 0, columns: [], digest: '', tables: [], problem: fault.message });
    }
  }
  const [overlapping, decided] = await readOne(
    connection,
    'select count(distinct r), count(distinct r) filter (where decides) from hit',
  );
  const found = await order?.found();
  return {
    gate: { rows: gate.rows, columns: gate.columns.map(({ name }) => name), digest: gate.digest },
    unkeyed,
    against,
    overlapping: Number(overlapping),
    decided: Number(decided),
    overlaps: await sampleOverlaps(connection, gate),
    ...(found ? { order: found } : {}),
  };
}

export interface Gate {
  rows: number;
  columns: Column[];
  digest: string;
  column(name: string): Column;
}

/** The gate's rows as a table, in the order of the files; `rowid` is a row's position. */
async function loadGate(connection: DuckDBConnection, request: DisjointRequest): Promise<Gate> {
  const relations = await relationsOf(connection, request.gate, true);
  const columns = oneShape(relations);
  const names = columns
    .map(({ name, untyped }) =>
      untyped ? `${identifier(name)}::varchar as ${identifier(name)}` : identifier(name),
    )
    .join(', ');
  const [first, ...more] = relations;
  await connection.run(`create table gate as select ${names} from ${first!.sql}`);
  for (const { sql } of more) await connection.run(`insert into gate select ${names} from ${sql}`);
  const column = (name: string): Column => {
    const found = columns.find((one) => one.name === name);
    if (found) return found;
    throw new TableError({
      code: 'column',
      message: `the gate's data has no column '${name}'`,
      hint: `it has ${columns.map((one) => one.name).join(', ')}`,
    });
  };
  for (const name of request.key ?? []) named(() => column(name), 'key');
  if (request.time !== null) named(() => column(request.time!), 'time');
  const { rows, ...sums } = await digestOf(connection, columns, 'gate');
  if (rows === 0)
    throw new TableError({
      code: 'empty',
      message: "the gate's data has no rows",
      hint: 'judge on data that has rows: a step that splits data may have left nothing for it',
    });
  return { rows, columns, digest: joinDigests([{ rows, ...sums }]), column };
}

function named<T>(find: () => T, field: string): T {
  try {
    return find();
  } catch (error) {
    throw new TableError({ ...TableError.from(error).fault, field });
  }
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

interface RowsDigest {
  rows: number;
  columns: string[];
  sums: string[];
}

/** Sums over the rows' keys: the same whatever the order of rows or columns, different when a row is there once more. */
async function digestOf(
  connection: DuckDBConnection,
  columns: readonly Column[],
  from: string,
): Promise<RowsDigest> {
  const sorted = byName(columns);
  const { h1, h2 } = rowKeys(sorted.map((_, i) => `k${i}`));
  const keys = sorted.map((column, i) => `${keyOf(column)} as k${i}`);
  const [rows, ...sums] = await readOne(
    connection,
    `select count(*), coalesce(sum(hash(h1)), 0)::varchar, coalesce(sum(hash(h2)), 0)::varchar from (select ${h1} as h1, ${h2} as h2 from (select ${keys.join(', ')} from ${from}))`,
  );
  return { rows: Number(rows), columns: sorted.map(({ name }) => name), sums: sums.map(String) };
}

/** Version 1 of the canonical values and of DuckDB's hash: a change of either needs another number here. */
function joinDigests(digests: readonly RowsDigest[]): string {
  const groups = new Map<string, { rows: number; sums: bigint[] }>();
  for (const { columns, rows, sums } of digests) {
    const key = JSON.stringify(columns);
    const held = groups.get(key) ?? { rows: 0, sums: [0n, 0n] };
    groups.set(key, {
      rows: held.rows + rows,
      sums: held.sums.map((sum, i) => sum + BigInt(sums[i] ?? 0)),
    });
  }
  const text = [...groups]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([columns, { rows, sums }]) => `${columns} ${rows} ${sums.join(' ')}`)
    .join('\n');
  return `rows1:${createHash('sha256').update(text).digest('hex')}`;
}

export const byName = (columns: readonly Column[]): Column[] =>
  columns.toSorted((a, b) => (a.name < b.name ? -1 : 1));

/** A column of both sides. */
export interface Pair {
  name: string;
  gate: Column;
  training: Column;
  /** Both are text of formats that know text. */
  plain: boolean;
}

async function compareTable(
  connection: DuckDBConnection,
  gate: Gate,
  relation: Relation,
  key: readonly string[] | null,
  source: number,
  rows: number,
): Promise<ComparedTable> {
  const shared: Pair[] = byName(gate.columns).flatMap((column) => {
    const other = relation.columns.find(({ name }) => name === column.name);
    if (!other) return [];
    return [
      { name: column.name, gate: column, training: other, plain: isPlainText(column) && isPlainText(other) },
    ];
  });
  const table: ComparedTable = {
    files: relation.files.map(({ shown }) => shown),
    rows,
    identity: [],
    state: 'incomparable',
    distinct_share: 1,
    weak: false,
    overlapping: 0,
    unkeyed: 0,
    near: false,
  };
  const missing = (key ?? []).filter((name) => !shared.some((pair) => pair.name === name));
  const identity = key && missing.length === 0 ? shared.filter(({ name }) => key.includes(name)) : shared;
  if (rows === 0) return { ...table, state: 'aside', reason: 'it has no rows' };
  if (identity.length === 0)
    return rows === 1
      ? { ...table, state: 'aside', reason: 'it is one record of other fields' }
      : { ...table, reason: "it shares no column with the gate's data" };
  table.identity = identity.map(({ name }) => name);
  await identifyGate(connection, identity);
  const [distinct] = await readOne(
    connection,
    'select count(*) from (select distinct h1, h2 from identified)',
  );
  table.distinct_share = Number(distinct) / gate.rows;
  if (key && missing.length === 0) {
    table.unkeyed = Number(
      (
        await readOne(
          connection,
          `select count(*) from ${relation.sql} where ${unkeyed(identity, 'training')}`,
        )
      )[0],
    );
  } else {
    const time = identity.some((pair) => isInstant(pair.gate) || isInstant(pair.training));
    table.weak = table.distinct_share < (time ? WEAK_WITH_TIME : WEAK);
    // A table of stations beside one of flights: what both share names many flights, so its rows are none.
    if (table.weak && shared.length * 2 < gate.columns.length)
      return {
        ...table,
        state: 'aside',
        reason: `it shares only ${table.identity.join(', ')} with the gate's data, by which its rows are no rows of it`,
      };
    if (missing.length > 0)
      return {
        ...table,
        reason: `it has no column ${missing.map((name) => `'${name}'`).join(', ')} of the key`,
      };
  }
  table.state = 'compared';
  if (key)
    await connection.run(
      `delete from identified where r in (select rowid from gate where ${unkeyed(identity, 'gate')})`,
    );
  await findExact(connection, relation, identity, source, !table.weak);
  const near = await findNear(connection, relation, identity, source, !table.weak);
  table.near = near;
  table.overlapping = Number(
    (
      await readOne(
        connection,
        `select count(distinct r) from hit where source = ${source} and r in (select r from identified)`,
      )
    )[0],
  );
  return table;
}

const isInstant = ({ type }: Column): boolean => /^(DATE|TIMESTAMP)/.test(type);

/** Rows with nothing in a column of the key. */
const unkeyed = (identity: readonly Pair[], side: 'gate' | 'training'): string =>
  identity.map((pair) => `${keyOf(pair[side], pair.plain)} = hash(null)`).join(' or ');

/** The gate's rows by their identity over these columns: table `identified (r, h1, h2)`. */
async function identifyGate(connection: DuckDBConnection, identity: readonly Pair[]): Promise<void> {
  const { h1, h2 } = rowKeys(identity.map((_, i) => `k${i}`));
  const keys = identity.map((pair, i) => `${keyOf(pair.gate, pair.plain)} as k${i}`);
  await connection.run(
    `create or replace table identified as select r, ${h1} as h1, ${h2} as h2 from (select rowid as r, ${keys.join(', ')} from gate)`,
  );
}

/** Rows of equal keys, then of equal canonical values: the keys only say where to look. */
async function findExact(
  connection: DuckDBConnection,
  relation: Relation,
  identity: readonly Pair[],
  source: number,
  decides: boolean,
): Promise<void> {
  const { h1, h2 } = rowKeys(identity.map((_, i) => `k${i}`));
  const keys = identity.map((pair, i) => `${keyOf(pair.training, pair.plain)} as k${i}`);
  const columns = identity.map(({ training }, i) => `${identifier(training.name)} as c${i}`);
  // One training row of each identity will do: all of them have the same canonical values.
  await connection.run(
    `create or replace table candidate as select h1, h2, ${identity.map((_, i) => `first(c${i}) as ${identifier(identity[i]!.training.name)}`).join(', ')} from (select *, ${h1} as h1, ${h2} as h2 from (select ${[...keys, ...columns].join(', ')} from ${relation.sql})) where h1 in (select h1 from identified) group by h1, h2`,
  );
  const shown = (side: 'gate' | 'training'): string =>
    identity.map((pair, i) => `${shownOf(pair[side], pair.plain)} as v${i}`).join(', ');
  await connection.run(
    `insert into hit select i.r, ${source}, ${decides} from identified i
     join (select h1, h2, ${shown('training')} from candidate) t on t.h1 = i.h1 and t.h2 = i.h2
     join (select rowid as r, ${shown('gate')} from gate where rowid in (select r from identified where h1 in (select h1 from candidate))) g on g.r = i.r
     where ${identity.map((_, i) => `g.v${i} is not distinct from t.v${i}`).join(' and ')}`,
  );
}

/** As in JSON, with whole numbers as numbers where they are exact. */
const toJson: DuckDBValueConverter<Json> = (value, type, converter) =>
  typeof value === 'bigint' && value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER
    ? Number(value)
    : JsonDuckDBValueConverter(value, type, converter);

async function sampleOverlaps(connection: DuckDBConnection, gate: Gate): Promise<Overlap[]> {
  const names = gate.columns.map(({ name }) => name);
  const result = await connection.runAndReadAll(
    `select h.source, h.r, ${names.map((name) => `g.${identifier(name)}`).join(', ')} from (select r, arg_min(source, case when decides then source else source + 1000000 end) as source from hit group by r order by r limit ${SAMPLES}) h join gate g on g.rowid = h.r order by h.r`,
  );
  return result.convertRows(toJson).map(([source, row, ...values]) => ({
    source: Number(source),
    gate_row: Number(row),
    values: Object.fromEntries(names.map((name, i) => [name, values[i] ?? null])),
  }));
}

/** Columns whose numbers are compared as printings too: one side at least has fractions. */
export async function fractional(
  connection: DuckDBConnection,
  relation: Relation,
  identity: readonly Pair[],
): Promise<Pair[]> {
  const able = identity.filter(
    ({ gate, training, plain }) => !plain && (mayHaveFractions(gate) || mayHaveFractions(training)),
  );
  const withFractions = async (pairs: readonly Pair[], side: 'gate' | 'training', from: string) => {
    if (pairs.length === 0) return [];
    const tests = pairs.map(
      (pair) => `coalesce(bool_or(${numberOf(pair[side])} <> trunc(${numberOf(pair[side])})), false)`,
    );
    const found = await read(connection, `select ${tests.join(', ')} from ${from}`);
    return pairs.filter((_, i) => found[0]![i] === true);
  };
  const ofGate = await withFractions(
    able.filter(({ gate }) => mayHaveFractions(gate)),
    'gate',
    'gate',
  );
  const rest = able.filter((pair) => !ofGate.includes(pair) && mayHaveFractions(pair.training));
  return [...ofGate, ...(await withFractions(rest, 'training', relation.sql))];
}
