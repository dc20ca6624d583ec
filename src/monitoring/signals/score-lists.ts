// In the table reader's process: answers of several values a row, and outcomes that are lists of as many.
import type { DuckDBConnection } from '@duckdb/node-api';
import { identifier } from '../../tables/inside.ts';
import { binaryMetrics, mean, regressionMetrics, type Estimates } from '../../validation/inside.ts';
import type { Losses } from './questions.ts';

export type ListTask = 'forecast' | 'multilabel';

/** Values that are scored: with more rows, the interval is narrow enough from these. */
const VALUES = 5_000_000;
/** Values of a row at most: horizons, labels. */
const WIDEST = 200;

/** An outcome as a list of numbers, `[1.5, null, 3]` or `[true, false]`; null where it is none. */
export const LIST = `try_cast(case when label like '[%' then replace(replace(label, 'true', '1'), 'false', '0') end as double[])`;

/** Tensors among the answers, and how many values a row of each has. */
export function tensorsOf(columns: ReadonlyArray<{ name: string }>): Map<string, number> {
  const widths = new Map<string, number>();
  for (const { name } of columns) {
    const tensor = /^(out_.+)\[\d+\]$/.exec(name)?.[1];
    if (tensor !== undefined) widths.set(tensor, (widths.get(tensor) ?? 0) + 1);
  }
  return widths;
}

export interface ScoredLists {
  task: ListTask;
  /** Values of the columns that are scored apart. */
  parts: unknown[][];
  losses: Array<{ loss: Losses['loss']; values: Float64Array }>;
  measure(rows?: Uint32Array): Estimates;
  /** Of each horizon, or label. */
  each: Array<{ name: string; estimates: Estimates }>;
}

/** A text says why nothing can be scored. */
export async function scoreLists(
  connection: DuckDBConnection,
  from: string,
  { column, width, task: said }: { column: string; width: number; task: ListTask | undefined },
  slices: readonly string[],
): Promise<ScoredLists | string> {
  if (width > WIDEST) return `'${column}' has ${width} values a row, and at most ${WIDEST} are scored`;
  const places = Array.from({ length: width }, (_one, at) => at);
  const answer = (at: number): string => `try_cast(${identifier(`${column}[${at}]`)} as double)`;
  // A row is scored as a whole, or not.
  const sum = places.map(answer).join(' + ');
  const select = [
    ...places.map((at) => `truth[${at + 1}]`),
    ...places.map(answer),
    ...slices.map((name) => `${identifier(name)}::varchar`),
  ];
  const read = await connection.runAndReadAll(
    `select ${select.join(', ')} from (select *, ${LIST} as truth from ${from} where label is not null)
     where len(truth) = ${width} and list_count(truth) > 0 and isfinite(${sum}) order by observed_at, prediction, "row" limit ${Math.floor(VALUES / width)}`,
  );
  const values = read.getColumns();
  const rows = values[0]?.length ?? 0;
  if (rows === 0) return `no outcome is a list of ${width} numbers, as '${column}' is`;
  const numbers = (at: number): Float64Array =>
    Float64Array.from(values[at]!, (value) => (value === null ? NaN : (value as number))); // doubles
  const truth = places.map(numbers);
  const answers = places.map((at) => numbers(width + at));
  const bits = truth.every((one) => one.every((value) => Number.isNaN(value) || value === 0 || value === 1));
  const task = said ?? (bits ? 'multilabel' : 'forecast');
  if (task === 'multilabel' && !bits) return 'outcomes of a model of several labels are lists of 0 and 1';
  const table = { truth, answers, rows };
  const parts = values.slice(2 * width);
  return task === 'forecast' ? forecast(table, parts) : multilabel(table, parts);
}

interface Answers {
  /** By horizon or label; NaN is not known. */
  truth: Float64Array[];
  answers: Float64Array[];
  rows: number;
}

/** What both are at a place, in rows that have both. */
function known({ truth, answers, rows }: Answers, at: number, only?: Uint32Array) {
  const [label, said]: [number[], number[]] = [[], []];
  for (const row of only ?? Array.from({ length: rows }).keys()) {
    const [is, one] = [truth[at]![row]!, answers[at]![row]!];
    if (!Number.isFinite(is) || !Number.isFinite(one)) continue;
    label.push(is);
    said.push(one);
  }
  return { label, said };
}

