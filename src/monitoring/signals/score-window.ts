// In the table reader's process: the figures of a model on rows whose outcomes have arrived.
import type { DuckDBConnection } from '@duckdb/node-api';
import { answerer, describe, identifier, openViews } from '../../tables/inside.ts';
import {
  binaryMetrics,
  multiclassMetrics,
  regressionMetrics,
  type Estimates,
} from '../../validation/inside.ts';
import { SCORE, USUAL, type Figure, type Losses, type Task } from './questions.ts';
import { LIST, scoreLists, tensorsOf } from './score-lists.ts';
import { scoreRanking } from './score-ranking.ts';
import { scoreSlices, sliceColumns } from './score-slices.ts';

/** Classes that are told apart; more are no classes. */
const CLASSES = 200;
/** Rows that are scored: with more, the interval is narrow enough from these. */
const ROWS = 1_000_000;
/** Losses that are handed on: what is wrong in more is seen in these. */
const LOSSES = 50_000;

/** Of one value a row. */
type OneTask = 'binary' | 'regression' | 'classes';

/** The rows of a window, as one kind of model is measured on them. */
interface Scored {
  task: Task;
  /** Values of the columns that are scored apart. */
  parts: unknown[][];
  /** The first is what slices are compared by. */
  losses: Array<{ loss: Losses['loss']; values: Float64Array }>;
  /** On some rows, by their place; on all without. */
  measure(rows?: Uint32Array): Estimates;
  /** Of each horizon, or label. */
  each?: Array<{ name: string; estimates: Estimates }>;
}

export const scoreAnswer = answerer(SCORE, async (connection, request) => {
  const { views, view, score, task } = request;
  await openViews(connection, views);
  const from = identifier(view);
  const [counted] = (
    await connection.runAndReadAll(
      `select count(*), count(label), count(label) filter (number is null), count(number) filter (number not in (0, 1)), count(${LIST}), ${DELAYS} from ${from}`,
    )
  ).getRows();
  const [rows, labelled, words, others, lists, ...delays] = counted!.map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const told = labelled === 0 ? {} : delayOf(delays);
  const none = (problem: string) => ({
    rows,
    labelled,
    ...told,
    figures: [],
    each: [],
    losses: [],
    slices: [],
    problem,
  });
  if (labelled === 0) return none('no outcome has arrived');
  const columns = await describe(connection, from);
  const apart = await sliceColumns(connection, from, columns, request.slices);
  const scored = await scoreAs(connection, from, columns, {
    score,
    task,
    labels: {
      numbers: words === 0,
      bits: words === 0 && others === 0,
      lists: lists > 0 && lists === labelled,
    },
    apart,
  });
  if (typeof scored === 'string') return none(scored);
  const { column, found } = scored;
  const metric = request.metric ?? USUAL[found.task];
  const measure = (part?: Uint32Array): Figure[] => [...found.measure(part).values()].flatMap(figureOf);
  return {
    rows,
    labelled,
    ...told,
    task: found.task,
    column,
    figures: measure(),
    each: (found.each ?? []).map(({ name, estimates }) => ({
      name,
      figures: [...estimates.values()].flatMap(figureOf),
    })),
    losses: found.losses.map(({ loss, values }) => ({ loss, values: spread(values) })),
    slices: scoreSlices(
      apart.map((column, at) => ({ column, values: found.parts[at] as Array<string | null> })), // cast to varchar
      found.losses[0]?.values,
      (part) => measure(part).find(({ name }) => name === metric),
    ),
  };
});

