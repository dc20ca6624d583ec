/** A rising curve through knots, straight between them and flat outside; it goes through JSON unchanged. */
export interface Isotonic {
  x: number[];
  y: number[];
}

/** The rising curve that is closest to 0/1 labels in squares: pool adjacent violators. Equal scores are one point. */
export function fitIsotonic(scores: ArrayLike<number>, labels: ArrayLike<number>): Isotonic {
  const order = Array.from(scores, (_one, row) => row).toSorted((a, b) => scores[a]! - scores[b]!);
  const blocks: Array<{ low: number; high: number; rows: number; hits: number }> = [];
  for (const row of order) {
    const score = scores[row]!;
    const last = blocks.at(-1);
    if (last?.high === score && last.low === score) {
      last.rows++;
      last.hits += labels[row]!;
    } else blocks.push({ low: score, high: score, rows: 1, hits: labels[row]! });
  }
  const pooled: typeof blocks = [];
  for (const block of blocks) {
    let now = block;
    for (
      let before = pooled.at(-1);
      before && before.hits * now.rows >= now.hits * before.rows;
      before = pooled.at(-1)
    ) {
      pooled.pop();
      now = { low: before.low, high: now.high, rows: before.rows + now.rows, hits: before.hits + now.hits };
    }
    pooled.push(now);
  }
  const x: number[] = [];
  const y: number[] = [];
  for (const { low, high, rows, hits } of pooled) {
    x.push(low);
    y.push(hits / rows);
    if (high > low) {
      x.push(high);
      y.push(hits / rows);
    }
  }
  return { x, y };
}

export function applyIsotonic({ x, y }: Isotonic, score: number): number {
  const last = x.length - 1;
  if (score <= x[0]!) return y[0]!;
  if (score >= x[last]!) return y[last]!;
  let [low, high] = [0, last];
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (x[middle]! <= score) low = middle;
    else high = middle;
  }
  const part = (score - x[low]!) / (x[high]! - x[low]!);
  return y[low]! + part * (y[high]! - y[low]!);
}

/** Mean distance of probability and truth over ten bins of as many rows each: the expected calibration error. */
export function calibrationError(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  bins = 10,
): number {
  const order = Array.from(probabilities, (_one, row) => row).toSorted(
    (a, b) => probabilities[a]! - probabilities[b]!,
  );
  const n = order.length;
  let error = 0;
  for (let bin = 0; bin < bins; bin++) {
    let gap = 0;
    for (let i = Math.floor((bin * n) / bins); i < Math.floor(((bin + 1) * n) / bins); i++)
      gap += probabilities[order[i]!]! - labels[order[i]!]!;
    error += Math.abs(gap) / n;
  }
  return error;
}

/** Folds of the comparison. */
const FOLDS = 10;
/** Of scores that are right already half of all curves come out better by chance, and each adds its own noise. */
const PAYS = 0.8;

/**
 * A calibrator if it pays: the error of probabilities that were calibrated by the other nine tenths of the rows, beside that of the scores as they are.
 * Row i is in fold i mod 10. Null where calibrating does not lower it by a fifth, or where there are fewer than 100 rows or only one label.
 */
export function calibrateIfBetter(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
): { curve: Isotonic | null; raw: number; calibrated: number | null; error: number } {
  const raw = calibrationError(scores, labels);
  const n = scores.length;
  const hits = Array.from(labels).reduce((sum, one) => sum + one, 0);
  if (n < 100 || hits === 0 || hits === n) return { curve: null, raw, calibrated: null, error: raw };
  const out = new Float64Array(n);
  for (let fold = 0; fold < FOLDS; fold++) {
    const rest = Array.from({ length: n }, (_one, row) => row).filter((row) => row % FOLDS !== fold);
    const curve = fitIsotonic(
      rest.map((row) => scores[row]!),
      rest.map((row) => labels[row]!),
    );
    for (let row = fold; row < n; row += FOLDS) out[row] = applyIsotonic(curve, scores[row]!);
  }
  const calibrated = calibrationError(out, labels);
  return calibrated < PAYS * raw
    ? { curve: fitIsotonic(scores, labels), raw, calibrated, error: calibrated }
    : { curve: null, raw, calibrated, error: raw };
}
