import type { Task } from '../contract.ts';
import { binaryMetrics, type Calibration } from '../metrics/binary.ts';
import type { Estimate } from '../metrics/estimate.ts';
import { multiclassMetrics } from '../metrics/multiclass.ts';
import { METRICS } from '../../rules/index.ts';
import { regressionMetrics } from '../metrics/regression.ts';
import type { Answers } from './answers.ts';
import type { Label } from './label.ts';

export interface Measured {
  metrics: Map<string, Estimate | string>;
  calibration?: Calibration;
}

/** All metrics of a model's answers, on all rows or on some. */
export function measure(label: Label, answers: Answers, rows?: Uint32Array): Measured {
  if (label.task === 'binary' && answers.task === 'binary') {
    const { score, probable, said } = answers;
    return binaryMetrics(
      some(label.codes, rows),
      {
        probable,
        ...(score ? { score: some(score, rows) } : {}),
        ...(said ? { said: some(said, rows) } : {}),
      },
      rows,
    );
  }
  if (label.task === 'multiclass' && answers.task === 'multiclass') {
    const { probabilities, said } = answers;
    const k = label.classes.length;
    const chances =
      rows && probabilities
        ? Float64Array.from(
            { length: rows.length * k },
            (_one, i) => probabilities[rows[Math.floor(i / k)]! * k + (i % k)]!,
          )
        : probabilities;
    return {
      metrics: multiclassMetrics(
        some(label.codes, rows),
        { said: some(said, rows), ...(chances ? { probabilities: chances } : {}) },
        label.classes,
        rows,
      ),
    };
  }
  if (label.task === 'regression' && answers.task === 'regression')
    return { metrics: regressionMetrics(some(label.values, rows), some(answers.said, rows), rows) };
  throw new Error(`answers of ${answers.task} to a label of ${label.task}`);
}

function some<T extends Uint8Array | Uint32Array | Float64Array>(
  values: T,
  rows: Uint32Array | undefined,
): T {
  if (!rows) return values;
  const picked = values.slice(0, rows.length) as T; // of the same class, as slice gives
  for (let i = 0; i < rows.length; i++) picked[i] = values[rows[i]!]!;
  return picked;
}

/** The metric that a model of this task is known by: what the baseline is beaten in, and slices are compared in. */
export function mainMetric(task: Task, metrics: ReadonlyMap<string, Estimate | string>): string {
  const there = (name: string): boolean => typeof metrics.get(name) === 'object';
  if (task === 'regression') return 'rmse';
  return there('auc') ? 'auc' : 'balanced_accuracy';
}

/** The best that can be said without looking at a row: the label's share, its most frequent class, or its mean. */
export function baselineOf(label: Label): { kind: string; answers: Answers } {
  if (label.task === 'regression') {
    const mean = label.values.reduce((sum, value) => sum + value, 0) / label.values.length;
    return {
      kind: 'always the mean of the label',
      answers: { task: 'regression', said: new Float64Array(label.values.length).fill(mean) },
    };
  }
  const rows = label.codes.length;
  const counts = new Float64Array(label.classes.length);
  for (const code of label.codes) counts[code]!++;
  const most = counts.indexOf(Math.max(...counts));
  if (label.task === 'binary') {
    const share = counts[1]! / rows;
    return {
      kind: 'always the share of the label',
      answers: {
        task: 'binary',
        score: new Float64Array(rows).fill(share),
        probable: true,
        said: new Uint8Array(rows).fill(most),
      },
    };
  }
  const k = label.classes.length;
  return {
    kind: 'always the shares of the classes',
    answers: {
      task: 'multiclass',
      probabilities: Float64Array.from({ length: rows * k }, (_one, i) => counts[i % k]! / rows),
      said: new Uint32Array(rows).fill(most),
    },
  };
}

/** As the contract says metrics, in the order that people read them. */
export function listMetrics(metrics: ReadonlyMap<string, Estimate | string>) {
  return Object.keys(METRICS).flatMap((name) => {
    const found = metrics.get(name);
    if (typeof found !== 'object' || !Number.isFinite(found.value)) return [];
    const { value, low, high, n, method } = found;
    const ends = low !== undefined && high !== undefined && Number.isFinite(low) && Number.isFinite(high);
    return [
      { name, value, ...(ends ? { low, high } : {}), n, ...(ends && method !== undefined ? { method } : {}) },
    ];
  });
}
