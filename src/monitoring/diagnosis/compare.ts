// In the table reader's process: rows of now beside rows of before.
import type { DuckDBConnection } from '@duckdb/node-api';
import { answerer, identifier, openViews } from '../../tables/inside.ts';
import { aucOf, classify } from './classifier.ts';
import { decompose, effectOf, type Judged } from './decompose.ts';
import { encode, movedShare, shares, type Cell, type Encoded } from './encode.ts';
import { COMPARE, type ComparedColumn, type Neighbours } from './questions.ts';

/** Rows of each side that are read: enough to see what is large. */
const ROWS = 4000;
const SAMPLES = 5;

interface Side {
  rows: number;
  predictions: string[];
  times: number[];
  cells: Cell[][];
  loss: Float64Array;
  label: Int32Array;
  score: Float64Array;
}

export const compareAnswer = answerer(COMPARE, async (connection, request) => {
  const { views, columns, scored } = request;
  await openViews(connection, views);
  const kinds = new Map<string, number>();
  const now = await readSide(connection, request.now, { columns, scored, kinds });
  const before = await readSide(connection, request.before, { columns, scored, kinds });
  const rows = { before: before.rows, now: now.rows };
  if (now.rows === 0 || before.rows === 0) return { rows, columns: [], samples: [] };
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
  };
});

async function readSide(
  connection: DuckDBConnection,
  view: string,
  {
    columns,
    scored,
    kinds,
  }: {
    columns: readonly string[];
    scored: { column: string; task: 'binary' | 'regression' | 'classes' } | undefined;
    kinds: Map<string, number>;
  },
): Promise<Side> {
  const described = await connection.runAndReadAll(`describe select * from ${identifier(view)}`);
  const types = new Map(described.getRows().map(([name, type]) => [String(name), String(type)]));
  const has = (name: string): boolean => types.has(name);
  const cell = (name: string): string => {
    const type = types.get(name);
    if (type === undefined) return 'null::varchar';
    return /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL.*)$/.test(type)
      ? `${identifier(name)}::double`
      : `${identifier(name)}::varchar`;
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
  const sql = `select ${[
    has('prediction') ? 'prediction::varchar' : "''",
    has('time') ? 'epoch_ms("time")::double' : '0.0',
    number,
    `(${loss})::double`,
    // Of numbers with many values: fifths are not told apart by how often each comes.
    scored?.task === 'regression' ? `null::varchar` : outcome,
    ...columns.map(cell),
  ].join(', ')} from ${identifier(view)} using sample reservoir(${ROWS} rows) repeatable (7)`;
  const read = await connection.runAndReadAll(sql);
  const [predictions = [], times = [], scores = [], losses = [], labels = [], ...cells] = read.getColumns();
  const rows = predictions.length;
  const numbers = (values: readonly unknown[]): Float64Array =>
    Float64Array.from({ length: rows }, (_, i) => (typeof values[i] === 'number' ? values[i] : NaN));
  return {
    rows,
    predictions: predictions.map(String),
    times: times.map(Number),
    cells: columns.map((_, at) => (cells[at] ?? []) as Cell[]), // cast to double or varchar
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
    Object.fromEntries(columns.map((column, at) => [column, side.cells[at]![row] ?? null]));
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
