// Rows that are nearly the gate's: the same but for noise, scale, white space, case, or one column.
import type { DuckDBConnection } from '@duckdb/node-api';
import type { SimilarFound, SimilarPair } from '../data/protocol.ts';
import type { Relation } from '../data/relations.ts';
import { identifier, read, readOne, toJson } from '../../tables/inside.ts';
import { isPlainText, keyOf, kindOf, numberOf, prepared } from './canonical.ts';
import { countRepeats, gateChance } from './chance.ts';
import type { Pair } from './pairs.ts';

/** What is looked at of either side; it is said how much that was. */
const MOST_GATE = 50_000;
const MOST_TRAINING = 1_000_000;
const MOST_CELLS = 4_000_000;
/** Rows of either side from which means and deviations are taken. */
const MOST_MEASURED = 50_000;
/** Past so many cells numbers are looked at in one width only. */
const MOST_CELLS_EACH = 1_000_000;
/** Columns that may differ alone; each is a comparison of its own. */
const MOST_COLUMNS = 60;
/** Samples of the pairs. */
export const SAMPLES = 20;

/** How wide numbers are taken, in standard deviations, from wide to narrow: the widest that still tells rows apart counts. */
const WIDTHS = [0.1, 0.02, 0.004];
/** Of rescaled numbers each side is measured by its own mean and deviation, which are known less well. */
const WIDTH_RESCALED = 0.25;

interface Side {
  columns: Pair['gate'][];
  from: string;
  /** Which side of a pair. */
  side: 'gate' | 'training';
}

/**
 * The cells of either side in a looser form: numbers with fractions in steps of a part of the gate's standard deviation, text
 * without case and repeated white space. Two rows are nearly equal where all these agree, or all but one: that one was changed,
 * or lies on the other side of a step. Rows that are equal as they are do not count. Matches that chance explains are not
 * reported. Undefined: too few columns, or too many, to look.
 */
export async function findSimilar(
  connection: DuckDBConnection,
  relation: Relation,
  { same, rescaled }: { same: readonly Pair[]; rescaled: readonly Pair[] },
  at: { source: number; part: number; rows: number },
): Promise<SimilarFound | undefined> {
  const pairs = [...same, ...rescaled];
  if (pairs.length < 2 || pairs.length > MOST_COLUMNS) return undefined;
  const most = Math.min(MOST_TRAINING, Math.floor(MOST_CELLS / pairs.length));
  const gate: Side = { columns: pairs.map((pair) => pair.gate), from: 'gate', side: 'gate' };
  const training: Side = {
    columns: pairs.map((pair) => pair.training),
    from: `(select * from ${relation.sql} limit ${most})`,
    side: 'training',
  };
  const [here, there] = [
    await measures(connection, {
      ...gate,
      from: `(select * from gate where __r % (select count(*) // ${MOST_MEASURED} + 1 from gate) = 0)`,
    }),
    await measures(connection, {
      ...training,
      from: `(select * from ${relation.sql} limit ${MOST_MEASURED})`,
    }),
  ];
  const loose = pairs.map(
    (pair, i) => rescaled.includes(pair) || isText(pair) || here[i]!.fractions || there[i]!.fractions,
  );
  const wide = pairs.length * Math.min(most, at.rows) > MOST_CELLS_EACH ? WIDTHS.slice(1, 2) : WIDTHS;
  const rows = Number((await readOne(connection, 'select count(*) from gate'))[0]);
  const parts = Math.max(1, Math.ceil(rows / MOST_GATE));
  const cellsOf = ({ side }: Side): string =>
    pairs.map((pair, i) => looseCell(pair, side, loose[i]!, i)).join(', ');
  const cells = {
    gate: `(select __r as r, ${cellsOf(gate)} from ${prepared(gate.columns, 'gate')} where hash(__r) % ${parts} = 0)`,
    training: `(select ${cellsOf(training)} from ${prepared(training.columns, training.from)})`,
  };
  // What is looked at in several widths is read once.
  if (wide.length > 1)
    for (const side of ['gate', 'training'] as const) {
      await connection.run(`create or replace table loose_cells_${side} as from ${cells[side]}`);
      cells[side] = `loose_cells_${side}`;
    }
  for (const width of wide) {
    const hashes = (side: Side): string =>
      pairs
        .map((pair, i) => {
          const own = side.side === 'gate' ? here[i]! : there[i]!;
          const scale = rescaled.includes(pair)
            ? { mean: own.mean, step: own.deviation * WIDTH_RESCALED }
            : { mean: 0, step: here[i]!.deviation * width };
          return `hash(${i}, ${inSteps(i, scale)}) as __c${i}`;
        })
        .join(', ');
    const whole = pairs.map((_, i) => `__c${i}`).reduce((sum, one) => `xor(${sum}, ${one})`);
    await connection.run(
      `create or replace table loose_gate as select r, ${whole} as __x, ${pairs.map((_, i) => `__c${i}`).join(', ')} from
         (select r, ${hashes(gate)} from ${cells.gate})`,
    );
    await connection.run(
      `create or replace table loose_training as select ${whole} as __x, ${pairs.map((_, i) => `__c${i}`).join(', ')} from
         (select ${hashes(training)} from ${cells.training})`,
    );
    const found = await matches(connection, pairs.length, at);
    if (found.but.length === 0) continue;
    await connection.run('insert into near_hit select r from twin');
    const samples = await sample(connection, pairs, found.but, training, {
      cells: cellsOf(training),
      hashes: hashes(training),
      whole,
    });
    return {
      rows: found.rows,
      expected: found.expected,
      gate_rows: found.gate_rows,
      training_rows: found.training_rows,
      rescaled: rescaled.map(({ name }) => name),
      pairs: samples,
    };
  }
  const [gateRows, trainingRows] = await sizes(connection);
  return { rows: 0, expected: 0, gate_rows: gateRows, training_rows: trainingRows, rescaled: [], pairs: [] };
}

