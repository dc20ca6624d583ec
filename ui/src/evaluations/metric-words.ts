import type { MetricValue } from '../../../src/validation/contract.ts';
import { formatNumber } from '../kit/format.ts';

/** How metrics are named, ordered and read. Pure. */

const LOWER = /(^|_)(loss|log_loss|logloss|brier|error|mse|rmse|mae|mape|ece|deviance|latency|ms|bytes)($|_)/;

export function lowerIsBetter(name: string): boolean {
  return LOWER.test(name);
}

/** Named by the words that the field uses; others as they are. */
const WORDS: Record<string, string> = {
  auc: 'AUC',
  average_precision: 'average precision',
  log_loss: 'log loss',
  f1: 'F1',
  mcc: 'MCC',
  mae: 'MAE',
  mse: 'MSE',
  rmse: 'RMSE',
  r2: 'R²',
  mape: 'MAPE',
  balanced_accuracy: 'balanced accuracy',
};
export function metricWord(name: string): string {
  return WORDS[name] ?? name.replaceAll('_', ' ');
}

/** `0.6712 (0.6603 to 0.6821)`; as many places as the interval is wide, two figures of it. */
export function intervalWords({ low, high }: Pick<MetricValue, 'low' | 'high'>): string | undefined {
  if (low === undefined || high === undefined || low === high) return undefined;
  return `${formatNumber(low, 4)} to ${formatNumber(high, 4)}`;
}

/** What a rule came to, without the rule itself: that stands beside it. */
export function reasonWords({ rule, reason }: { rule: string; reason: string }): string {
  return reason.startsWith(`${rule}: `) ? reason.slice(rule.length + 2) : reason;
}

export interface MetricRow {
  name: string;
  own?: MetricValue;
  champion?: MetricValue;
  baseline?: MetricValue;
}

/** One row a metric, in the order of the candidate's own. */
export function metricRows(
  own: readonly MetricValue[],
  champion: readonly MetricValue[] = [],
  baseline: readonly MetricValue[] = [],
): MetricRow[] {
  const names = [...new Set([...own, ...champion, ...baseline].map(({ name }) => name))];
  const pick = (all: readonly MetricValue[], name: string) => all.find((one) => one.name === name);
  return names.map((name) => {
    const row: MetricRow = { name };
    const [a, b, c] = [pick(own, name), pick(champion, name), pick(baseline, name)];
    if (a) row.own = a;
    if (b) row.champion = b;
    if (c) row.baseline = c;
    return row;
  });
}
