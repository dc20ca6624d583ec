/** Rows grouped by equal score, in ascending order of score. */
export interface Ranked {
  /** The group of each row. */
  group: Uint32Array;
  /** Per group: rows with label 1, and with label 0. */
  positive: Float64Array;
  negative: Float64Array;
  groups: number;
  positives: number;
  negatives: number;
}

/** Sorts numbers natively, which is far quicker than sorting rows by a comparator; a row finds its group by halving. */
export function rank(label: Uint8Array, score: Float64Array): Ranked {
  const sorted = Float64Array.from(score).toSorted();
  let groups = 0;
  for (let i = 0; i < sorted.length; i++)
    if (i === 0 || sorted[i] !== sorted[groups - 1]) sorted[groups++] = sorted[i]!;
  const group = new Uint32Array(score.length);
  const positive = new Float64Array(groups);
  const negative = new Float64Array(groups);
  let positives = 0;
  for (let row = 0; row < score.length; row++) {
    const value = score[row]!;
    let low = 0;
    let high = groups - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sorted[middle]! < value) low = middle + 1;
      else high = middle;
    }
    group[row] = low;
    if (label[row] === 1) {
      positive[low]!++;
      positives++;
    } else negative[low]!++;
  }
  return { group, positive, negative, groups, positives, negatives: score.length - positives };
}
