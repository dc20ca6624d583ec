import { t95, through, wilson, Z95, type Estimate, type Range, type Spread } from './estimate.ts';
import type { Ranked } from './rank.ts';

/** Where the rows of a part lie in the gate's data; undefined when the part is all of it. */
export type Rows = Uint32Array | undefined;

/** Area under the ROC curve with DeLong's interval. */
export function auc(ranked: Ranked, label: Uint8Array, rows: Rows): Estimate {
  const { positive, negative, groups, positives, negatives, group } = ranked;
  // Placement of a group: the share of the other class that lies below it, ties counting half.
  const ofPositive = new Float64Array(groups);
  const ofNegative = new Float64Array(groups);
  let positivesBelow = 0;
  let negativesBelow = 0;
  // Counted in whole and half pairs, so that perfect separation is 1 exactly.
  let pairs = 0;
  for (let g = 0; g < groups; g++) {
    ofPositive[g] = (negativesBelow + negative[g]! / 2) / negatives;
    ofNegative[g] = 1 - (positivesBelow + positive[g]! / 2) / positives;
    pairs += positive[g]! * (negativesBelow + negative[g]! / 2);
    positivesBelow += positive[g]!;
    negativesBelow += negative[g]!;
  }
  const value = pairs / (positives * negatives);
  // DeLong divides each class's sum of squares by its own count less one.
  const p = positives > 1 ? 1 / Math.sqrt(positives * (positives - 1)) : 1;
  const q = negatives > 1 ? 1 / Math.sqrt(negatives * (negatives - 1)) : 1;
  let variance = 0;
  for (let g = 0; g < groups; g++) {
    variance += positive[g]! * ((ofPositive[g]! - value) * p) ** 2;
    variance += negative[g]! * ((ofNegative[g]! - value) * q) ** 2;
  }
  const spread: Spread = {
    add(into, factor) {
      for (let i = 0; i < group.length; i++) {
        const g = group[i]!;
        into[rows ? rows[i]! : i]! +=
          factor * (label[i] === 1 ? (ofPositive[g]! - value) * p : (ofNegative[g]! - value) * q);
      }
    },
  };
  const few = Math.min(positives, negatives);
  return {
    name: 'auc',
    value,
    n: group.length,
    ...aucRange(value, Math.sqrt(variance), few),
    method: 'DeLong, on the logit scale',
    // Of constant scores it is exactly one half, whatever the rows are.
    ...(groups > 1 ? { spread } : {}),
  };
}

/** Perfect separation has no spread to measure: there as many pairs as the smaller class has rows are counted as a proportion. */
export function aucRange(value: number, error: number, few: number): Range {
  if (value <= 0 || value >= 1) return wilson(value * few, few);
  if (error === 0) return { low: value, high: value };
  return through(value, error, t95(Math.max(1, 2 * few - 2)), 'logit');
}

/** Average precision: the sum of precision over the steps of recall. */
export function averagePrecision(ranked: Ranked, label: Uint8Array, rows: Rows): Estimate {
  const { positive, negative, groups, positives, group } = ranked;
  const precision = new Float64Array(groups);
  const all = new Float64Array(groups);
  const hits = new Float64Array(groups);
  let above = 0;
  let hitsAbove = 0;
  let value = 0;
  for (let g = groups - 1; g >= 0; g--) {
    above += positive[g]! + negative[g]!;
    hitsAbove += positive[g]!;
    all[g] = above;
    hits[g] = hitsAbove;
    precision[g] = hitsAbove / above;
    value += positive[g]! * precision[g]!;
  }
  value /= positives;
  // A row at g takes part in the precision of every positive at or below g: two running sums say how much.
  const own = new Float64Array(groups);
  const other = new Float64Array(groups);
  let gains = 0;
  let losses = 0;
  for (let g = 0; g < groups; g++) {
    gains += positive[g]! / all[g]!;
    losses += (positive[g]! * hits[g]!) / all[g]! ** 2;
    own[g] = (precision[g]! - value + gains - losses) / positives;
    other[g] = -losses / positives;
  }
  let variance = 0;
  for (let g = 0; g < groups; g++) variance += positive[g]! * own[g]! ** 2 + negative[g]! * other[g]! ** 2;
  const spread: Spread = {
    add(into, factor) {
      for (let i = 0; i < group.length; i++)
        into[rows ? rows[i]! : i]! += factor * (label[i] === 1 ? own[group[i]!]! : other[group[i]!]!);
    },
  };
  const error = Math.sqrt(variance);
  const range =
    value <= 0 || value >= 1
      ? wilson(value * positives, positives)
      : through(value, error, positives > 1 ? t95(positives - 1) : Z95 * 2, 'logit');
  return {
    name: 'average_precision',
    value,
    n: group.length,
    ...(groups > 1 ? range : {}),
    ...(groups > 1 ? { method: 'infinitesimal jackknife, on the logit scale', spread } : {}),
  };
}
