import type { Encoded } from './encode.ts';

/** Log-odds that a row is of now and not of before, at equal shares of both. */
export interface Classifier {
  before: Float64Array;
  now: Float64Array;
}

const ROUNDS = 120;
const STEP = 1;
/** Pulls weights to nothing: bins with few rows say little. */
const RIDGE = 2;
/** No row is worth more than so many others. */
const MOST = Math.log(50);

/**
 * Logistic regression on the bins of all columns, fitted on rows with an even place and told of those with an odd one, and the other way round: so no
 * row is told by what learnt it. Gradient steps by bin, in the order of rows; nothing is random.
 */
export function classify(columns: readonly Encoded[], rows: { before: number; now: number }): Classifier {
  const out = { before: new Float64Array(rows.before), now: new Float64Array(rows.now) };
  for (const half of [0, 1]) {
    const model = fit(columns, rows, half);
    for (const side of ['before', 'now'] as const)
      for (let row = 1 - half; row < rows[side]; row += 2)
        out[side][row] = Math.max(-MOST, Math.min(MOST, model(side, row)));
  }
  return out;
}

function fit(
  columns: readonly Encoded[],
  rows: { before: number; now: number },
  half: number,
): (side: 'before' | 'now', row: number) => number {
  const weights = columns.map(({ bins }) => new Float64Array(bins));
  let bias = 0;
  const score = (side: 'before' | 'now', row: number): number => {
    let sum = bias;
    for (let c = 0; c < columns.length; c++) sum += weights[c]![columns[c]![side][row]!]!;
    return sum;
  };
  // Both sides count the same, however many rows they have.
  const each = { before: 0.5 / Math.max(1, rows.before / 2), now: 0.5 / Math.max(1, rows.now / 2) };
  const rate = STEP / Math.max(1, Math.sqrt(columns.length));
  for (let round = 0; round < ROUNDS; round++) {
    const gradients = columns.map(({ bins }) => new Float64Array(bins));
    let down = 0;
    for (const side of ['before', 'now'] as const)
      for (let row = half; row < rows[side]; row += 2) {
        const wrong = each[side] * (1 / (1 + Math.exp(-score(side, row))) - (side === 'now' ? 1 : 0));
        down += wrong;
        for (let c = 0; c < columns.length; c++) gradients[c]![columns[c]![side][row]!]! += wrong;
      }
    bias -= rate * down * 4;
    gradients.forEach((gradient, c) => {
      const own = weights[c]!;
      for (let bin = 0; bin < own.length; bin++)
        own[bin]! -= rate * 4 * (gradient[bin]! + (RIDGE * own[bin]!) / (rows.before + rows.now));
    });
  }
  return score;
}

/** How well log-odds tell the sides apart: the chance that a row of now has more than one of before. */
export function aucOf({ before, now }: Classifier): number {
  const all = [
    ...Array.from(before, (odds) => ({ odds, is: 0 })),
    ...Array.from(now, (odds) => ({ odds, is: 1 })),
  ].toSorted((a, b) => a.odds - b.odds);
  let ranks = 0;
  for (let from = 0; from < all.length;) {
    let to = from;
    while (to < all.length && all[to]!.odds === all[from]!.odds) to++;
    const rank = (from + to + 1) / 2;
    for (let i = from; i < to; i++) ranks += all[i]!.is * rank;
    from = to;
  }
  return (ranks - (now.length * (now.length + 1)) / 2) / (now.length * before.length);
}
