/** p-values in order; null where there was nothing to test, which counts as no test. */
export type PValues = readonly (number | null)[];

/** Adjusted for the chance of any false alarm, under any dependence: p · k. */
export const bonferroni = (p: PValues): (number | null)[] =>
  adjusted(p, (one, _rank, tests) => one * tests, 'none');

/** The same, never weaker than Bonferroni: the i-th smallest p · (k − i + 1), in order (Holm, 1979). */
export const holm = (p: PValues): (number | null)[] =>
  adjusted(p, (one, rank, tests) => one * (tests - rank + 1), 'upwards');

/**
 * Adjusted for the share of false alarms among alarms: the i-th smallest p · k / i, in order (Benjamini and Hochberg, 1995). For independent or positively
 * dependent tests.
 */
export const benjaminiHochberg = (p: PValues): (number | null)[] =>
  adjusted(p, (one, rank, tests) => one * (tests / rank), 'downwards');

/** `rank` counts from 1, the smallest p. An adjusted p is no smaller than those of smaller ranks: kept up from below, or down from above. */
function adjusted(
  p: PValues,
  factor: (one: number, rank: number, tests: number) => number,
  keep: 'none' | 'upwards' | 'downwards',
): (number | null)[] {
  const order = [...p.keys()].filter((i) => p[i] !== null).toSorted((a, b) => p[a]! - p[b]!);
  const found = p.map((): number | null => null);
  const values = order.map((i, at) => Math.min(1, factor(p[i]!, at + 1, order.length)));
  if (keep === 'upwards')
    for (let at = 1; at < values.length; at++) values[at] = Math.max(values[at]!, values[at - 1]!);
  if (keep === 'downwards')
    for (let at = values.length - 2; at >= 0; at--) values[at] = Math.min(values[at]!, values[at + 1]!);
  for (const [at, i] of order.entries()) found[i] = values[at]!;
  return found;
}
