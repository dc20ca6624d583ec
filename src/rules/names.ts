import { DATA_FACTS, METRICS, RUNTIME_FIGURES } from './figures.ts';

/** Words that other libraries use for ours. */
const OTHERS: Readonly<Record<string, string>> = {
  roc_auc: 'auc',
  auroc: 'auc',
  rocauc: 'auc',
  pr_auc: 'average_precision',
  auprc: 'average_precision',
  ap: 'average_precision',
  logloss: 'log_loss',
  cross_entropy: 'log_loss',
  brier_score: 'brier',
  ece: 'calibration_error',
  acc: 'accuracy',
  sensitivity: 'recall',
  tpr: 'recall',
  tnr: 'specificity',
  f1_score: 'f1',
  f1_macro: 'macro_f1',
  f1_weighted: 'weighted_f1',
  cohen_kappa: 'kappa',
  matthews: 'mcc',
  mean_absolute_error: 'mae',
  mean_squared_error: 'mse',
  root_mean_squared_error: 'rmse',
  r_squared: 'r2',
  r2_score: 'r2',
  latency: 'p95_latency_ms',
  latency_ms: 'p95_latency_ms',
  p95: 'p95_latency_ms',
  size: 'size_mb',
  memory: 'memory_mb',
  rows: 'data.rows',
  n: 'data.rows',
};

export const isFigure = (name: string): boolean =>
  Object.hasOwn(METRICS, name) || Object.hasOwn(RUNTIME_FIGURES, name);
export const isDataFact = (name: string): boolean => Object.hasOwn(DATA_FACTS, name);

/** What was probably meant. */
export function suggestFigure(name: string): string {
  const low = name.toLowerCase();
  const other = Object.hasOwn(OTHERS, low) ? OTHERS[low] : undefined;
  const meant =
    other ??
    nearest(low, [...Object.keys(METRICS), ...Object.keys(RUNTIME_FIGURES), 'champion', 'baseline', 'data']);
  return meant === undefined
    ? `metrics are ${Object.keys(METRICS).join(', ')}; of the runtime ${Object.keys(RUNTIME_FIGURES).join(', ')}`
    : `did you mean ${meant}?`;
}

export function suggestFact(name: string): string {
  const meant = nearest(name.toLowerCase(), Object.keys(DATA_FACTS));
  return meant === undefined
    ? `facts of the data are ${Object.entries(DATA_FACTS)
        .map(([fact, column]) => (column === true ? `data.${fact}(column)` : `data.${fact}`))
        .join(', ')}`
    : `did you mean data.${meant}?`;
}

/** The nearest word by edits, when it is near enough to have been meant. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const one of known) {
    const edits = distance(word, one, least);
    if (edits < least) [best, least] = [one, edits];
  }
  return best;
}

/** Edits between two words (a swap of neighbours counts once), or `most` when there are as many. */
function distance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) >= most) return most;
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_one, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      let cost = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, before[j - 2]! + 1);
      next.push(cost);
    }
    [before, row] = [row, next];
  }
  return Math.min(most, row[b.length]!);
}
