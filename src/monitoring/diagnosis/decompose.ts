import type { LossParts } from './questions.ts';

export interface Judged {
  /** Loss of a row, NaN where it has no outcome. */
  loss: Float64Array;
  /** Its outcome, as one of few kinds; −1 where it has none. */
  label: Int32Array;
  /** Log-odds that such a row is of now. */
  odds: Float64Array;
}

const FEW = 30;

/**
 * What the change of the mean loss is made of. The rows of before are weighted by how much likelier they are now (covariate mix), by how much more frequent
 * their outcome is now (label shift), and by both; each part is the mean of what it adds alone and what it adds after the other, so neither
 * profits from being asked first. What both leave unexplained is concept: equal rows come out otherwise.
 */
export function decompose(before: Judged, now: Judged): LossParts | undefined {
  const [old, fresh] = [judgedRows(before), judgedRows(now)];
  if (old.length < FEW || fresh.length < FEW) return undefined;
  const mean = (of: Judged, rows: readonly number[], weight: (row: number) => number = () => 1): number => {
    let [sum, all] = [0, 0];
    for (const row of rows) {
      const w = weight(row);
      sum += w * of.loss[row]!;
      all += w;
    }
    return all === 0 ? NaN : sum / all;
  };
  const byMix = (row: number): number => Math.exp(before.odds[row]!);
  const sharesNow = labelShares(now, fresh, () => 1);
  const ratio = (weights: (row: number) => number): ((row: number) => number) => {
    const was = labelShares(before, old, weights);
    return (row) => {
      const label = before.label[row]!;
      return Math.min(50, (sharesNow.get(label) ?? 0) / (was.get(label) ?? Infinity));
    };
  };
  const byLabel = ratio(() => 1);
  const afterMix = ratio(byMix);
  const none = mean(before, old);
  const mixed = mean(before, old, byMix);
  const labelled = mean(before, old, byLabel);
  const both = mean(before, old, (row) => byMix(row) * afterMix(row));
  const last = mean(now, fresh);
  const weights = old.map(byMix);
  const sum = weights.reduce((all, w) => all + w, 0);
  return {
    before: none,
    now: last,
    mix: (mixed - none + both - labelled) / 2,
    labels: (labelled - none + both - mixed) / 2,
    concept: last - both,
    rows_before: old.length,
    rows_now: fresh.length,
    effective: (sum * sum) / weights.reduce((all, w) => all + w * w, 0),
  };
}

const judgedRows = ({ loss }: Judged): number[] =>
  Array.from(loss.keys()).filter((row) => Number.isFinite(loss[row]!));

function labelShares(
  { label }: Judged,
  rows: readonly number[],
  weight: (row: number) => number,
): Map<number, number> {
  const shares = new Map<number, number>();
  let all = 0;
  for (const row of rows) {
    const w = weight(row);
    shares.set(label[row]!, (shares.get(label[row]!) ?? 0) + w);
    all += w;
  }
  for (const [kind, sum] of shares) shares.set(kind, sum / all);
  return shares;
}

/** What the change of one column alone would have done to the mean of a figure. */
export function effectOf(
  figure: Float64Array,
  bins: Uint8Array,
  { before, now }: { before: Float64Array; now: Float64Array },
): number | undefined {
  let [sum, all, plain, rows] = [0, 0, 0, 0];
  figure.forEach((value, row) => {
    if (!Number.isFinite(value)) return;
    const w = now[bins[row]!]! / before[bins[row]!]!;
    sum += w * value;
    all += w;
    plain += value;
    rows++;
  });
  return rows < FEW || all === 0 ? undefined : sum / all - plain / rows;
}