const isText = ({ gate, training }: Pair): boolean =>
  kindOf(gate.type) === 'text' && kindOf(training.type) === 'text';

interface Measure {
  mean: number;
  deviation: number;
  fractions: boolean;
}

async function measures(connection: DuckDBConnection, { columns, from }: Side): Promise<Measure[]> {
  const items = columns.map((column) => {
    const x = numberOf(column);
    return `[coalesce(avg(${x}) filter (where isfinite(${x})), 0), coalesce(stddev_pop(${x}) filter (where isfinite(${x})), 0), count(*) filter (where isfinite(${x}) and ${x} <> trunc(${x}))]::double[]`;
  });
  const [row = []] = await read(connection, `select ${items.join(', ')} from ${prepared(columns, from)}`);
  return row.map((value) => {
    const [mean = 0, deviation = 0, fractions = 0] = value as number[]; // three doubles, as asked for
    return { mean, deviation, fractions: fractions > 0 };
  });
}

/** `__n`: the number that is taken in steps, or nothing; `__k`: what stands for the cell where no step does. */
function looseCell(pair: Pair, side: 'gate' | 'training', loose: boolean, i: number): string {
  const column = pair[side];
  const exact = keyOf(column, pair.plain);
  const cell = (number: string, key: string): string => `${number} as __n${i}, ${key} as __k${i}`;
  if (!loose) return cell('null::double', exact);
  const x = numberOf(column);
  const finite = `case when isfinite(${x}) then ${x} end`;
  if (kindOf(column.type) !== 'text') return cell(finite, exact);
  const text = `trim(${identifier(column.name)}::varchar)`;
  // Most texts have no such white space, and a pattern costs more than a look.
  const single = `case when contains(${text}, '  ') or contains(${text}, chr(9)) or contains(${text}, chr(10)) then regexp_replace(${text}, '\\s+', ' ', 'g') else ${text} end`;
  // Digits of a CSV are a number, of a text column text.
  const words = `case when ${text} = '' then ${exact} else hash(lower(nfc_normalize(${single}))) end`;
  return isPlainText(column)
    ? cell('null::double', words)
    : cell(finite, `case when isfinite(${x}) then ${exact} else ${words} end`);
}

/** The cell's key where numbers are taken in steps. */
function inSteps(i: number, { mean, step }: { mean: number; step: number }): string {
  if (!(step > 0)) return `__k${i}`;
  const place = `floor((__n${i} - (${mean})) / ${step})`;
  return `case when abs(${place}) < 9e18 then hash((${place})::bigint) else __k${i} end`;
}

async function sizes(connection: DuckDBConnection): Promise<[number, number]> {
  return (
    await readOne(
      connection,
      'select (select count(*) from loose_gate), (select count(*) from loose_training)',
    )
  ).map(Number) as [number, number];
}

interface Matches {
  rows: number;
  expected: number;
  gate_rows: number;
  training_rows: number;
  /** The columns that alone differ, by position; −1 where none does. */
  but: number[];
}

