// In the table reader's process: the figures of a model on rows whose outcomes have arrived.
import type { DuckDBConnection } from '@duckdb/node-api';
import { answerer, describe, identifier, openViews } from '../../tables/inside.ts';
import {
  binaryMetrics,
  multiclassMetrics,
  regressionMetrics,
  type Estimates,
} from '../../validation/inside.ts';
import { SCORE, type Figure, type Task } from './questions.ts';

/** Classes that are told apart; more are no classes. */
const CLASSES = 200;
/** Rows that are scored: with more, the interval is narrow enough from these. */
const ROWS = 1_000_000;

export const scoreAnswer = answerer(SCORE, async (connection, { views, view, score, task }) => {
  await openViews(connection, views);
  const from = identifier(view);
  const [counted] = (
    await connection.runAndReadAll(
      `select count(*), count(label), count(label) filter (number is null), count(number) filter (number not in (0, 1)) from ${from}`,
    )
  ).getRows();
  const [rows, labelled, words, others] = counted!.map(Number) as [number, number, number, number];
  const none = (problem: string) => ({ rows, labelled, figures: [], problem });
  if (labelled === 0) return none('no outcome has arrived');
  const columns = await describe(connection, from);
  const chosen = choose(columns, score, task, { numbers: words === 0, bits: words === 0 && others === 0 });
  if (typeof chosen === 'string') return none(chosen);
  const found =
    chosen.task === 'classes'
      ? await classes(connection, from, chosen.column)
      : await numeric(connection, from, chosen.column, chosen.task);
  if (typeof found === 'string') return none(found);
  const figures = [...found.estimates].flatMap(([, one]): Figure[] =>
    typeof one === 'string' || !Number.isFinite(one.value)
      ? []
      : [
          {
            name: one.name,
            value: one.value,
            ...(one.low === undefined || one.high === undefined ? {} : { low: one.low, high: one.high }),
          },
        ],
  );
  return { rows, labelled, task: found.task, column: chosen.column, figures };
});

/** Which column is scored, and as what; a text says why none is. */
function choose(
  columns: ReadonlyArray<{ name: string; type: string }>,
  score: string | undefined,
  task: Task | undefined,
  labels: { numbers: boolean; bits: boolean },
): { column: string; task: Task } | string {
  const outputs = columns.filter(({ name }) => name.startsWith('out_'));
  const names = new Set(outputs.map(({ name }) => name));
  const isNumber = ({ type }: { type: string }): boolean => /INT|FLOAT|DOUBLE|DECIMAL/.test(type);
  if (score !== undefined) {
    const one = outputs.find(({ name }) => name === score);
    if (!one) return `the monitor scores '${score}', and the answers have: ${[...names].join(', ')}`;
    const guess: Task = !isNumber(one) || !labels.numbers ? 'classes' : labels.bits ? 'binary' : 'regression';
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

async function numeric(
  connection: DuckDBConnection,
  from: string,
  column: string,
  task: 'binary' | 'regression',
): Promise<{ estimates: Estimates; task: Task } | string> {
  const said = `try_cast(${identifier(column)} as double)`;
  const result = await connection.runAndReadAll(
    `select number, ${said} from ${from} where number is not null and isfinite(${said}) limit ${ROWS}`,
  );
  const pairs = result.getRows() as Array<[number, number]>; // doubles, and no nulls
  if (pairs.length === 0) return `no row has both a number as its outcome and a number in '${column}'`;
  const label = Float64Array.from(pairs, ([truth]) => truth);
  const answers = Float64Array.from(pairs, ([, answer]) => answer);
  const probable = answers.every((one) => one >= 0 && one <= 1);
  // Answers outside of 0 to 1 to a question of yes or no are still scores, unless they are numbers of their own.
  if (task === 'regression') return { estimates: regressionMetrics(label, answers), task };
  if (label.some((one) => one !== 0 && one !== 1)) return 'outcomes of a binary model are 0 or 1';
  const { metrics } = binaryMetrics(Uint8Array.from(label), {
    score: answers,
    probable,
    ...(probable ? { said: Uint8Array.from(answers, (one) => Number(one >= 0.5)) } : {}),
  });
  return { estimates: metrics, task };
}

async function classes(
  connection: DuckDBConnection,
  from: string,
  column: string,
): Promise<{ estimates: Estimates; task: Task } | string> {
  const said = identifier(column);
  // 1 and 1.0 are one class, where both sides are numbers.
  const name = (text: string, number: string): string => `coalesce(${number}::varchar, ${text}::varchar)`;
  const result = await connection.runAndReadAll(
    `select ${name('label', 'number')}, ${name(said, `try_cast(${said} as double)`)}
     from ${from} where label is not null and ${said} is not null limit ${ROWS}`,
  );
  const pairs = result.getRows() as Array<[string, string]>; // cast to varchar, and no nulls
  if (pairs.length === 0) return `no row has both an outcome and a value in '${column}'`;
  const codes = new Map<string, number>();
  for (const class_ of new Set(pairs.flat().toSorted())) codes.set(class_, codes.size);
  if (codes.size > CLASSES)
    return `outcomes and '${column}' have ${codes.size} different values: these are no classes`;
  const of = (at: 0 | 1): Uint32Array => Uint32Array.from(pairs, (pair) => codes.get(pair[at])!);
  return { estimates: multiclassMetrics(of(0), { said: of(1) }, [...codes.keys()]), task: 'classes' };
}
