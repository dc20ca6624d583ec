import type { DuckDBConnection } from '@duckdb/node-api';
import type { Relation } from '../data/relations.ts';
import { readOne } from '../data/sandbox.ts';
import { bucketOf, keyOf, numberOf, within } from './canonical.ts';
import { fractional, type Pair } from './compare.ts';
import { sameNumber } from './near.ts';

/** Columns of fractions that find a row; more are compared all the same. Each may double the places to look in. */
const MOST_BUCKETS = 5;
/** Pairs that one search may look at; past it numbers are too alike to be told apart this way. */
const MOST_PAIRS = 2e9;

/**
 * Rows whose numbers are the gate's, printed with fewer or more digits. All other columns are equal; the fractions lie in the
 * same bucket, or in the next one, and are then looked at digit by digit. Says whether it looked.
 */
export async function findNear(
  connection: DuckDBConnection,
  relation: Relation,
  identity: readonly Pair[],
  source: number,
  decides: boolean,
): Promise<boolean> {
  const near = await fractional(connection, relation, identity);
  if (near.length === 0) return false;
  const bucketed = near.slice(0, MOST_BUCKETS);
  const keyed = identity.filter((pair) => !near.includes(pair));
  await probe(connection, near, bucketed, keyed, source);
  const [probes, places] = await readOne(connection, 'select count(*), approx_count_distinct(hc) from probe');
  if (Number(probes) === 0) return true;
  const [rows] = await readOne(connection, `select count(*) from ${relation.sql}`);
  if ((Number(probes) * Number(rows)) / Math.max(1, Number(places)) > MOST_PAIRS) return false;
  const keys = [
    ...keyed.map((pair) => keyOf(pair.training, pair.plain)),
    ...bucketed.map((pair) => bucketOf(pair.training, keyOf(pair.training), 0)),
  ];
  const values = near.map(
    (pair, i) => `${numberOf(pair.training)} as n${i}, ${keyOf(pair.training)} as x${i}`,
  );
  const same = near.map(
    (_, i) =>
      // What is no number on one side is compared by its key; nothing is like nothing only.
      `case when p.n${i} is null or t.n${i} is null then p.x${i} = t.x${i} else ${within(`p.n${i}`, `t.n${i}`)} end`,
  );
  await connection.run(
    `create or replace table pair as select distinct p.r, ${near.map((_, i) => `p.n${i} as a${i}, t.n${i} as b${i}`).join(', ')} from (select hash(${['3', ...keys].join(', ')}) as hc, ${values.join(', ')} from ${relation.sql}) t join probe p on p.hc = t.hc where ${same.join(' and ')}`,
  );
  const found = await verify(connection, near.length);
  // A row stands for all rows of the gate with its identity.
  for (let at = 0; at < found.length; at += 10_000) {
    const some = found.slice(at, at + 10_000).join(',');
    await connection.run(
      `insert into hit select i.r, ${source}, ${decides} from identified i join (select distinct h1, h2 from identified where r in (${some})) s on s.h1 = i.h1 and s.h2 = i.h2`,
    );
  }
  return true;
}

/** The places where a gate's row may have a twin: its buckets, and the next where a number lies close to the edge. */
async function probe(
  connection: DuckDBConnection,
  near: readonly Pair[],
  bucketed: readonly Pair[],
  keyed: readonly Pair[],
  source: number,
): Promise<void> {
  const sides = bucketed.flatMap((pair, i) => [
    `${bucketOf(pair.gate, keyOf(pair.gate), -1)} as lo${i}`,
    `${bucketOf(pair.gate, keyOf(pair.gate), 1)} as hi${i}`,
  ]);
  const keys = keyed.map((pair, i) => `${keyOf(pair.gate, pair.plain)} as k${i}`);
  const values = near.map((pair, i) => `${numberOf(pair.gate)} as n${i}, ${keyOf(pair.gate)} as x${i}`);
  const carried = near.map((_, i) => `n${i}, x${i}`).join(', ');
  await connection.run(
    `create or replace table seen as select rowid as r, ${[...keys, ...sides, ...values].join(', ')} from gate where rowid in (select min(r) from identified where r not in (select r from hit where source = ${source}) group by h1, h2)`,
  );
  await connection.run('drop table if exists probe');
  for (let mask = 0; mask < 1 << bucketed.length; mask++) {
    const chosen = bucketed.map((_, i) => (mask & (1 << i) ? `hi${i}` : `lo${i}`));
    const other = bucketed.flatMap((_, i) => (mask & (1 << i) ? [`hi${i} <> lo${i}`] : []));
    const select = `select r, hash(${['3', ...keyed.map((_, i) => `k${i}`), ...chosen].join(', ')}) as hc, ${carried} from seen`;
    await connection.run(
      mask === 0
        ? `create table probe as ${select}`
        : `insert into probe ${select} where ${other.join(' and ')}`,
    );
  }
  await connection.run('drop table seen');
}

/** Digit by digit, pair by pair: the rows of the gate that have a twin. */
async function verify(connection: DuckDBConnection, columns: number): Promise<number[]> {
  const found = new Set<number>();
  const result = await connection.stream('select * from pair');
  for await (const rows of result.yieldRows()) {
    for (const row of rows) {
      const r = Number(row[0]);
      if (found.has(r)) continue;
      let same = true;
      for (let i = 0; same && i < columns; i++) {
        const a = row[1 + 2 * i];
        const b = row[2 + 2 * i];
        if (typeof a === 'number' && typeof b === 'number') same = sameNumber(a, b);
      }
      if (same) found.add(r);
    }
  }
  return [...found];
}
