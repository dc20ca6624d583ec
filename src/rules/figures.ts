/** What is learnt from labels. */
export type Task = 'binary' | 'multiclass' | 'regression';

/** What a metric is: which tasks have it, which way is good, and whether it lies between fixed bounds. */
export interface MetricKind {
  tasks: readonly Task[];
  better: 'higher' | 'lower';
  /** 0–1 or −1–1: there a hundredth means the same everywhere. */
  bounded: boolean;
}

const kind = (better: MetricKind['better'], bounded: boolean, ...tasks: readonly Task[]): MetricKind => ({
  tasks,
  better,
  bounded,
});

/** Every metric, in the order that people read them. Names and definitions are scikit-learn's. */
export const METRICS: Readonly<Record<string, MetricKind>> = {
  auc: kind('higher', true, 'binary', 'multiclass'),
  average_precision: kind('higher', true, 'binary'),
  log_loss: kind('lower', false, 'binary', 'multiclass'),
  brier: kind('lower', true, 'binary'),
  calibration_error: kind('lower', true, 'binary'),
  accuracy: kind('higher', true, 'binary', 'multiclass'),
  balanced_accuracy: kind('higher', true, 'binary', 'multiclass'),
  precision: kind('higher', true, 'binary'),
  recall: kind('higher', true, 'binary'),
  specificity: kind('higher', true, 'binary'),
  f1: kind('higher', true, 'binary'),
  mcc: kind('higher', true, 'binary', 'multiclass'),
  macro_f1: kind('higher', true, 'multiclass'),
  macro_precision: kind('higher', true, 'multiclass'),
  macro_recall: kind('higher', true, 'multiclass'),
  weighted_f1: kind('higher', true, 'multiclass'),
  weighted_precision: kind('higher', true, 'multiclass'),
  weighted_recall: kind('higher', true, 'multiclass'),
  kappa: kind('higher', true, 'multiclass'),
  mae: kind('lower', false, 'regression'),
  rmse: kind('lower', false, 'regression'),
  mse: kind('lower', false, 'regression'),
  r2: kind('higher', true, 'regression'),
  mape: kind('lower', false, 'regression'),
  median_ae: kind('lower', false, 'regression'),
  max_error: kind('lower', false, 'regression'),
};

/** Figures of a model that are not computed from labels. */
export const RUNTIME_FIGURES: Readonly<Record<string, string>> = {
  p50_latency_ms: 'median time of one row',
  p95_latency_ms: '95 % of single rows are answered within it',
  p99_latency_ms: '99 % of single rows are answered within it',
  size_mb: 'all files of the model, in units of 1,000,000 bytes',
  memory_mb: 'what the loaded model holds in memory, in units of 1,000,000 bytes',
  online_difference: 'largest difference between scores of one batch and row by row',
};

/** Facts of the gate’s data; `true` where a column is named in parentheses, `maybe` where one can be. */
export const DATA_FACTS: Readonly<Record<string, boolean | 'maybe'>> = {
  rows: false,
  columns: false,
  classes: false,
  positive_share: false,
  min_class_rows: false,
  missing: 'maybe',
  distinct: true,
  min: true,
  max: true,
  mean: true,
};
