// In the table reader's process: rows of now beside rows of before.
import type { DuckDBConnection } from '@duckdb/node-api';
import { answerer, describe, identifier, openViews } from '../../tables/inside.ts';
import { isOf } from '../kinds/names.ts';
import type { Raw, Recipe } from '../kinds/recipe.ts';
import { aucOf, classify } from './classifier.ts';
import { decompose, effectOf, type Judged } from './decompose.ts';
import { encode, movedShare, shares, type Cell, type Encoded } from './encode.ts';
import { COMPARE, type Apart, type ComparedColumn, type Neighbours } from './questions.ts';
import { LARGE, readMade, rowsFor } from './read-made.ts';
import { textsApart, vectorsApart } from './tell-apart.ts';

const SAMPLES = 5;
/** Characters of a text that are shown. */
const SHOWN = 200;

interface Side {
  rows: number;
  /** Of `cells`. */
  names: string[];
  /** Of texts and vectors that others are made of, those that can be told apart. */
  values: Raw[][];
  /** The texts themselves, by their column. */
  shown: ReadonlyMap<string, readonly Raw[]>;
  predictions: string[];
  times: number[];
  cells: Cell[][];
  loss: Float64Array;
  label: Int32Array;
  score: Float64Array;
}

export const compareAnswer = answerer(COMPARE, async (connection, request) => {
  const { views, columns: plain, scored, made } = request;
  await openViews(connection, views);
  const kinds = new Map<string, number>();
  const [now, before] = [
    await readSide(connection, request.now, { columns: plain, made, scored, kinds }),
    await readSide(connection, request.before, { columns: plain, made, scored, kinds }),
  ];
  const rows = { before: before.rows, now: now.rows };
  if (now.rows === 0 || before.rows === 0) return { rows, columns: [], samples: [], apart: [] };
  const columns = now.names;
  const encoded = columns.map((column, at) => encode(column, before.cells[at]!, now.cells[at]!));
  // What the model answered is a consequence; the rows are told apart by what was asked.
  const asked = encoded.filter(({ column }) => column.startsWith('in_'));
  const odds = classify(asked.length > 0 ? asked : encoded, rows);
  const judged = (side: Side, own: Float64Array): Judged => ({
    loss: side.loss,
    label: side.label,
    odds: own,
  });
  const parts = decompose(judged(before, odds.before), judged(now, odds.now));
  return {
    rows,
    auc: aucOf(odds),
    ...(parts ? { parts } : {}),
    columns: encoded.map((one) => compared(one, before)),
    samples: samplesOf(columns, encoded, { before, now }, odds.now),
    apart: made.flatMap(({ column }, at) => apartOf(column, before.values[at]!, now.values[at]!)),
  };
});

function apartOf(column: string, before: readonly Raw[], now: readonly Raw[]): Apart[] {
  const texts = (side: readonly Raw[]): string[] => side.filter((one) => typeof one === 'string');
  const vectors = (side: readonly Raw[]): Float64Array[] =>
    side.filter((one) => one instanceof Float64Array).filter((one) => one.every(Number.isFinite));
  const [first] = vectors(before);
  const alike = (side: readonly Raw[]): Float64Array[] =>
    vectors(side).filter(({ length }) => length === first?.length);
  const found = first ? vectorsApart(alike(before), alike(now)) : textsApart(texts(before), texts(now));
  return found ? [{ column, ...found }] : [];
}

