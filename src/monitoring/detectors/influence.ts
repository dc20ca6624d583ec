/** A window with the chance of each class for each row. */
export interface Rows {
  n: number;
  classes: number;
  /** Calibrated, a row after the other. */
  chances: Float64Array;
  /** Raw: of two classes of class 1 alone. */
  scores: ArrayLike<number>;
  said: ArrayLike<number>;
}

/** Bins of one class's scores with as many rows of the reference each: their upper ends, and the variance of the share of the class in each. */
export interface Doubts {
  ends: number[];
  variances: number[];
}

export function doubtsOf(scores: Float64Array, labels: ArrayLike<number>, of: number): Doubts {
  const order = Array.from(scores, (_one, row) => row).toSorted((a, b) => scores[a]! - scores[b]!);
  const n = order.length;
  const bins = Math.max(1, Math.min(20, Math.floor(n / 25)));
  const ends: number[] = [];
  const variances: number[] = [];
  for (let bin = 0; bin < bins; bin++) {
    const rows = order.slice(Math.floor((bin * n) / bins), Math.floor(((bin + 1) * n) / bins));
    // One row more of each side: a bin that is pure is not known exactly.
    const share = (rows.filter((row) => labels[row] === of).length + 1) / (rows.length + 2);
    ends.push(scores[rows.at(-1)!]!);
    variances.push((share * (1 - share)) / rows.length);
  }
  return { ends, variances };
}

export interface Spread {
  /** Standard error of the metric that will be realised. */
  error: number;
  /** How many times that is what the labels alone would give. */
  widen: number;
}

/**
 * The error of a metric to first order, from what each row adds to it by each label that it may have. Two parts: labels are drawn with their chances; and the
 * chances were learnt from so many rows of the reference with such scores.
 */
export function spreadOf(
  { n, classes, chances, scores }: Rows,
  influence: Float64Array,
  doubts: readonly Doubts[],
): Spread {
  const width = doubts.length;
  const slopes = doubts.map(({ ends }) => new Float64Array(ends.length));
  let drawn = 0;
  for (let i = 0; i < n; i++) {
    let mean = 0;
    let square = 0;
    for (let k = 0; k < classes; k++) {
      const one = influence[i * classes + k]!;
      mean += chances[i * classes + k]! * one;
      square += chances[i * classes + k]! * one * one;
    }
    drawn += Math.max(0, square - mean * mean);
    for (let at = 0; at < width; at++) {
      // Of two classes one chance moves against the other; of more the rest makes room.
      const slope =
        width === 1 ? influence[2 * i + 1]! - influence[2 * i]! : influence[i * classes + at]! - mean;
      slopes[at]![binOf(doubts[at]!.ends, scores[i * width + at]!)]! += slope;
    }
  }
  let learnt = 0;
  slopes.forEach((own, at) =>
    own.forEach((slope, bin) => (learnt += slope * slope * doubts[at]!.variances[bin]!)),
  );
  return { error: Math.sqrt(drawn + learnt), widen: drawn > 0 ? Math.sqrt(1 + learnt / drawn) : 1 };
}

function binOf(ends: readonly number[], score: number): number {
  let low = 0;
  let high = ends.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ends[middle]! < score) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function accuracyInfluence({ n, classes, said }: Rows): Float64Array {
  const influence = new Float64Array(n * classes);
  for (let i = 0; i < n; i++) influence[i * classes + said[i]!] = 1 / n;
  return influence;
}

/** Expected hits of each class, rows predicted so, rows expected to be so. */
export interface ClassFigures {
  hits: Float64Array;
  said: Float64Array;
  truth: Float64Array;
}

export function classFigures({ n, classes, chances, said }: Rows): ClassFigures {
  const figures = {
    hits: new Float64Array(classes),
    said: new Float64Array(classes),
    truth: new Float64Array(classes),
  };
  for (let i = 0; i < n; i++) {
    figures.said[said[i]!]!++;
    figures.hits[said[i]!]! += chances[i * classes + said[i]!]!;
    for (let k = 0; k < classes; k++) figures.truth[k]! += chances[i * classes + k]!;
  }
  return figures;
}

/** Precision, recall or F1: of two classes that of class 1, of more the mean over those that occur on either side. */
export function classFigure(
  { n, classes, said }: Rows,
  { hits, said: rows, truth }: ClassFigures,
  name: 'precision' | 'recall' | 'f1',
): { value: number; influence: Float64Array } {
  const ratio = (a: number, b: number): number => (b > 0 ? a / b : 0);
  const occurs = [...hits.keys()].filter((k) => (classes > 2 || k === 1) && rows[k]! + truth[k]! > 0);
  const influence = new Float64Array(n * classes);
  let value = 0;
  for (const k of occurs) {
    // times · hits / below, of which a label adds `times` above if it is a hit, and `grows` below.
    const [times, below, grows] = {
      precision: [1, rows[k]!, 0] as const,
      recall: [1, truth[k]!, 1] as const,
      f1: [2, rows[k]! + truth[k]!, 1] as const,
    }[name];
    const own = ratio(times * hits[k]!, below);
    value += own / occurs.length;
    for (let i = 0; i < n; i++)
      influence[i * classes + k] = ratio(times * Number(said[i] === k) - own * grows, below) / occurs.length;
  }
  return { value, influence };
}

/** AUC of expected counts; of more than two classes the mean of each against the rest. Rows are ranked by their raw scores, as the realised AUC is. */
export function expectedAuc({
  n,
  classes,
  chances,
  scores,
}: Rows): { value: number; influence: Float64Array } | string {
  const columns = classes === 2 ? [1] : Array.from({ length: classes }, (_one, k) => k);
  const width = columns.length;
  const influence = new Float64Array(n * classes);
  let value = 0;
  for (const [at, k] of columns.entries()) {
    const order = Array.from({ length: n }, (_one, i) => i).toSorted(
      (a, b) => scores[a * width + at]! - scores[b * width + at]!,
    );
    const positives = order.reduce((sum, i) => sum + chances[i * classes + k]!, 0);
    const negatives = n - positives;
    if (!(positives > 0 && negatives > 0)) return `all rows are expected to be on one side of class ${k}`;
    let pairs = 0;
    let negativesBelow = 0;
    let positivesBelow = 0;
    const own = new Float64Array(n);
    for (let from = 0; from < n;) {
      const score = scores[order[from]! * width + at];
      let to = from;
      let p = 0;
      while (to < n && scores[order[to]! * width + at] === score) p += chances[order[to++]! * classes + k]!;
      const q = to - from - p;
      pairs += p * (negativesBelow + q / 2);
      // A row that turns from 0 to 1 wins the negatives below it, and the positives above it win no longer.
      for (let i = from; i < to; i++)
        own[order[i]!] = negativesBelow + q / 2 - (positives - positivesBelow - p / 2);
      negativesBelow += q;
      positivesBelow += p;
      from = to;
    }
    const auc = pairs / (positives * negatives);
    value += auc / width;
    for (let i = 0; i < n; i++)
      influence[i * classes + k]! +=
        (own[i]! - auc * (negatives - positives)) / (positives * negatives) / width;
  }
  return { value, influence };
}