/** The rows as their kind of model is scored; a text says why they cannot be. */
async function scoreAs(
  connection: DuckDBConnection,
  from: string,
  columns: ReadonlyArray<{ name: string; type: string }>,
  {
    score,
    task,
    labels,
    apart,
  }: {
    score: string | undefined;
    task: Task | undefined;
    labels: { numbers: boolean; bits: boolean; lists: boolean };
    apart: readonly string[];
  },
): Promise<{ column: string; found: Scored } | string> {
  const tensors = tensorsOf(columns);
  const of = (column: string, found: Scored | string) =>
    typeof found === 'string' ? found : { column, found };
  if (task === 'forecast' || task === 'multilabel' || (task === undefined && labels.lists)) {
    const column = score ?? [...tensors.keys()][0];
    const width = column === undefined ? undefined : tensors.get(column);
    if (column === undefined || width === undefined || (score === undefined && tensors.size > 1))
      return `outcomes are lists: say which of the answers they are of (score): ${[...tensors.keys()].join(', ') || 'none has several values a row'}`;
    return of(column, await scoreLists(connection, from, { column, width, task }, apart));
  }
  const chosen = choose(columns, score, task === 'ranking' ? 'regression' : task, labels);
  if (typeof chosen === 'string') return chosen;
  const { column } = chosen;
  if (task === 'ranking') return of(column, await scoreRanking(connection, from, column));
  if (chosen.task === 'classes') return of(column, await classes(connection, from, column, apart));
  return of(column, await numeric(connection, from, { column, task: chosen.task }, apart));
}

const DELAY = 'epoch_ms(first_observed_at) - epoch_ms(time)';
const DELAYS = [
  ...[0.5, 0.9, 0.99].map((share) => `quantile_cont(${DELAY}, ${share}) filter (label is not null)`),
  `max(${DELAY}) filter (label is not null)`,
].join(', ');

function delayOf([p50_ms, p90_ms, p99_ms, max_ms]: readonly number[]) {
  return p50_ms === undefined || p90_ms === undefined || p99_ms === undefined || max_ms === undefined
    ? {}
    : { delay: { p50_ms, p90_ms, p99_ms, max_ms } };
}

const figureOf = (one: Estimates extends ReadonlyMap<string, infer E> ? E : never): Figure[] =>
  typeof one === 'string' || !Number.isFinite(one.value)
    ? []
    : [
        {
          name: one.name,
          value: one.value,
          ...(one.low === undefined || one.high === undefined ? {} : { low: one.low, high: one.high }),
        },
      ];

/** All, or every so many; rounded down, so that evidence is never made by rounding. */
function spread(values: Float64Array): number[] {
  const step = Math.ceil(values.length / LOSSES);
  return Array.from({ length: Math.ceil(values.length / step) }, (_one, i) => {
    const value = values[i * step]!;
    return value <= 1 ? Math.floor(value * 1e6) / 1e6 : Number(value.toPrecision(9));
  });
}

/** Which column is scored, and as what; a text says why none is. */
function choose(
  columns: ReadonlyArray<{ name: string; type: string }>,
  score: string | undefined,
  task: OneTask | undefined,
  labels: { numbers: boolean; bits: boolean },
): { column: string; task: OneTask } | string {
  const outputs = columns.filter(({ name }) => name.startsWith('out_'));
  const names = new Set(outputs.map(({ name }) => name));
  const isNumber = ({ type }: { type: string }): boolean => /INT|FLOAT|DOUBLE|DECIMAL/.test(type);
  if (score !== undefined) {
    const one = outputs.find(({ name }) => name === score);
    if (!one) return `the monitor scores '${score}', and the answers have: ${[...names].join(', ')}`;
    const guess: OneTask =
      !isNumber(one) || !labels.numbers ? 'classes' : labels.bits ? 'binary' : 'regression';
    return { column: one.name, task: task ?? guess };
  }
  // The chance of the second of two classes.
  const pair = outputs.filter(({ name }) => {
    const base = /^(.+)\[1\]$/.exec(name)?.[1];
    return base !== undefined && names.has(`${base}[0]`) && !names.has(`${base}[2]`);
  });
  if (pair.length === 1 && labels.bits) return { column: pair[0]!.name, task: task ?? 'binary' };
  const single = outputs.filter(({ name }) => !/\[\d+\]$/.test(name));
  const only = single.length === 1 ? single[0]! : single.find(({ name }) => name === 'out_label');
  if (!only)
    return `the answers have several columns: say which one is scored (score): ${[...names].join(', ')}`;
  if (task !== undefined) return { column: only.name, task };
  if (!isNumber(only) || !labels.numbers || only.name === 'out_label')
    return { column: only.name, task: 'classes' };
  return { column: only.name, task: labels.bits ? 'binary' : 'regression' };
}

