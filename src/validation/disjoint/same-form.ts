import type { DuckDBConnection } from '@duckdb/node-api';
import type { Relation } from '../data/relations.ts';
import { identifier, read, readOne } from '../../tables/inside.ts';
import { instantOf, isPlainText, keyOf, kindOf, numberOf, prepared } from './canonical.ts';
import type { Pair } from './pairs.ts';
import type { Column } from '../data/relations.ts';

/** Rows of either side that are looked at before all are. */
const FIRST = 50_000;
/** Fewer values say nothing of a column's form, or of its scale and words. */
const FEWEST_OF_FORM = 5;
const FEWEST = 20;
const MOST_WORDS = 1000;

interface Facts {
  rows: number;
  present: number;
  numbers: number;
  moments: number;
  /** Of the numbers. */
  mean: number;
  deviation: number;
  least: number;
  most: number;
  whole: boolean;
}

/**
 * Columns that hold the gate's values in another form: words here and numbers there, another scale, other words. Such a
 * column can neither find a row nor show that it is not there. What is looked at first is the beginning of the table; only what
 * looks otherwise there is looked at as a whole.
 */
export async function sameForm(
  connection: DuckDBConnection,
  relation: Relation,
  pairs: readonly Pair[],
): Promise<{ same: Pair[]; other: Otherwise[] }> {
  const other = await otherwise(connection, relation, pairs);
  return { same: pairs.filter(({ name }) => !other.some(({ column }) => column === name)), other };
}

export interface Otherwise {
  column: string;
  reason: string;
  /** Numbers of another scale. */
  rescaled?: boolean;
}

async function otherwise(
  connection: DuckDBConnection,
  relation: Relation,
  pairs: readonly Pair[],
): Promise<Otherwise[]> {
  if (pairs.length === 0) return [];
  const judge = async (some: readonly Pair[], gateFrom: string, from: string) => {
    const ours = await factsOf(
      connection,
      some.map(({ gate }) => gate),
      gateFrom,
    );
    const theirs = await factsOf(
      connection,
      some.map(({ training }) => training),
      from,
    );
    const found: Array<Otherwise & { pair: Pair }> = [];
    for (const [i, pair] of some.entries()) {
      const [here, there] = [ours[i]!, theirs[i]!];
      const of = { pair, column: pair.name };
      const scale = rescaled(here, there);
      const reason =
        otherForm(here, there) ?? (await otherWords(connection, pair, here, there, { gateFrom, from }));
      if (reason !== undefined) found.push({ ...of, reason });
      else if (scale !== undefined) found.push({ ...of, reason: scale, rescaled: true });
    }
    return found;
  };
  const nested = pairs.filter(
    ({ gate, training }) => (kindOf(training.type) === 'other') !== (kindOf(gate.type) === 'other'),
  );
  const reasons: Otherwise[] = nested.map(({ name, training }) => ({
    column: name,
    reason:
      kindOf(training.type) === 'other'
        ? "it holds lists, records or bytes where the gate's data holds plain values"
        : "it holds plain values where the gate's data holds lists, records or bytes",
  }));
  const plain = pairs.filter((pair) => !nested.includes(pair));
  if (plain.length === 0) return reasons;
  const suspects = await judge(
    plain,
    `(select * from gate where __r % (select count(*) // ${FIRST} + 1 from gate) = 0)`,
    `(select * from ${relation.sql} limit ${FIRST})`,
  );
  if (suspects.length === 0) return reasons;
  const sure = await judge(
    suspects.map(({ pair }) => pair),
    'gate',
    relation.sql,
  );
  return [
    ...reasons,
    ...sure.map(({ column, reason, rescaled: is }) => ({ column, reason, ...(is ? { rescaled: is } : {}) })),
  ];
}

