import {
  accuracy,
  balancedAccuracy,
  confusion,
  diagonal,
  matthews,
  ofCells,
  type Confusion,
} from './confusion.ts';
import type { Estimate, Spread } from './estimate.ts';
import { mean } from './mean.ts';
import { NO_SCORES } from './binary.ts';
import { rank } from './rank.ts';
import { auc, aucRange, type Rows } from './ranking.ts';

export interface MulticlassAnswers {
  /** Probabilities, a row after the other, a column a class; undefined when the model gives classes only. */
  probabilities?: Float64Array;
  said: Uint32Array;
}

/** All figures of a classifier with three or more classes, on one part of the rows. */
export function multiclassMetrics(
  label: Uint32Array,
  { probabilities, said }: MulticlassAnswers,
  classes: readonly string[],
  rows?: Rows,
): Map<string, Estimate | string> {
  const metrics = new Map<string, Estimate | string>();
  const put = (estimate: Estimate): void => void metrics.set(estimate.name, estimate);
  const k = classes.length;
  const matrix = confusion(label, said, k);
  if (probabilities) {
    const rare = classes.findIndex((_one, c) => matrix.trueRows[c] === 0);
    if (rare >= 0) metrics.set('auc', `no row has label '${classes[rare]}'`);
    else put(macroAuc(label, probabilities, k, rows));
    put(mean('log_loss', logLosses(label, probabilities, k), rows));
  } else for (const name of ['auc', 'log_loss']) metrics.set(name, NO_SCORES);
  put(accuracy(matrix, rows));
  put(balancedAccuracy(matrix, rows));
  put(matthews(matrix, rows));
  for (const estimate of averages(matrix, rows)) put(estimate);
  metrics.set('kappa', kappa(matrix, rows));
  return metrics;
}

function logLosses(label: Uint32Array, probabilities: Float64Array, k: number): Float64Array {
  const least = Number.EPSILON;
  return Float64Array.from(
    label,
    (c, i) => -Math.log(Math.min(1 - least, Math.max(least, probabilities[i * k + c]!))),
  );
}

/** Mean of the AUCs of each class against the rest. */
function macroAuc(label: Uint32Array, probabilities: Float64Array, k: number, rows: Rows): Estimate {
  const parts: Estimate[] = [];
  let few = label.length;
  for (let c = 0; c < k; c++) {
    const one = Uint8Array.from(label, (is) => Number(is === c));
    const score = Float64Array.from(label, (_is, i) => probabilities[i * k + c]!);
    const ranked = rank(one, score);
    few = Math.min(few, ranked.positives, ranked.negatives);
    parts.push(auc(ranked, one, rows));
  }
  const value = parts.reduce((sum, part) => sum + part.value, 0) / k;
  const spread: Spread = {
    add(into, factor) {
      for (const part of parts) part.spread?.add(into, factor / k);
    },
  };
  // The classes share their rows: their contributions are added row by row before they are squared.
  const each = new Float64Array(rows ? (rows.at(-1) ?? 0) + 1 : label.length);
  spread.add(each, 1);
  const error = Math.sqrt(each.reduce((sum, one) => sum + one * one, 0));
  return {
    name: 'auc',
    value,
    n: label.length,
    ...aucRange(value, error, few),
    method: 'DeLong, mean of one against the rest, on the logit scale',
    ...(parts.some((part) => part.spread) ? { spread } : {}),
  };
}

/** Precision, recall and F1 of each class, averaged over those that occur (macro) and by their rows (weighted). */
function averages(matrix: Confusion, rows: Rows): Estimate[] {
  const { classes, cells, trueRows, saidRows, n } = matrix;
  // Labels that occur on either side, as scikit-learn has it.
  const occurs = [...trueRows.keys()].filter((c) => trueRows[c]! + saidRows[c]! > 0);
  const m = occurs.length;
  const share = (hits: number, of: number): number => (of > 0 ? hits / of : 0);
  const right = Float64Array.from({ length: classes }, (_one, c) => cells[c * classes + c]!);
  const precision = right.map((hits, c) => share(hits, saidRows[c]!));
  const recall = right.map((hits, c) => share(hits, trueRows[c]!));
  const f1 = right.map((hits, c) => share(2 * hits, trueRows[c]! + saidRows[c]!));
  const macro = (each: Float64Array): number => occurs.reduce((sum, c) => sum + each[c]!, 0) / m;
  const weighted = (each: Float64Array): number =>
    occurs.reduce((sum, c) => sum + each[c]! * trueRows[c]!, 0) / n;
  const few = m * Math.min(...trueRows.filter((one) => one > 0));
  const hit = (a: number, b: number): number => Number(a === b);
  const both = (c: number): number => trueRows[c]! + saidRows[c]!;
  const make = (name: string, value: number, contribution: (a: number, b: number) => number): Estimate =>
    ofCells(name, value, matrix, contribution, rows, { scale: 'logit', few });
  const [wf, wp, wr] = [weighted(f1), weighted(precision), weighted(recall)];
  return [
    make(
      'macro_f1',
      macro(f1),
      (a, b) => ((2 * hit(a, b)) / both(a) - f1[a]! / both(a) - f1[b]! / both(b)) / m,
    ),
    make('macro_precision', macro(precision), (a, b) => (hit(a, b) - precision[b]!) / saidRows[b]! / m),
    make('macro_recall', macro(recall), (a, b) => (hit(a, b) - recall[a]!) / trueRows[a]! / m),
    make(
      'weighted_f1',
      wf,
      (a, b) =>
        (f1[a]! -
          wf +
          (trueRows[a]! * (2 * hit(a, b) - f1[a]!)) / both(a) -
          (trueRows[b]! * f1[b]!) / both(b)) /
        n,
    ),
    make(
      'weighted_precision',
      wp,
      (a, b) => (precision[a]! - wp + (trueRows[b]! * (hit(a, b) - precision[b]!)) / saidRows[b]!) / n,
    ),
    make('weighted_recall', wr, (a, b) => (hit(a, b) - wr) / n),
  ];
}

/** Cohen's kappa: agreement beyond what the two distributions give by chance. */
function kappa(matrix: Confusion, rows: Rows): Estimate | string {
  const { classes, trueRows, saidRows, n } = matrix;
  const right = diagonal(matrix) / n;
  let chance = 0;
  for (let c = 0; c < classes; c++) chance += (trueRows[c]! / n) * (saidRows[c]! / n);
  if (chance === 1) return 'labels and predictions hold one class only';
  const value = (right - chance) / (1 - chance);
  return ofCells(
    'kappa',
    value,
    matrix,
    (a, b) =>
      ((Number(a === b) - right) / (1 - chance) -
        ((1 - right) / (1 - chance) ** 2) * (saidRows[a]! / n + trueRows[b]! / n - 2 * chance)) /
      n,
    rows,
    { scale: 'fisher' },
  );
}
