// This file and its neighbours run in the table reader's process.
import {
  JsonDuckDBValueConverter,
  type DuckDBConnection,
  type DuckDBValueConverter,
  type Json,
} from '@duckdb/node-api';
import { explained } from '../../tables/index.ts';
import type {
  ComparedSource,
  ComparedTable,
  DisjointAnswer,
  DisjointRequest,
  Overlap,
} from '../data/protocol.ts';
import { relationsOf } from '../data/relations.ts';
import { identifier, readOne } from '../data/sandbox.ts';
import { TableError } from '../data/table-error.ts';
import { createComparer } from './compare-table.ts';
import { joinDigests, type RowsDigest } from './digest.ts';
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
  await connection.run('create table hit (r bigint, source integer, decides boolean)');
  const comparer = createComparer(connection, gate, request.key);
  const against: ComparedSource[] = [];
  for (const [source, files] of request.against.entries()) {
    if (request.against.length > 1)
      say(`comparing rows with ${source + 1} of ${request.against.length} that training read`);
    try {
      const relations = await relationsOf(connection, files);
      const digests: RowsDigest[] = [];
      const tables: ComparedTable[] = [];
      for (const relation of relations) {
        const { digest, table } = await comparer(relation, source, request.certain[source] === true);
        digests.push(digest);
        tables.push(table);
        if (table.state !== 'aside') await order?.look(relation, source, request.certain[source] === true);
      }
      against.push({
        rows: digests.reduce((sum, { rows }) => sum + rows, 0),
        columns: [...new Set(relations.flatMap(({ columns }) => columns.map(({ name }) => name)))],
        digest: joinDigests(digests),
        tables,
      });
    } catch (error) {
      const fault = TableError.from(await explained(error, files));
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
    unkeyed: await countUnkeyed(connection, gate, request.key),
    against,
    overlapping: Number(overlapping),
    decided: Number(decided),
    overlaps: await sampleOverlaps(connection, gate),
    ...(found ? { order: found } : {}),
  };
}

async function countUnkeyed(
  connection: DuckDBConnection,
  gate: Gate,
  key: readonly string[] | null,
): Promise<number> {
  if (key === null) return 0;
  const none = key.map((name) => `${gateKey(gate, name)} = hash(null)`);
  return Number((await readOne(connection, `select count(*) from gate_key where ${none.join(' or ')}`))[0]);
}

/** As in JSON, with whole numbers as numbers where they are exact. */
const toJson: DuckDBValueConverter<Json> = (value, type, converter) =>
  typeof value === 'bigint' && value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER
    ? Number(value)
    : JsonDuckDBValueConverter(value, type, converter);

async function sampleOverlaps(connection: DuckDBConnection, gate: Gate): Promise<Overlap[]> {
  const names = gate.columns.map(({ name }) => name);
  // What decides comes first: it is what a reader has to look at.
  const first = `select r, bool_or(decides) as decides, arg_min(source, case when decides then source else source + 1000000 end) as source from hit group by r order by decides desc, r limit ${SAMPLES}`;
  const result = await connection.runAndReadAll(
    `select h.source, h.r, ${names.map((name) => `g.${identifier(name)}`).join(', ')} from (${first}) h join gate g on g.rowid = h.r order by h.decides desc, h.r`,
  );
  return result.convertRows(toJson).map(([source, row, ...values]) => ({
    source: Number(source),
    gate_row: Number(row),
    values: Object.fromEntries(names.map((name, i) => [name, values[i] ?? null])),
  }));
}
