// This file and its neighbours run in the table reader's process.
import type { DuckDBConnection } from '@duckdb/node-api';
import { explained, identifier, read, readOne, TableFault, toJson } from '../../tables/inside.ts';
import type {
  ComparedSource,
  ComparedTable,
  DisjointAnswer,
  DisjointRequest,
  FileInput,
  Overlap,
} from '../data/protocol.ts';
import { relationsOf, type Relation } from '../data/relations.ts';
import { mayHaveFractions } from './canonical.ts';
import { createComparer } from './compare-table.ts';
import { joinDigests, type RowsDigest } from './digest.ts';
import { findFiles } from './find-files.ts';
import { gateKey, loadGate, type Gate } from './gate.ts';
import { createOrder } from './order.ts';

const SAMPLES = 100;

/** The gate's rows against those of every source, one after the other. */
export async function compare(
  connection: DuckDBConnection,
  request: DisjointRequest,
  say: (text: string) => void,
): Promise<DisjointAnswer> {
  const gate = await loadGate(connection, request);
  const order = request.time === null ? undefined : await createOrder(connection, gate, request.time);
  await connection.run(
    'create table hit (r bigint, source integer, decides boolean, by_file boolean, part integer)',
  );
  await connection.run('create table near_hit (r bigint)');
  const named = await findFiles(connection, gate, request.files, request.certain);
  const comparer = createComparer(connection, gate, request);
  const against: ComparedSource[] = [];
  for (const [source, files] of request.against.entries()) {
    if (request.against.length > 1)
      say(`comparing rows with ${source + 1} of ${request.against.length} that training read`);
    const certain = request.certain[source] === true;
    const byBytes = named !== undefined && request.by_bytes[source] === true;
    const digests: RowsDigest[] = [];
    const tables: ComparedTable[] = [];
    const columns = new Set<string>();
    await eachTable(
      connection,
      files,
      async (relation) => {
        const at = { source, part: tables.length, byBytes };
        const { digest, table } = await comparer(relation, at, certain);
        if (table.state !== 'aside') await order?.look(relation, source, certain);
        digests.push(digest);
        tables.push(table);
        for (const { name } of relation.columns) columns.add(name);
      },
      (some, reason) => void tables.push(unreadable(some, reason)),
    );
    const broken = digests.length === 0 && tables.length > 0;
    const reasons = [...new Set(tables.map(({ reason }) => reason))];
    against.push({
      rows: digests.reduce((sum, { rows }) => sum + rows, 0),
      columns: [...columns],
      digest: joinDigests(digests),
      tables,
      ...(broken ? { problem: reasons.join('; ') } : {}),
    });
  }
  const [overlapping, decided, rows, decidedRows] = (
    await readOne(
      connection,
      `select count(distinct r), count(distinct r) filter (where decides), count(distinct r) filter (where not by_file),
         count(distinct r) filter (where decides and not by_file) from hit`,
    )
  ).map(Number) as [number, number, number, number];
  const asksForKey = against.some(({ tables }) => tables.some(({ weak }) => weak));
  const found = await order?.found();
  return {
    gate: { rows: gate.rows, columns: gate.columns.map(({ name }) => name), digest: gate.digest },
    unkeyed: await countUnkeyed(connection, gate, request.key),
    against,
    overlapping,
    decided,
    similar: Number(
      (
        await readOne(connection, 'select count(distinct r) from near_hit where r not in (select r from hit)')
      )[0],
    ),
    by_rows: { overlapping: rows, decided: decidedRows },
    unique: asksForKey ? await uniqueColumns(connection, gate, request.label) : [],
    overlaps: await sampleOverlaps(connection, gate),
    ...(named ? { named } : {}),
    ...(found ? { order: found } : {}),
  };
}

/** One damaged file must not cost the proof of all the others: where several cannot be read together, each is tried. */
async function eachTable(
  connection: DuckDBConnection,
  files: readonly FileInput[],
  work: (relation: Relation) => Promise<void>,
  refuse: (files: readonly FileInput[], reason: string) => void,
): Promise<void> {
  const apart = async (some: readonly FileInput[], error: unknown): Promise<void> => {
    const fault = TableFault.from(await explained(error, some));
    if (fault.code === 'memory') throw fault;
    if (some.length === 1) return refuse(some, fault.message);
    for (const file of some) await eachTable(connection, [file], work, refuse);
  };
  let relations: Relation[];
  try {
    relations = await relationsOf(connection, files);
  } catch (error) {
    return apart(files, error);
  }
  for (const relation of relations) {
    try {
      await work(relation);
    } catch (error) {
      await apart(relation.files, error);
    }
  }
}

const unreadable = (files: readonly FileInput[], reason: string): ComparedTable => ({
  files: files.map(({ shown }) => shown),
  rows: 0,
  identity: [],
  otherwise: [],
  state: 'incomparable',
  reason,
  distinct_share: 1,
  weak: false,
  overlapping: 0,
  unkeyed: 0,
  near: 'none',
  suspicions: [],
});

async function countUnkeyed(
  connection: DuckDBConnection,
  gate: Gate,
  key: readonly string[] | null,
): Promise<number> {
  if (key === null) return 0;
  const none = key.map((name) => `${gateKey(gate, name)} = hash(null)`);
  return Number((await readOne(connection, `select count(*) from gate_key where ${none.join(' or ')}`))[0]);
}

/** What could be a key: columns other than the label in which no two rows are equal, measurements last. */
async function uniqueColumns(
  connection: DuckDBConnection,
  gate: Gate,
  label: string | null,
): Promise<string[]> {
  const able = gate.columns.filter(({ name }) => name !== label);
  if (able.length === 0) return [];
  const [counts = []] = await read(
    connection,
    `select ${able.map(({ name }) => `count(distinct ${gateKey(gate, name)})`).join(', ')} from gate_key`,
  );
  return able
    .filter((_, i) => Number(counts[i]) === gate.rows)
    .toSorted((a, b) => Number(mayHaveFractions(a)) - Number(mayHaveFractions(b)))
    .map(({ name }) => name);
}

async function sampleOverlaps(connection: DuckDBConnection, gate: Gate): Promise<Overlap[]> {
  const names = gate.columns.map(({ name }) => name);
  // What decides comes first: it is what a reader has to look at.
  const first = `select r, bool_or(decides) as decides, arg_min(source, case when decides then source else source + 1000000 end) as source from hit group by r order by decides desc, r limit ${SAMPLES}`;
  const result = await connection.runAndReadAll(
    `select h.source, h.r, ${names.map((name) => `g.${identifier(name)}`).join(', ')} from (${first}) h join gate g on g.__r = h.r order by h.decides desc, h.r`,
  );
  return result.convertRows(toJson).map(([source, row, ...values]) => ({
    source: Number(source),
    gate_row: Number(row),
    values: Object.fromEntries(names.map((name, i) => [name, values[i] ?? null])),
  }));
}
