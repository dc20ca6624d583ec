import type { CalibrationBin } from '../contract.ts';
import { accuracy, balancedAccuracy, confusion, matthews, ofCells, type Confusion } from './confusion.ts';
import { wilson, type Estimate } from './estimate.ts';
import { mean } from './mean.ts';
import { rank, type Ranked } from './rank.ts';
import { auc, averagePrecision, type Rows } from './ranking.ts';

/** What a model said of each row. Scores rise with the chance of label 1. */
export interface BinaryAnswers {
  score?: Float64Array;
  /** The scores are probabilities. */
  probable: boolean;
  /** Predicted class, 0 or 1. */
  said?: Uint8Array;
}

export const NO_SCORES =
  'the model answers with classes alone: log it with pyfunc_predict_fn="predict_proba", or judge it by balanced_accuracy';
const NO_PROBABILITIES = 'the scores are no probabilities: they lie outside 0–1';
const NO_CLASSES = 'the model gives scores that are no probabilities, and no classes';

/** All figures of a binary classifier on one part of the rows; of one that is not there the reason. */
export function binaryMetrics(
  label: Uint8Array,
  { score, probable, said }: BinaryAnswers,
  rows?: Rows,
): { metrics: Map<string, Estimate | string>; calibration?: Calibration } {
  const metrics = new Map<string, Estimate | string>();
  const put = (estimate: Estimate): void => void metrics.set(estimate.name, estimate);
  let calibration: Calibration | undefined;
  if (score) {
    const ranked = rank(label, score);
    const { positives, negatives } = ranked;
    if (positives > 0 && negatives > 0) put(auc(ranked, label, rows));
    else metrics.set('auc', `all rows have label ${positives > 0 ? 1 : 0}: there is nothing to rank`);
    if (positives > 0) put(averagePrecision(ranked, label, rows));
    else metrics.set('average_precision', 'no row has label 1');
    if (probable) {
      put(mean('log_loss', logLosses(label, score), rows));
      put(
        mean(
          'brier',
          Float64Array.from(score, (p, i) => (p - label[i]!) ** 2),
          rows,
        ),
      );
      calibration = calibrate(ranked, score);
      put({ name: 'calibration_error', value: calibration.error, n: score.length });
    } else for (const name of ['log_loss', 'brier', 'calibration_error']) metrics.set(name, NO_PROBABILITIES);
  } else {
    for (const name of ['auc', 'average_precision', 'log_loss', 'brier', 'calibration_error'])
      metrics.set(name, NO_SCORES);
  }
  if (said) counts(metrics, put, confusion(label, said, 2), rows);
  else for (const name of COUNTS) metrics.set(name, NO_CLASSES);
  return { metrics, ...(calibration ? { calibration } : {}) };
}

const COUNTS = ['accuracy', 'balanced_accuracy', 'precision', 'recall', 'specificity', 'f1', 'mcc'];

function counts(
  metrics: Map<string, Estimate | string>,
  put: (estimate: Estimate) => void,
  matrix: Confusion,
  rows: Rows,
): void {
  const [tn, fp, fn, tp] = [matrix.cells[0]!, matrix.cells[1]!, matrix.cells[2]!, matrix.cells[3]!];
  put(accuracy(matrix, rows));
  const share = (
    name: string,
    hits: number,
    of: number,
    counted: (a: number, b: number) => boolean,
    hit: (a: number, b: number) => boolean,
  ): void => {
    const value = of === 0 ? 0 : hits / of;
    put(
      ofCells(
        name,
        value,
        matrix,
        (a, b) => (of > 0 && counted(a, b) ? (Number(hit(a, b)) - value) / of : 0),
        rows,
        of > 0 ? { range: wilson(hits, of), method: 'Wilson' } : {},
      ),
    );
  };
  if (tp + fn > 0 && tn + fp > 0) put(balancedAccuracy(matrix, rows));
  else metrics.set('balanced_accuracy', 'all rows have one label');
  // scikit-learn says 0 where nothing is predicted positive, and so does this: it is no reason to pass a gate.
  share(
    'precision',
    tp,
    tp + fp,
    (_a, b) => b === 1,
    (a) => a === 1,
  );
  if (tp + fn > 0)
    share(
      'recall',
      tp,
      tp + fn,
      (a) => a === 1,
      (_a, b) => b === 1,
    );
  else metrics.set('recall', 'no row has label 1');
  if (tn + fp > 0)
    share(
      'specificity',
      tn,
      tn + fp,
      (a) => a === 0,
      (_a, b) => b === 0,
    );
  else metrics.set('specificity', 'no row has label 0');
  // F1 is a proportion in disguise: J = TP / (TP + FP + FN) is one, and F1 = 2J / (1 + J) rises with it.
  const any = tp + fp + fn;
  if (any === 0) metrics.set('f1', 'no row has label 1, and none is predicted so');
  else {
    const value = (2 * tp) / (2 * tp + fp + fn);
    const { low, high } = wilson(tp, any);
    const whole = 2 * tp + fp + fn;
    put(
      ofCells(
        'f1',
        value,
        matrix,
        (a, b) => (a + b === 0 ? 0 : a + b === 2 ? (2 - 2 * value) / whole : -value / whole),
        rows,
        { range: { low: (2 * low) / (1 + low), high: (2 * high) / (1 + high) }, method: 'Wilson' },
      ),
    );
  }
  put(matthews(matrix, rows));
}

/** scikit-learn clips by the smallest step of a double. */
function logLosses(label: Uint8Array, score: Float64Array): Float64Array {
  const least = Number.EPSILON;
  const losses = new Float64Array(score.length);
  for (let i = 0; i < score.length; i++) {
    const p = Math.min(1 - least, Math.max(least, score[i]!));
    losses[i] = label[i] === 1 ? -Math.log(p) : -Math.log1p(-p);
  }
  return losses;
}

export interface Calibration {
  error: number;
  bins: CalibrationBin[];
}

/** Ten bins of as many rows each, equal scores together; the error is the mean distance of prediction and truth. */
function calibrate(ranked: Ranked, score: Float64Array, bins = 10): Calibration {
  const { groups, group, positive, negative } = ranked;
  const value = new Float64Array(groups);
  for (let i = 0; i < group.length; i++) value[group[i]!] = score[i]!;
  const n = group.length;
  const found: CalibrationBin[] = [];
  let seen = 0;
  let rows = 0;
  let hits = 0;
  let sum = 0;
  let first = 0;
  for (let g = 0; g < groups; g++) {
    const size = positive[g]! + negative[g]!;
    if (rows === 0) first = value[g]!;
    rows += size;
    seen += size;
    hits += positive[g]!;
    sum += value[g]! * size;
    if (seen >= ((found.length + 1) * n) / bins || g === groups - 1) {
      found.push({ low: first, high: value[g]!, rows, predicted: sum / rows, observed: hits / rows });
      rows = hits = sum = 0;
    }
  }
  const error = found.reduce(
    (total, bin) => total + (bin.rows / n) * Math.abs(bin.predicted - bin.observed),
    0,
  );
  return { error, bins: found };
}
