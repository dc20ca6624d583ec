import type { DuckDBConnection } from '@duckdb/node-api';
import type { Suspicion } from '../data/protocol.ts';
import type { Relation } from '../data/relations.ts';
import { read, readOne } from '../../tables/inside.ts';
import { instantOf, isPlainText, kindOf, mayHaveFractions, prepared } from './canonical.ts';
import { gateKey, type Gate } from './gate.ts';
import { trainingKey, type Pair } from './pairs.ts';
import { FEWEST_GROUPS, FEWEST_MOMENTS, FEWEST_WORDS, MOST_ROWS_EACH, tellsEntity } from './telling.ts';

/** Share of the gate's rows that lie between training's moments, or have a value that training knows. */
const INTERLEAVED = 0.2;
const SHARED = 0.2;

/**
 * Columns by which a random split would have mixed what belongs together, where the gate declares nothing: moments of the
 * gate among those of training, and values of an entity that both sides have. They warn, and decide nothing.
 */
export async function suspicions(
  connection: DuckDBConnection,
  gate: Gate,
  relation: Relation,
  pairs: readonly Pair[],
  rows: number,
  { key, time, label }: { key: readonly string[] | null; time: string | null; label: string | null },
): Promise<Suspicion[]> {
  const able = pairs.filter(({ name }) => name !== label);
  const found: Array<Suspicion | undefined> = [];
  if (time === null)
    found.push(
      await interleaved(
        connection,
        relation,
        able.filter(({ name }) => key?.includes(name) !== true),
      ),
    );
  if (key === null) found.push(await grouped(connection, gate, relation, able, rows));
  return found.filter((one) => one !== undefined);
}

async function interleaved(
  connection: DuckDBConnection,
  relation: Relation,
  pairs: readonly Pair[],
): Promise<Suspicion | undefined> {
  const able = pairs.filter(({ gate }) => ['instant', 'text'].includes(kindOf(gate.type)));
  if (able.length === 0) return undefined;
  const columns = able.map(({ gate }) => gate);
  const [facts = []] = await read(
    connection,
    `select ${columns.map((column) => `[count(${instantOf(column)}), approx_count_distinct(${instantOf(column)})]::double[]`).join(', ')}, count(*)::double from ${prepared(columns, 'gate')}`,
  );
  const rows = Number(facts.at(-1));
  const moments = able
    .map((pair, i) => {
      const [count = 0, distinct = 0] = facts[i] as number[]; // two doubles, as asked for
      return { pair, count, distinct };
    })
    .filter(({ count, distinct }) => count >= rows * 0.9 && distinct >= FEWEST_MOMENTS)
    .toSorted((a, b) => b.distinct - a.distinct);
  for (const { pair } of moments) {
    const [first, last, number] = await readOne(
      connection,
      `select min(${instantOf(pair.training)})::varchar, max(${instantOf(pair.training)})::varchar, count(${instantOf(pair.training)})::double from ${prepared([pair.training], relation.sql)}`,
    );
    if (typeof first !== 'string' || typeof last !== 'string' || Number(number) < FEWEST_MOMENTS) continue;
    const [between] = await readOne(
      connection,
      `select count(*)::double from ${prepared([pair.gate], 'gate')} where ${instantOf(pair.gate)} between ${first}::bigint and ${last}::bigint`,
    );
    const share = Number(between) / rows;
    if (share >= INTERLEAVED) return { kind: 'time', column: pair.name, share };
  }
  return undefined;
}

async function grouped(
  connection: DuckDBConnection,
  gate: Gate,
  relation: Relation,
  pairs: readonly Pair[],
  trained: number,
): Promise<Suspicion | undefined> {
  const able = pairs.filter((pair) => {
    const kind = kindOf(pair.gate.type);
    return kind === 'text' || ((kind === 'integer' || kind === 'wide') && tellsEntity(pair.name));
  });
  if (able.length === 0) return undefined;
  const [counts = []] = await read(
    connection,
    `select ${able.map(({ name }) => `approx_count_distinct(${gateKey(gate, name)})::double`).join(', ')} from gate_key`,
  );
  const things = able
    .map((pair, i) => ({ pair, distinct: Number(counts[i]), telling: tellsEntity(pair.name) }))
    .filter(
      ({ pair, distinct, telling }) =>
        (telling && distinct >= FEWEST_GROUPS) ||
        // Digits of a CSV are no words.
        (isPlainText(pair.gate) &&
          !mayBeNumbers(pair) &&
          distinct >= FEWEST_WORDS &&
          // With many more rows for each it is a category: training need not be counted.
          trained <= distinct * MOST_ROWS_EACH * 4 &&
          distinct * 2 <= gate.rows),
    )
    .toSorted((a, b) => Number(b.telling) - Number(a.telling) || b.distinct - a.distinct);
  for (const { pair, telling } of things) {
    const [rows, theirs, shared] = (
      await readOne(
        connection,
        `with t as materialized (select k, count(*) as n from (select ${trainingKey(pair)} as k from ${prepared([pair.training], relation.sql)}) where k <> hash(null) group by k)
         select (select coalesce(sum(n), 0)::double from t), (select count(*)::double from t),
           (select count(*)::double from gate_key where ${gateKey(gate, pair.name, pair.plain)} in (select k from t))`,
      )
    ).map(Number) as [number, number, number];
    const each = theirs === 0 ? 0 : rows / theirs;
    if (!telling && (each < 2 || each > MOST_ROWS_EACH)) continue;
    if (shared < gate.rows * SHARED) continue;
    return { kind: 'group', column: pair.name, share: shared / gate.rows };
  }
  return undefined;
}

const mayBeNumbers = ({ gate, training }: Pair): boolean => gate.untyped && mayHaveFractions(training);
