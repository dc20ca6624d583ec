import type { DuckDBConnection } from '@duckdb/node-api';
import { read, readOne } from '../../tables/inside.ts';
import { bucketOf, keyOf, numberOf, prepared, within } from './canonical.ts';
import { hasPlaces, type Search } from './find-exact.ts';
import { sameNumber } from './near.ts';
import { trainingKey, type Pair } from './pairs.ts';

/** Columns of fractions that find a row; more are compared all the same. Each may double the places to look in. */
const MOST_BUCKETS = 5;
/** Pairs that one search may look at; past it numbers are too alike to be told apart this way. */
const MOST_PAIRS = 1e9;

const bucketed = (near: readonly Pair[]): readonly Pair[] => near.slice(0, MOST_BUCKETS);

/** The columns that tell rows apart best come first: the others' buckets are not looked up. */
export async function tellingFirst(connection: DuckDBConnection, near: readonly Pair[]): Promise<Pair[]> {
  if (near.length <= MOST_BUCKETS) return [...near];
  const columns = near.map(({ gate }) => gate);
  const [counts] = await read(
    connection,
    `select ${columns.map((column) => `approx_count_distinct(${bucketOf(column, keyOf(column), 0)})::double`).join(', ')} from ${prepared(columns, 'gate')}`,
  );
  return near
    .map((pair, i) => ({ pair, distinct: Number(counts?.[i]) }))
    .toSorted((a, b) => b.distinct - a.distinct)
    .map(({ pair }) => pair);
}
const keptAs = (identity: readonly Pair[], near: readonly Pair[]): Pair[] =>
  identity.filter((pair) => !near.includes(pair));

/** What of a training row says where its twins are: all that must be equal, and the buckets of its fractions. */
export const nearBuckets = (identity: readonly Pair[], near: readonly Pair[]): string[] => [
  ...keptAs(identity, near).map((pair) => trainingKey(pair)),
  ...bucketed(near).map((pair) => bucketOf(pair.training, keyOf(pair.training), 0)),
];

/**
 * Rows whose numbers are the gate's, printed with fewer or more digits. All other columns are equal; the fractions lie in the
 * same bucket, or in the next one, and are then looked at digit by digit. Says whether it looked.
 */
export async function findNear(
  search: Search,
  near: readonly Pair[],
  buckets: readonly string[],
): Promise<boolean> {
  const { connection, rows, source, part, decides } = search;
  await probe(search, near);
  const places = await hasPlaces(connection);
  const [pairs] = await readOne(
    connection,
    'select coalesce(sum(t.n * p.n), 0)::double from (select hc, count(*) as n from training where hc in (select hc from probe) group by hc) t join (select hc, count(*) as n from probe group by hc) p on p.hc = t.hc',
  );
  if (Number(pairs) === 0) return true;
  if (Number(pairs) > MOST_PAIRS || buckets.length === 0) return false;
  await connection.run(
    `create or replace table matched as select ${places ? 't' : 'distinct hc'} from training where hc in (select hc from probe)`,
  );
  const values = near.flatMap((pair) => [numberOf(pair.training), keyOf(pair.training)]);
  const same = near.map(
    (_, i) =>
      // What is no number on one side is compared by its key; nothing is like nothing only.
      `case when p.n${i} is null or t.v${2 * i} is null then p.x${i} = t.v${2 * i + 1} else ${within(`p.n${i}`, `t.v${2 * i}`)} end`,
  );
  await connection.run(
    `create or replace table pair as select distinct p.r, ${near.map((_, i) => `p.n${i} as a${i}, t.v${2 * i} as b${i}`).join(', ')} from (${rows.values(values, { table: 'matched', by: 'hc' })}) t join probe p on p.hc = t.hc where ${same.join(' and ')}`,
  );
  const found = await verify(connection, near.length);
  // A row stands for all rows of the gate with its identity.
  for (let at = 0; at < found.length; at += 10_000) {
    const some = found.slice(at, at + 10_000).join(',');
    await connection.run(
      `insert into hit select i.r, ${source}, ${decides}, false, ${part} from identified i join (select distinct h1, h2 from identified where r in (${some})) s on s.h1 = i.h1 and s.h2 = i.h2`,
    );
  }
  return true;
}

/** The places where a gate's row may have a twin: its buckets, and the next where a number lies close to the edge. */
async function probe({ connection, identity, source, part }: Search, near: readonly Pair[]): Promise<void> {
  const kept = keptAs(identity, near).map((pair) => `k${identity.indexOf(pair)}`);
  const sides = bucketed(near).flatMap(({ gate }, i) => [
    `${bucketOf(gate, keyOf(gate), -1)} as lo${i}`,
    `${bucketOf(gate, keyOf(gate), 1)} as hi${i}`,
  ]);
  const values = near.map((pair, i) => `${numberOf(pair.gate)} as n${i}`);
  const rows = prepared(
    near.map(({ gate }) => gate),
    'gate',
  );
  const carried = near.map((_, i) => `n${i}, x${i}`).join(', ');
  await connection.run(
    `create or replace table seen as select i.*, ${[...sides.map((_, i) => `g.${i % 2 === 0 ? 'lo' : 'hi'}${Math.floor(i / 2)}`), ...near.map((pair, i) => `g.n${i}, i.k${identity.indexOf(pair)} as x${i}`)].join(', ')} from identified i join (select ${['__r as r', ...sides, ...values].join(', ')} from ${rows}) g on g.r = i.r where i.r not in (select r from hit where source = ${source} and part = ${part})`,
  );
  await connection.run('drop table if exists probe');
  const mine = bucketed(near);
  for (let mask = 0; mask < 1 << mine.length; mask++) {
    const chosen = mine.map((_, i) => (mask & (1 << i) ? `hi${i}` : `lo${i}`));
    const other = mine.flatMap((_, i) => (mask & (1 << i) ? [`hi${i} <> lo${i}`] : []));
    const select = `select r, hash(${['3', ...kept, ...chosen].join(', ')}) as hc, ${carried} from seen`;
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
