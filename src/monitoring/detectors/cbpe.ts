import { invalid } from '../../platform/errors/index.ts';
import {
  accuracyInfluence,
  classFigure,
  classFigures,
  doubtsOf,
  expectedAuc,
  spreadOf,
  type Doubts,
  type Rows,
  type Spread,
} from './influence.ts';
import { applyIsotonic, calibrateIfBetter, type Isotonic } from './isotonic.ts';
import { poissonBinomial } from './poisson-binomial.ts';
import { solve } from './quantiles.ts';

/** Rows that the model never trained on, with the truth. */
export interface LabelledScores {
  /** Class of each row, from 0. */
  labels: ArrayLike<number>;
  /** Of two classes: the probability of class 1, row by row. Of more: of each class, a row after the other. */
  scores: ArrayLike<number>;
}

/** What is learnt from the reference; it goes through JSON unchanged. */
export interface CbpeModel {
  version: 1;
  classes: number;
  rows: number;
  /** Of each class (of two: of class 1), or null where the scores are as good as they are. */
  curves: Array<Isotonic | null>;
  /** Cross-validated calibration error, the worst of the classes. */
  calibrationError: number;
  /** Least and greatest score of each class in the reference. */
  range: Array<[number, number]>;
  /** Of each class: how well the reference knows what its scores mean. */
  doubts: Doubts[];
}

export interface EstimateOptions {
  /** Predicted class of each row; left out: above one half of two, the likeliest of more. */
  said?: ArrayLike<number>;
  /** AUC of a classifier that tells rows of the window from rows of the reference, if one was fitted. */
  overlapAuc?: number;
  /** Earlier estimates of the accuracy whose truth has become known. */
  past?: ReadonlyArray<{ value: number; low: number; high: number; realised: number }>;
}

export interface Estimated {
  value: number;
  /** Between these the realised metric of this window lies with 95 %, if nothing but the mix of rows has changed. */
  low: number;
  high: number;
}

export interface CbpeResult {
  /** Of two classes: accuracy, precision, recall, f1, auc; of more: accuracy, macro_precision, macro_recall, macro_f1, auc. A text says why one is missing. */
  metrics: Record<string, Estimated | string>;
  trust: { level: 'good' | 'doubtful' | 'poor'; reasons: string[] };
  words: string;
}

/**
 * Confidence-based performance estimation, first half: how scores relate to the truth, on rows that the model never trained on. Scores are calibrated by an
 * isotonic curve only where the cross-validated calibration error clearly falls by it.
 */
export function fitCbpe({ labels, scores }: LabelledScores, classes: number): CbpeModel {
  const rows = labels.length;
  if (!Number.isInteger(classes) || classes < 2)
    throw invalid(`classes is ${classes}: a classifier has two or more`, { field: 'classes' });
  if (rows === 0) throw invalid('labels is empty: nothing can be learnt', { field: 'labels' });
  checkScores(scores, rows, classes);
  for (let i = 0; i < rows; i++)
    if (!Number.isInteger(labels[i]) || labels[i]! < 0 || labels[i]! >= classes)
      throw invalid(`labels[${i}] is ${labels[i]}: classes are 0 to ${classes - 1}`, { field: 'labels' });
  const columns = classes === 2 ? [1] : Array.from({ length: classes }, (_one, k) => k);
  const fitted = columns.map((k, at) => {
    const score = Float64Array.from(labels, (_one, i) => scores[i * columns.length + at]!);
    const curve = calibrateIfBetter(
      score,
      Float64Array.from(labels, (one) => Number(one === k)),
    );
    const range: [number, number] = [
      score.reduce((a, b) => Math.min(a, b)),
      score.reduce((a, b) => Math.max(a, b)),
    ];
    return { ...curve, range, doubts: doubtsOf(score, labels, k) };
  });
  return {
    version: 1,
    classes,
    rows,
    curves: fitted.map(({ curve }) => curve),
    calibrationError: Math.max(...fitted.map(({ error }) => error)),
    range: fitted.map(({ range }) => range),
    doubts: fitted.map(({ doubts }) => doubts),
  };
}