/** Table `twin (r, but)`: the gate's rows that have a near twin, where chance does not explain them. */
async function matches(
  connection: DuckDBConnection,
  columns: number,
  { source, part }: { source: number; part: number },
): Promise<Matches> {
  await connection.run('create or replace table twin (r bigint, but integer)');
  const [gateRows, trainingRows] = await sizes(connection);
  const equal = `select r from hit where source = ${source} and part = ${part}`;
  const but: number[] = [];
  let expected = 0;
  for (const i of await anyMatches(connection, columns, equal)) {
    const key = keyBut(i);
    const [observed] = (
      await readOne(
        connection,
        `select count(*) from loose_gate where ${key} in (select ${key} from loose_training) and r not in (${equal}) and r not in (select r from twin)`,
      )
    ).map(Number) as [number];
    if (observed === 0) continue;
    await connection.run(
      `create or replace table repeat as select n, count(*) as times from (select count(*) as n from loose_gate group by ${key}) group by n`,
    );
    const training = await countRepeats(
      connection,
      `(select ${key} as h1 from loose_training)`,
      trainingRows,
    );
    const { gateAlone } = await gateChance(connection, gateRows, trainingRows);
    // Whichever says more, and where a column is left out as well, the part of a pair that few rows did not show.
    const unseen = i < 0 ? 0 : 0.25 * Math.min(1, (2 * gateRows) / Math.max(1, trainingRows));
    const chance =
      Math.max(gateAlone, gateRows * (1 - training.singles / Math.max(1, trainingRows))) + unseen;
    // A report, not a verdict: what may be chance is left out.
    if (observed <= 3 * chance + 5 * Math.sqrt(chance)) continue;
    expected += chance;
    but.push(i);
    await connection.run(
      `insert into twin select r, ${i} from loose_gate where ${key} in (select ${key} from loose_training) and r not in (${equal}) and r not in (select r from twin)`,
    );
  }
  const [rows] = await readOne(connection, 'select count(*) from twin');
  return { rows: Number(rows), expected, gate_rows: gateRows, training_rows: trainingRows, but };
}

/** A row's key without one of its columns; −1: with all of them. */
const keyBut = (i: number): string => (i < 0 ? '__x' : `xor(__x, __c${i})`);

/** Keys that one statement asks for: the more, the fewer ways to DuckDB and back, and the more of them are in memory at once. */
const TOGETHER = 16;

/** Without which columns any rows match at all: mostly none, and then nothing more needs to be asked. */
async function anyMatches(connection: DuckDBConnection, columns: number, equal: string): Promise<number[]> {
  const found: number[] = [];
  for (let first = -1; first < columns; first += TOGETHER) {
    const some = Array.from({ length: Math.min(TOGETHER, columns - first) }, (_one, k) => first + k);
    const counts = await readOne(
      connection,
      `select ${some.map((i) => `count(*) filter (where ${keyBut(i)} in (select ${keyBut(i)} from loose_training))`).join(', ')} from loose_gate where r not in (${equal})`,
    );
    found.push(...some.filter((_one, k) => Number(counts[k]) > 0));
  }
  return found;
}

/** Some of the pairs with the values of both rows. */
async function sample(
  connection: DuckDBConnection,
  pairs: readonly Pair[],
  but: readonly number[],
  training: Side,
  { cells, hashes, whole }: { cells: string; hashes: string; whole: string },
): Promise<SimilarPair[]> {
  const key = but.map((i) => `when s.but = ${i} then ${i < 0 ? 'g.__x' : `xor(g.__x, g.__c${i})`}`).join(' ');
  await connection.run(
    `create or replace table twin_key as select s.r, s.but, case ${key} end as k from (select * from twin order by r limit ${SAMPLES}) s join loose_gate g on g.r = s.r`,
  );
  const names = pairs.map(({ name }) => identifier(name));
  const ways = but.map(
    (i) => `select ${i} as but, ${keyBut(i)} as k, ${names.map((_, j) => `v${j}`).join(', ')} from t`,
  );
  const found = await connection.runAndReadAll(
    `with t as materialized (select *, ${whole} as __x from (select *, ${hashes} from (select ${names.map((name, j) => `${name} as v${j}`).join(', ')}, ${cells} from ${prepared(training.columns, training.from)})))
     select s.r, s.but, ${names.map((name, j) => `any_value(g.${name}) as g${j}, any_value(t.v${j}) as t${j}`).join(', ')}
     from twin_key s join (${ways.join(' union all ')}) t on t.but = s.but and t.k = s.k join gate g on g.__r = s.r
     group by s.r, s.but order by s.r`,
  );
  return found.convertRows(toJson).map(([row, , ...values]) => {
    const value = (at: number): unknown => values[at] ?? null;
    const shown = (side: 0 | 1): Record<string, unknown> =>
      Object.fromEntries(pairs.map(({ name }, j) => [name, value(2 * j + side)]));
    return {
      gate_row: Number(row),
      values: shown(0),
      training: shown(1),
      differ: pairs.flatMap(({ name }, j) =>
        String(value(2 * j)) === String(value(2 * j + 1)) ? [] : [name],
      ),
    };
  });
}