/** Of each row the mean of what is known of it: a row is one draw, however many values it has. */
function rowMeans(
  { truth, answers, rows }: Answers,
  loss: (is: number, said: number) => number,
): Float64Array {
  return Float64Array.from({ length: rows }, (_one, row) => {
    let [sum, many] = [0, 0];
    for (let at = 0; at < truth.length; at++) {
      const one = loss(truth[at]![row]!, answers[at]![row]!);
      if (!Number.isFinite(one)) continue;
      sum += one;
      many++;
    }
    return sum / many;
  });
}

const some = (values: Float64Array, rows?: Uint32Array): Float64Array =>
  rows ? Float64Array.from(rows, (row) => values[row]!) : values;

function forecast(table: Answers, parts: unknown[][]): ScoredLists {
  const errors = rowMeans(table, (is, said) => Math.abs(is - said));
  const squares = rowMeans(table, (is, said) => (is - said) ** 2);
  return {
    task: 'forecast',
    parts,
    losses: [{ loss: 'absolute_error', values: errors }],
    measure(rows) {
      const mse = mean('mse', some(squares, rows), undefined);
      const root = (value: number | undefined) =>
        value === undefined ? undefined : Math.sqrt(Math.max(0, value));
      const [low, high] = [root(mse.low), root(mse.high)];
      const rmse = { name: 'rmse', value: Math.sqrt(mse.value), n: mse.n };
      return new Map([
        ['rmse', low === undefined || high === undefined ? rmse : { ...rmse, low, high }],
        ['mse', mse],
        ['mae', mean('mae', some(errors, rows), undefined)],
      ]);
    },
    each: table.truth.map((_one, at) => {
      const { label, said } = known(table, at);
      const estimates = regressionMetrics(Float64Array.from(label), Float64Array.from(said));
      return { name: `h=${at + 1}`, estimates: only(estimates, ['rmse', 'mae']) };
    }),
  };
}

function multilabel(table: Answers, parts: unknown[][]): ScoredLists {
  const wrong = rowMeans(table, (is, said) =>
    Number.isFinite(is) && Number.isFinite(said) ? Number((said >= 0.5 ? 1 : 0) !== is) : NaN,
  );
  return {
    task: 'multilabel',
    parts,
    losses: [{ loss: 'error', values: wrong }],
    measure(rows) {
      const counts = table.truth.map((_one, at) => confusionOf(known(table, at, rows)));
      const sum = (of: 'both' | 'said' | 'is'): number => counts.reduce((all, one) => all + one[of], 0);
      const n = rows?.length ?? table.rows;
      const macro = counts.map(f1Of).filter((value) => value !== undefined);
      const micro = f1Of({ both: sum('both'), said: sum('said'), is: sum('is') });
      const right = some(wrong, rows).map((value) => 1 - value);
      return new Map([
        ...(macro.length > 0
          ? [
              [
                'macro_f1',
                { name: 'macro_f1', value: macro.reduce((a, b) => a + b, 0) / macro.length, n },
              ] as const,
            ]
          : []),
        ...(micro === undefined ? [] : [['micro_f1', { name: 'micro_f1', value: micro, n }] as const]),
        ['accuracy', mean('accuracy', right, undefined)] as const,
      ]);
    },
    each: table.truth.map((_one, at) => {
      const { label, said } = known(table, at);
      const { metrics } = binaryMetrics(Uint8Array.from(label), {
        score: Float64Array.from(said),
        probable: false,
        said: Uint8Array.from(said, (value) => Number(value >= 0.5)),
      });
      return { name: `label ${at}`, estimates: only(metrics, ['f1', 'precision', 'recall', 'auc']) };
    }),
  };
}

function confusionOf({ label, said }: { label: number[]; said: number[] }) {
  const counts = { both: 0, said: 0, is: 0 };
  for (const [row, is] of label.entries()) {
    const one = said[row]! >= 0.5;
    counts.said += Number(one);
    counts.is += is;
    counts.both += Number(one && is === 1);
  }
  return counts;
}

/** Undefined of a label that no row has and no answer gives. */
const f1Of = ({ both, said, is }: { both: number; said: number; is: number }): number | undefined =>
  said + is === 0 ? undefined : (2 * both) / (said + is);

const only = (estimates: Estimates, names: readonly string[]): Estimates =>
  new Map([...estimates].filter(([name]) => names.includes(name)));
