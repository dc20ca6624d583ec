import type { Column, Relation } from '../data/relations.ts';
import type { DuckDBConnection } from '@duckdb/node-api';
import { read } from '../../tables/inside.ts';
import { isPlainText, keyOf, mayHaveFractions, numberOf, prepared } from './canonical.ts';

/** A column of both sides. */
export interface Pair {
  name: string;
  gate: Column;
  training: Column;
  /** Both are text of formats that know text. */
  text: boolean;
  /** And the gate's texts spell numbers, dates or the like: '01' and '1' must stay two. Elsewhere the value says the same. */
  plain: boolean;
}

export const byName = (columns: readonly Column[]): Column[] =>
  columns.toSorted((a, b) => (a.name < b.name ? -1 : 1));

/** By name, as it is written: another case is another column. */
export const pairsOf = (
  gate: readonly Column[],
  training: readonly Column[],
  spelling: ReadonlySet<string>,
): Pair[] =>
  byName(gate).flatMap((column) => {
    const { name } = column;
    const other = training.find((one) => one.name === name);
    if (!other) return [];
    const text = isPlainText(column) && isPlainText(other);
    return [{ name, gate: column, training: other, text, plain: text && spelling.has(name) }];
  });

export const trainingKey = (pair: Pair): string => keyOf(pair.training, pair.plain);

/** Rows of training with nothing in one of these columns. */
export const unkeyed = (pairs: readonly Pair[]): string =>
  pairs.map((pair) => `${trainingKey(pair)} = hash(null)`).join(' or ');

/** Columns whose numbers are compared as printings too: one side at least has fractions. */
export async function fractional(
  connection: DuckDBConnection,
  relation: Relation,
  pairs: readonly Pair[],
): Promise<Pair[]> {
  const able = pairs.filter(
    ({ gate, training, text }) => !text && (mayHaveFractions(gate) || mayHaveFractions(training)),
  );
  const withFractions = async (some: readonly Pair[], side: 'gate' | 'training', from: string) => {
    if (some.length === 0) return [];
    const tests = some.map((pair) => {
      const x = numberOf(pair[side]);
      return `coalesce(bool_or(isfinite(${x}) and ${x} <> trunc(${x})), false)`;
    });
    const rows = prepared(
      some.map((pair) => pair[side]),
      from,
    );
    const [found] = await read(connection, `select ${tests.join(', ')} from ${rows}`);
    return some.filter((_, i) => found?.[i] === true);
  };
  const gates = await withFractions(
    able.filter(({ gate }) => mayHaveFractions(gate)),
    'gate',
    'gate',
  );
  // Whole numbers may be what printing left of the other side's fractions; a column of integers never was one.
  const rest = able.filter(
    (pair) => !gates.includes(pair) && mayHaveFractions(pair.gate) && mayHaveFractions(pair.training),
  );
  return [...gates, ...(await withFractions(rest, 'training', relation.sql))];
}