async function readSide(
  connection: DuckDBConnection,
  view: string,
  {
    columns,
    made,
    scored,
    kinds,
  }: {
    columns: readonly string[];
    made: ReadonlyArray<{ column: string; recipe: Recipe }>;
    scored: { column: string; task: 'binary' | 'regression' | 'classes' } | undefined;
    kinds: Map<string, number>;
  },
): Promise<Side> {
  const types = new Map((await describe(connection, identifier(view))).map(({ name, type }) => [name, type]));
  const has = (name: string): boolean => types.has(name);
  const cell = (name: string): string => {
    const type = types.get(name);
    if (type === undefined) return 'null::varchar';
    if (/^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL.*)$/.test(type))
      return `${identifier(name)}::double`;
    return LARGE.test(type) ? 'null::varchar' : `${identifier(name)}::varchar`;
  };
  const answer = scored && has(scored.column) ? identifier(scored.column) : undefined;
  const number = answer === undefined ? 'null::double' : `try_cast(${answer} as double)`;
  const outcome = has('label') ? 'label' : 'null::varchar';
  const truth = has('number') ? '"number"' : 'null::double';
  const loss =
    answer === undefined || !has('label')
      ? 'null::double'
      : scored!.task === 'classes'
        ? `case when label is null then null when coalesce(${number} = ${truth}, ${answer}::varchar = label) then 0 else 1 end`
        : scored!.task === 'binary'
          ? `power(${number} - ${truth}, 2)`
          : `abs(${number} - ${truth})`;
  const sample = `${view}, a part`;
  // Lists and bytes that nothing is made of may be larger than all else.
  const kept = [...types].flatMap(([name, type]) =>
    !LARGE.test(type) || made.some(({ column }) => isOf(name, column)) ? [identifier(name)] : [],
  );
  // Kept, so that what is made of a row stands beside it.
  await connection.run(
    `create temp table ${identifier(sample)} as select ${kept.join(', ')}
     from ${identifier(view)} using sample reservoir(${rowsFor(made)} rows) repeatable (7)`,
  );
  const sql = `select ${[
    has('prediction') ? 'prediction::varchar' : "''",
    has('time') ? 'epoch_ms("time")::double' : '0.0',
    number,
    `(${loss})::double`,
    // Of numbers with many values: fifths are not told apart by how often each comes.
    scored?.task === 'regression' ? `null::varchar` : outcome,
    ...columns.map(cell),
  ].join(', ')} from ${identifier(sample)}`;
  const read = await connection.runAndReadAll(sql);
  const [predictions = [], times = [], scores = [], losses = [], labels = [], ...cells] = read.getColumns();
  const rows = predictions.length;
  const parts = [];
  for (const one of made) parts.push(await readMade(connection, { view: sample, rows, types }, one));
  const numbers = (values: readonly unknown[]): Float64Array =>
    Float64Array.from({ length: rows }, (_, i) => (typeof values[i] === 'number' ? values[i] : NaN));
  return {
    rows,
    predictions: predictions.map(String),
    times: times.map(Number),
    names: [...columns, ...parts.flatMap(({ names }) => names)],
    cells: [
      ...columns.map((_, at) => (cells[at] ?? []) as Cell[]), // cast to double or varchar
      ...parts.flatMap((part) => part.cells),
    ],
    values: parts.map(({ values }) => values),
    shown: new Map(parts.flatMap(({ names, values }) => [[names[0]!, values]])),
    score: numbers(scores),
    loss: numbers(losses),
    label: Int32Array.from({ length: rows }, (_, i) => kindOf(kinds, labels[i])),
  };
}

/** Outcomes by a number each; without one, as for regression, all are one kind. */
function kindOf(kinds: Map<string, number>, label: unknown): number {
  if (typeof label !== 'string') return -1;
  const known = kinds.get(label);
  if (known !== undefined) return known;
  kinds.set(label, kinds.size);
  return kinds.size - 1;
}

function compared(one: Encoded, before: Side): ComparedColumn {
  const sides = { before: shares(one.bins, one.before), now: shares(one.bins, one.now) };
  const loss = effectOf(before.loss, one.before, sides);
  const score = effectOf(before.score, one.before, sides);
  const spread = deviation(before.score);
  return {
    column: one.column,
    moved: movedShare(one),
    ...(loss === undefined ? {} : { loss_effect: loss }),
    ...(score === undefined || !(spread > 0) ? {} : { score_effect: score / spread }),
  };
}

function deviation(values: Float64Array): number {
  const known = values.filter(Number.isFinite);
  const mean = known.reduce((sum, one) => sum + one, 0) / known.length;
  return Math.sqrt(known.reduce((sum, one) => sum + (one - mean) ** 2, 0) / known.length);
}

/** Rows that are most of now, each beside the row of before that is most like it. */
function samplesOf(
  columns: readonly string[],
  encoded: readonly Encoded[],
  { before, now }: { before: Side; now: Side },
  odds: Float64Array,
): Neighbours[] {
  const inputs = encoded.flatMap(({ column, numeric }, at) =>
    column.startsWith('in_')
      ? [{ at, scale: numeric ? deviation(numbersOf(before.cells[at]!)) || 1 : undefined }]
      : [],
  );
  const differ = (row: number, other: number): number => {
    let sum = 0;
    for (const { at, scale } of inputs) {
      const [a, b] = [now.cells[at]![row]!, before.cells[at]![other]!];
      if (typeof a === 'number' && typeof b === 'number' && scale !== undefined)
        sum += Math.min(100, ((a - b) / scale) ** 2);
      else if (a !== b) sum += 1;
    }
    return Math.sqrt(sum / Math.max(1, inputs.length));
  };
  const shown = [...odds.keys()].toSorted((a, b) => odds[b]! - odds[a]! || a - b).slice(0, SAMPLES);
  const told = (side: Side, row: number): Record<string, Cell> =>
    Object.fromEntries(
      columns.map((column, at) => {
        const text = side.shown.get(column)?.[row];
        return [column, typeof text === 'string' ? text.slice(0, SHOWN) : (side.cells[at]![row] ?? null)];
      }),
    );
  return shown.map((row) => {
    let [nearest, distance] = [0, Infinity];
    for (let other = 0; other < before.rows; other++) {
      const own = differ(row, other);
      if (own < distance) [nearest, distance] = [other, own];
    }
    return {
      prediction: now.predictions[row]!,
      time: now.times[row]!,
      odds: Math.exp(odds[row]!),
      now: told(now, row),
      nearest: told(before, nearest),
      distance,
    };
  });
}

const numbersOf = (cells: readonly Cell[]): Float64Array =>
  Float64Array.from(cells, (value) => (typeof value === 'number' ? value : NaN));
