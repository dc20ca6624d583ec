import { t95, through, wilson, type Estimate, type Range, type Spread } from './estimate.ts';
import type { Rows } from './ranking.ts';

/** Counts of (true class, predicted class), row-major. */
export interface Confusion {
  classes: number;
  cells: Float64Array;
  n: number;
  truth: Uint32Array | Uint8Array;
  said: Uint32Array | Uint8Array;
  /** Rows of each true and of each predicted class. */
  trueRows: Float64Array;
  saidRows: Float64Array;
}

export function confusion(
  truth: Uint32Array | Uint8Array,
  said: Uint32Array | Uint8Array,
  classes: number,
): Confusion {
  const cells = new Float64Array(classes * classes);
  const trueRows = new Float64Array(classes);
  const saidRows = new Float64Array(classes);
  for (let i = 0; i < truth.length; i++) {
    cells[truth[i]! * classes + said[i]!]!++;
    trueRows[truth[i]!]!++;
    saidRows[said[i]!]!++;
  }
  return { classes, cells, n: truth.length, truth, said, trueRows, saidRows };
}

/**
 * A figure of the confusion matrix: what one row contributes depends only on its cell, so the error costs no more than the
 * matrix.
 */
export function ofCells(
  name: string,
  value: number,
  matrix: Confusion,
  contribution: (truth: number, said: number) => number,
  rows: Rows,
  how: { range?: Range; method?: string; scale?: 'logit' | 'fisher'; few?: number } = {},
): Estimate {
  const { classes, cells, n, truth, said } = matrix;
  const each = new Float64Array(classes * classes);
  let variance = 0;
  for (let a = 0; a < classes; a++) {
    for (let b = 0; b < classes; b++) {
      const cell = a * classes + b;
      if (cells[cell] === 0) continue;
      each[cell] = contribution(a, b);
      variance += cells[cell]! * each[cell]! ** 2;
    }
  }
  const spread: Spread = {
    counts: true,
    add(into, factor) {
      for (let i = 0; i < truth.length; i++)
        into[rows ? rows[i]! : i]! += factor * each[truth[i]! * classes + said[i]!]!;
    },
  };
  const error = Math.sqrt((variance * n) / Math.max(1, n - 1));
  let { range, method } = how;
  if (!range && how.scale) {
    const [least, most] = how.scale === 'logit' ? [0, 1] : [-1, 1];
    const few = how.few ?? n;
    if (value <= least || value >= most || error === 0) {
      const share = wilson(((value - least) / (most - least)) * few, few);
      range = { low: least + share.low * (most - least), high: least + share.high * (most - least) };
      method = 'Wilson';
    } else {
      range = through(value, error, t95(Math.max(1, few - 1)), how.scale);
      method = how.scale === 'logit' ? 'delta method, on the logit scale' : 'delta method, on Fisher’s scale';
    }
  }
  return { name, value, n, ...range, ...(method === undefined ? {} : { method }), spread };
}

/** Correct rows among all. */
export function accuracy(matrix: Confusion, rows: Rows): Estimate {
  const right = diagonal(matrix);
  const value = right / matrix.n;
  return ofCells('accuracy', value, matrix, (a, b) => (Number(a === b) - value) / matrix.n, rows, {
    range: wilson(right, matrix.n),
    method: 'Wilson',
  });
}

/** Mean recall of the classes. For two classes the interval joins two of Wilson's (Zou and Donner). */
export function balancedAccuracy(matrix: Confusion, rows: Rows): Estimate {
  const { classes, cells, trueRows } = matrix;
  const present = [...trueRows.keys()].filter((k) => trueRows[k]! > 0);
  const recall = Float64Array.from({ length: classes }, (_one, k) =>
    trueRows[k]! > 0 ? cells[k * classes + k]! / trueRows[k]! : 0,
  );
  const value = present.reduce((sum, k) => sum + recall[k]!, 0) / present.length;
  let below = 0;
  let above = 0;
  for (const k of present) {
    const { low, high } = wilson(cells[k * classes + k]!, trueRows[k]!);
    below += (recall[k]! - low) ** 2;
    above += (high - recall[k]!) ** 2;
  }
  return ofCells(
    'balanced_accuracy',
    value,
    matrix,
    (a, b) => (Number(a === b) - recall[a]!) / trueRows[a]! / present.length,
    rows,
    {
      range: {
        low: Math.max(0, value - Math.sqrt(below) / present.length),
        high: Math.min(1, value + Math.sqrt(above) / present.length),
      },
      method: 'Wilson per class, joined',
    },
  );
}

/** Matthews correlation, for any number of classes. 0 where one side has a single class, as scikit-learn says. */
export function matthews(matrix: Confusion, rows: Rows): Estimate {
  const { classes, trueRows, saidRows, n } = matrix;
  const right = diagonal(matrix) / n;
  const t = trueRows.map((one) => one / n);
  const p = saidRows.map((one) => one / n);
  let cross = 0;
  let tt = 0;
  let pp = 0;
  for (let k = 0; k < classes; k++) {
    cross += t[k]! * p[k]!;
    tt += t[k]! ** 2;
    pp += p[k]! ** 2;
  }
  // Counted in whole rows, so that one single class is found exactly.
  const flat = trueRows.some((one) => one === n) || saidRows.some((one) => one === n);
  const root = Math.sqrt((1 - tt) * (1 - pp));
  const value = flat ? 0 : (right - cross) / root;
  const contribution = (a: number, b: number): number =>
    flat
      ? 0
      : ((Number(a === b) - right - (p[a]! + t[b]! - 2 * cross)) / root +
          value * ((p[b]! - pp) / (1 - pp) + (t[a]! - tt) / (1 - tt))) /
        n;
  return ofCells('mcc', value, matrix, contribution, rows, {
    scale: 'fisher',
    few: Math.min(
      n,
      4 * Math.min(...trueRows.filter((one) => one > 0), ...saidRows.filter((one) => one > 0)),
    ),
  });
}

export function diagonal({ cells, classes }: Confusion): number {
  let sum = 0;
  for (let k = 0; k < classes; k++) sum += cells[k * classes + k]!;
  return sum;
}