/**
 * Second half: the performance of a window without its labels. Each row counts as class k with its calibrated probability; the estimate is the metric of these
 * expected counts. Intervals are of the realised metric: labels are independent draws with these probabilities (Poisson-binomial: exact for accuracy, and
 * for precision of two classes; by its moments for recall and F1; by first-order influence for the rest), widened by what the finite reference does not know of the scores that this window has.
 *
 * It holds where P(label | score) is that of the reference. A change of what the rows mean is not seen by this, nor by anything else that has no labels: `trust`
 * names what speaks against it.
 */
export function estimatePerformance(
  model: CbpeModel,
  scores: ArrayLike<number>,
  options: EstimateOptions = {},
): CbpeResult {
  const { classes } = model;
  const width = classes === 2 ? 1 : classes;
  const n = scores.length / width;
  if (n === 0) {
    const words = 'no predictions in this window: nothing to estimate';
    return { metrics: {}, trust: { level: 'poor', reasons: [words] }, words };
  }
  checkScores(scores, n, classes);
  const chances = calibrated(model, scores, n);
  const said = options.said ?? likeliest(scores, n, classes);
  if (said.length !== n) throw invalid(`said has ${said.length} rows and scores ${n}`, { field: 'said' });
  const metrics: CbpeResult['metrics'] = {};
  const rows: Rows = { n, classes, chances, scores, said };
  const figures = classFigures(rows);
  const spread = (influence: Float64Array): Spread => spreadOf(rows, influence, model.doubts);
  const counted = (of: Float64Array, { widen }: Spread): Estimated => {
    const { mean, low, high } = poissonBinomial(of);
    return stretch({ value: mean / of.length, low: low / of.length, high: high / of.length }, widen);
  };
  const right = Float64Array.from({ length: n }, (_one, i) => chances[i * classes + said[i]!]!);
  const accuracy = counted(right, spread(accuracyInfluence(rows)));
  metrics['accuracy'] = accuracy;
  for (const name of ['precision', 'recall', 'f1'] as const) {
    const { value, influence } = classFigure(rows, figures, name);
    const { error, widen } = spread(influence);
    if (classes > 2) metrics[`macro_${name}`] = around(value, error);
    else if (name === 'precision') {
      const hits = right.filter((_one, i) => said[i] === 1);
      metrics[name] =
        hits.length > 0 ? counted(hits, { error, widen }) : 'no row is predicted to be of class 1';
    } else metrics[name] = ofSums(rows, name === 'f1' ? 2 : 1, widen);
  }
  const auc = expectedAuc(rows);
  metrics['auc'] = typeof auc === 'string' ? auc : around(auc.value, spread(auc.influence).error);
  const trust = trustOf(model, scores, n, options);
  const { value, low, high } = accuracy;
  const points = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const because = trust.reasons.length > 0 ? `: ${trust.reasons.join('; ')}` : '';
  return {
    metrics,
    trust,
    words: `accuracy is estimated at ${points(value)} (${points(low)}–${points(high)}) on ${n} rows without labels, trust ${trust.level}${because}`,
  };
}

function checkScores(scores: ArrayLike<number>, rows: number, classes: number): void {
  const width = classes === 2 ? 1 : classes;
  if (scores.length !== rows * width || !Number.isInteger(rows))
    throw invalid(`scores has ${scores.length} numbers, which are not ${width} a row`, { field: 'scores' });
  for (let i = 0; i < scores.length; i++)
    if (!(scores[i]! >= 0 && scores[i]! <= 1))
      throw invalid(`scores[${i}] is ${scores[i]}: a probability lies in [0, 1]`, { field: 'scores' });
}

/** Probability of each class, row by row, summing to 1. */
function calibrated({ classes, curves }: CbpeModel, scores: ArrayLike<number>, n: number): Float64Array {
  const chances = new Float64Array(n * classes);
  const of = (at: number, score: number): number => (curves[at] ? applyIsotonic(curves[at], score) : score);
  for (let i = 0; i < n; i++) {
    if (classes === 2) {
      const p = of(0, scores[i]!);
      chances[2 * i] = 1 - p;
      chances[2 * i + 1] = p;
      continue;
    }
    let sum = 0;
    for (let k = 0; k < classes; k++) sum += chances[i * classes + k] = of(k, scores[i * classes + k]!);
    for (let k = 0; k < classes; k++)
      chances[i * classes + k] = sum > 0 ? chances[i * classes + k]! / sum : 1 / classes;
  }
  return chances;
}

