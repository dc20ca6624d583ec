import type { DuckDBConnection } from '@duckdb/node-api';
import type { Suspicion } from '../data/protocol.ts';
import type { Relation } from '../data/relations.ts';
import { read } from '../../tables/inside.ts';
import { isPlainText, numberOf, prepared } from './canonical.ts';
import { gateKey, type Gate } from './gate.ts';
import { trainingKey, type Pair } from './pairs.ts';
import { tellsEntity } from './telling.ts';

/** Columns that are looked at: more are no table that a person reads. */
const MOST = 200;
/** Fewer rows of the gate show nothing of a column. */
const LEAST_ROWS = 30;
/** So many more of the gate's rows have nothing in a column than of training's. */
const MORE_MISSING = 0.1;
/** Share of the gate's values that training never saw: numbers beyond its least and largest, words. */
const OUTSIDE = 0.05;
/** A text with more values is no category. */
const MOST_WORDS = 500;
/** Whole numbers that hardly repeat, or are called like an entity, are names, and new rows have new ones. */
const NAMES = 0.9;

const NONE = 'hash(null)';

/**
 * Columns in which the gate's data is not like what training read: more is missing, values lie outside its range, words are new. They
 * warn, and decide nothing: a later month may be so. The label, the key and the time are what they are.
 */
export async function unlike(
  connection: DuckDBConnection,
  gate: Gate,
  relation: Relation,
  pairs: readonly Pair[],
  { key, time, label }: { key: readonly string[] | null; time: string | null; label: string | null },
): Promise<Suspicion[]> {
  const able = pairs
    .filter(({ name }) => name !== label && name !== time && key?.includes(name) !== true)
    .slice(0, MOST);
  if (able.length === 0 || gate.rows < LEAST_ROWS) return [];
  const [theirs = []] = await read(
    connection,
    `select ${able
      .map((pair) => {
        const x = numberOf(pair.training);
        const finite = `filter (where isfinite(${x}))`;
        return `[count(*), count(*) filter (where ${trainingKey(pair)} = ${NONE}), count(*) ${finite}, min(${x}) ${finite}, max(${x}) ${finite}]::double[]`;
      })
      .join(', ')} from ${prepared(
      able.map((pair) => pair.training),
      relation.sql,
    )}`,
  );
  const training = theirs.map((one) => one as Array<number | null>); // as asked for
  const [numbered = []] = await read(
    connection,
    `select ${able
      .map((pair, i) => {
        const x = numberOf(pair.gate);
        const [, , , low, high] = training[i]!;
        const beyond = low === null || high === null ? 'false' : `${x} < ${low} or ${x} > ${high}`;
        return `[count(${x}), count(*) filter (where isfinite(${x}) and (${beyond})), count(*) filter (where ${x} = trunc(${x}))]::double[]`;
      })
      .join(', ')} from ${prepared(
      able.map((pair) => pair.gate),
      'gate',
    )}`,
  );
  const [keys = []] = await read(
    connection,
    `select ${able
      .map((pair) => {
        const k = gateKey(gate, pair.name, pair.plain);
        return `[count(*) filter (where ${k} = ${NONE}), approx_count_distinct(${k})]::double[]`;
      })
      .join(', ')} from gate_key`,
  );
  const found: Suspicion[] = [];
  const words: Pair[] = [];
  for (const [i, pair] of able.entries()) {
    const [rows = 0, none = 0, numbers = 0] = training[i]!.map((value) => value ?? 0);
    const [count = 0, beyond = 0, whole = 0] = numbered[i] as number[]; // three doubles, as asked for
    const [missing = 0, distinct = 0] = keys[i] as number[];
    const held = gate.rows - missing;
    const [share, usual] = [missing / gate.rows, rows === 0 ? 0 : none / rows];
    const { name: column } = pair;
    if (rows > 0 && share >= usual + MORE_MISSING) found.push({ kind: 'missing', column, share, usual });
    if (held < LEAST_ROWS || rows - none < LEAST_ROWS) continue;
    const named = whole === held && (distinct >= NAMES * held || tellsEntity(pair.name));
    // Numbers on both sides.
    if (count === held && numbers >= 0.9 * (rows - none)) {
      if (!named && beyond >= OUTSIDE * held) {
        const [, , , low, high] = training[i]!;
        found.push({ kind: 'outside', column, share: beyond / held, range: [low!, high!] });
      }
    } else if (isPlainText(pair.gate) || pair.gate.untyped) {
      if (distinct <= MOST_WORDS && distinct <= held / 3) words.push(pair);
    }
  }
  return [...found, ...(await newWords(connection, gate, relation, words))];
}

async function newWords(
  connection: DuckDBConnection,
  gate: Gate,
  relation: Relation,
  pairs: readonly Pair[],
): Promise<Suspicion[]> {
  const found: Suspicion[] = [];
  for (const pair of pairs) {
    const k = gateKey(gate, pair.name, pair.plain);
    const [row = []] = await read(
      connection,
      `with known as (select distinct ${trainingKey(pair)} as k from ${prepared([pair.training], relation.sql)})
       select count(*) filter (where ${k} <> ${NONE})::double, count(*) filter (where ${k} <> ${NONE} and ${k} not in (select k from known))::double from gate_key`,
    );
    const [held = 0, unknown = 0] = row.map(Number);
    if (unknown >= OUTSIDE * held && unknown > 0)
      found.push({ kind: 'unseen', column: pair.name, share: unknown / held });
  }
  return found;
}