/** Rows with an outcome and an answer, column by column. */
async function columnsOf(
  connection: DuckDBConnection,
  from: string,
  { truth, said, where, slices }: { truth: string; said: string; where: string; slices: readonly string[] },
): Promise<unknown[][]> {
  const also = slices.map((name) => `, ${identifier(name)}::varchar`).join('');
  const result = await connection.runAndReadAll(
    `select ${truth}, ${said}${also} from ${from} where ${where} order by observed_at, prediction, "row" limit ${ROWS}`,
  );
  return result.getColumns();
}

async function numeric(
  connection: DuckDBConnection,
  from: string,
  { column, task }: { column: string; task: 'binary' | 'regression' },
  slices: readonly string[],
): Promise<Scored | string> {
  const said = `try_cast(${identifier(column)} as double)`;
  const [truth = [], told = [], ...parts] = await columnsOf(connection, from, {
    truth: 'number',
    said,
    where: `number is not null and isfinite(${said})`,
    slices,
  });
  if (truth.length === 0) return `no row has both a number as its outcome and a number in '${column}'`;
  const label = Float64Array.from(truth as number[]); // doubles, and no nulls
  const answers = Float64Array.from(told as number[]); // the same
  const at = (rows: Uint32Array | undefined, of: Float64Array): Float64Array =>
    rows ? Float64Array.from(rows, (row) => of[row]!) : of;
  if (task === 'regression')
    return {
      task,
      parts,
      losses: [{ loss: 'absolute_error', values: label.map((one, i) => Math.abs(one - answers[i]!)) }],
      measure: (rows) => regressionMetrics(at(rows, label), at(rows, answers)),
    };
  if (label.some((one) => one !== 0 && one !== 1)) return 'outcomes of a binary model are 0 or 1';
  // Answers outside of 0 to 1 to a question of yes or no are still scores, and rank.
  const probable = answers.every((one) => one >= 0 && one <= 1);
  return {
    task,
    parts,
    losses: probable
      ? [
          { loss: 'error', values: label.map((one, i) => Number(one !== Number(answers[i]! >= 0.5))) },
          { loss: 'brier', values: label.map((one, i) => (one - answers[i]!) ** 2) },
        ]
      : [],
    measure: (rows) =>
      binaryMetrics(Uint8Array.from(at(rows, label)), {
        score: at(rows, answers),
        probable,
        ...(probable ? { said: Uint8Array.from(at(rows, answers), (one) => Number(one >= 0.5)) } : {}),
      }).metrics,
  };
}

async function classes(
  connection: DuckDBConnection,
  from: string,
  column: string,
  slices: readonly string[],
): Promise<Scored | string> {
  const said = identifier(column);
  // 1 and 1.0 are one class, where both sides are numbers.
  const name = (text: string, number: string): string => `coalesce(${number}::varchar, ${text}::varchar)`;
  const [truth = [], told = [], ...parts] = await columnsOf(connection, from, {
    truth: name('label', 'number'),
    said: name(said, `try_cast(${said} as double)`),
    where: `label is not null and ${said} is not null`,
    slices,
  });
  if (truth.length === 0) return `no row has both an outcome and a value in '${column}'`;
  const both = [truth, told] as [string[], string[]]; // cast to varchar, and no nulls
  const codes = new Map<string, number>();
  for (const class_ of [...new Set(both.flat())].toSorted()) codes.set(class_, codes.size);
  if (codes.size > CLASSES)
    return `outcomes and '${column}' have ${codes.size} different values: these are no classes`;
  const [label, answers] = both.map((of) => Uint32Array.from(of, (one) => codes.get(one)!)) as [
    Uint32Array,
    Uint32Array,
  ];
  const at = (rows: Uint32Array | undefined, of: Uint32Array): Uint32Array =>
    rows ? Uint32Array.from(rows, (row) => of[row]!) : of;
  return {
    task: 'classes',
    parts,
    losses: [{ loss: 'error', values: Float64Array.from(label, (one, i) => Number(one !== answers[i])) }],
    measure: (rows) => multiclassMetrics(at(rows, label), { said: at(rows, answers) }, [...codes.keys()]),
  };
}