function likeliest(scores: ArrayLike<number>, n: number, classes: number): Uint32Array {
  return Uint32Array.from({ length: n }, (_one, i) => {
    if (classes === 2) return Number(scores[i]! > 0.5);
    let best = 0;
    for (let k = 1; k < classes; k++) if (scores[i * classes + k]! > scores[i * classes + best]!) best = k;
    return best;
  });
}

function stretch({ value, low, high }: Estimated, times: number): Estimated {
  return {
    value,
    low: Math.max(0, value - (value - low) * times),
    high: Math.min(1, value + (high - value) * times),
  };
}

/**
 * times · H / (fixed + H + L) for hits H = Σ labels of rows predicted positive, and lost L = Σ labels of the others; `fixed` is 0 for recall and for F1 the rows predicted positive. It is
 * at most x where (times − x) H − x L ≤ x · fixed, a sum of independent trials: the ends are where that has its 2.5 and 97.5 %, by mean and variance (Fieller).
 */
function ofSums({ n, chances, said }: Rows, times: 1 | 2, widen: number): Estimated | string {
  let [hits, hitsVariance, lost, lostVariance, positive] = [0, 0, 0, 0, 0];
  for (let i = 0; i < n; i++) {
    const p = chances[2 * i + 1]!;
    if (said[i] === 1) {
      positive++;
      hits += p;
      hitsVariance += p * (1 - p);
    } else {
      lost += p;
      lostVariance += p * (1 - p);
    }
  }
  const fixed = times === 2 ? positive : 0;
  if (fixed + hits + lost === 0) return 'no row is expected to be of class 1';
  const value = (times * hits) / (fixed + hits + lost);
  const below = (x: number): number => {
    const mean = (times - x) * hits - x * lost - x * fixed;
    const deviation = widen * Math.sqrt((times - x) ** 2 * hitsVariance + x * x * lostVariance);
    return deviation > 0 ? -mean / deviation : Math.sign(x - value) * Infinity;
  };
  return {
    value,
    low: Math.min(value, solve(below, -Z95, 0, 1)),
    high: Math.max(value, solve(below, Z95, 0, 1)),
  };
}

const Z95 = 1.959963984540054;

function around(value: number, error: number): Estimated {
  return { value, low: Math.max(0, value - Z95 * error), high: Math.min(1, value + Z95 * error) };
}

function trustOf(
  { calibrationError, range, rows }: CbpeModel,
  scores: ArrayLike<number>,
  n: number,
  { overlapAuc, past = [] }: EstimateOptions,
): CbpeResult['trust'] {
  const reasons: string[] = [];
  let worst = 0;
  const doubt = (grade: 1 | 2, why: string): void => {
    worst = Math.max(worst, grade);
    reasons.push(why);
  };
  const points = (share: number): string => `${(100 * share).toFixed(1)} %`;
  if (rows < 500) doubt(1, `the reference has ${rows} labelled rows only`);
  if (calibrationError > 0.03)
    doubt(calibrationError > 0.1 ? 2 : 1, `scores are off by ${points(calibrationError)} on the reference`);
  let outside = 0;
  const width = range.length;
  for (let i = 0; i < n; i++)
    if (range.some(([low, high], k) => scores[i * width + k]! < low || scores[i * width + k]! > high))
      outside++;
  if (outside / n > 0.02)
    doubt(outside / n > 0.2 ? 2 : 1, `${points(outside / n)} of the scores lie outside of the reference's`);
  if (overlapAuc !== undefined && overlapAuc > 0.8)
    doubt(
      overlapAuc > 0.95 ? 2 : 1,
      `rows can be told from the reference's with an AUC of ${overlapAuc.toFixed(2)}`,
    );
  if (past.length >= 5) {
    const held = past.filter(({ low, high, realised }) => low <= realised && realised <= high).length;
    const off = past.reduce((sum, { value, realised }) => sum + Math.abs(value - realised), 0) / past.length;
    if (held < 0.8 * past.length)
      doubt(
        held < 0.5 * past.length ? 2 : 1,
        `${held} of ${past.length} earlier estimates held, off by ${points(off)} on average`,
      );
  }
  return { level: (['good', 'doubtful', 'poor'] as const)[worst]!, reasons };
}