async function factsOf(
  connection: DuckDBConnection,
  columns: readonly Column[],
  from: string,
): Promise<Facts[]> {
  const items = columns.map((column) => {
    const x = numberOf(column);
    const some = `filter (where isfinite(${x}))`;
    const c = identifier(column.name);
    // In words a truth value is a number in another spelling, and NaN is nothing.
    const text = `lower(trim(${c}::varchar))`;
    const [present, spelt] =
      kindOf(column.type) === 'text'
        ? [
            `count(*) filter (where ${text} not in ('', 'nan'))`,
            `isfinite(${x}) or ${text} in ('true', 'false')`,
          ]
        : [`count(${c})`, `isfinite(${x})`];
    return `[count(*), ${present}, count(*) filter (where ${spelt}), count(${instantOf(column)}),
      coalesce(avg(${x}) ${some}, 0), coalesce(stddev_pop(${x}) ${some}, 0), coalesce(min(${x}) ${some}, 0), coalesce(max(${x}) ${some}, 0),
      count(*) filter (where isfinite(${x}) and ${x} <> trunc(${x}))]::double[]`;
  });
  const [row = []] = await read(connection, `select ${items.join(', ')} from ${prepared(columns, from)}`);
  return row.map((value) => {
    // A list of doubles, as asked for.
    const [rows, present, numbers, moments, mean, deviation, least, most, fractions] = value as number[];
    return {
      rows: rows!,
      present: present!,
      numbers: numbers!,
      moments: moments!,
      mean: mean!,
      deviation: deviation!,
      least: least!,
      most: most!,
      whole: fractions === 0,
    };
  });
}

const MOSTLY = 0.9;
type Form = 'numbers' | 'dates' | 'words' | 'nothing' | 'several';
function formOf({ present, numbers, moments }: Facts): Form {
  if (present === 0) return 'nothing';
  if (moments >= present * MOSTLY) return 'dates';
  if (numbers >= present * MOSTLY) return 'numbers';
  return numbers + moments <= present * (1 - MOSTLY) ? 'words' : 'several';
}

const shown = (x: number): string => String(Number(x.toPrecision(3)));

function otherForm(gate: Facts, training: Facts): string | undefined {
  const [here, there] = [formOf(gate), formOf(training)];
  if (Math.min(gate.rows, training.rows) < FEWEST_OF_FORM) return undefined;
  if (here !== there && here !== 'several' && there !== 'several')
    return `it holds ${there} where the gate's data holds ${here}`;
  return undefined;
}

function rescaled(gate: Facts, training: Facts): string | undefined {
  if (formOf(gate) !== 'numbers' || formOf(training) !== 'numbers' || (gate.whole && training.whole))
    return undefined;
  if (gate.numbers < FEWEST || training.numbers < FEWEST) return undefined;
  const spread = [gate.deviation, training.deviation].toSorted((a, b) => a - b);
  const apart = gate.least > training.most || gate.most < training.least;
  const scaled = spread[0]! > 0 && spread[1]! / spread[0]! > 4;
  const moved = Math.abs(gate.mean - training.mean) > 3 * spread[1]!;
  if (!scaled && !(apart && moved)) return undefined;
  return `its numbers look rescaled: ${shown(training.least)} to ${shown(training.most)} where the gate's data has ${shown(gate.least)} to ${shown(gate.most)}`;
}

/** Words that come again and again, none of which the other side has. */
async function otherWords(
  connection: DuckDBConnection,
  { gate, training, plain }: Pair,
  here: Facts,
  there: Facts,
  { gateFrom, from }: { gateFrom: string; from: string },
): Promise<string | undefined> {
  if (formOf(here) !== 'words' || formOf(there) !== 'words') return undefined;
  if (!isPlainText(gate) && !gate.untyped) return undefined;
  const words = `select distinct ${keyOf(gate, plain)} as w from ${prepared([gate], gateFrom)}`;
  const [distinct] = await readOne(connection, `select count(*) from (${words})`);
  const few = Number(distinct) <= MOST_WORDS && here.present >= 5 * Number(distinct);
  if (!few || there.present < FEWEST) return undefined;
  const [shared, theirs] = await readOne(
    connection,
    `select count(*) filter (where w in (${words})), count(distinct w) from (select ${keyOf(training, plain)} as w from ${prepared([training], from)})`,
  );
  const repeated = there.present >= 5 * Number(theirs);
  return Number(shared) === 0 && repeated ? "none of its words is one of the gate's" : undefined;
}
