import type { RunRow } from '../../../src/tracking/contract.ts';

/** Which metrics stand in the table of versions: those that most of their runs have, without what was only sampled. Pure. */
export function metricColumns(runs: readonly Pick<RunRow, 'metrics'>[], most = 6): string[] {
  const counts = new Map<string, number>();
  for (const { metrics } of runs)
    for (const key of Object.keys(metrics))
      if (!key.startsWith('system/')) counts.set(key, (counts.get(key) ?? 0) + 1);
  return [...counts]
    .toSorted(([a, countA], [b, countB]) => countB - countA || a.localeCompare(b))
    .slice(0, most)
    .map(([key]) => key)
    .toSorted((a, b) => a.localeCompare(b));
}

/** What the API says for numbers that JSON has not. */
export function toNumber(value: unknown): number | undefined {
  return typeof value === 'number'
    ? value
    : value === 'NaN'
      ? NaN
      : value === 'Infinity'
        ? Infinity
        : value === '-Infinity'
          ? -Infinity
          : undefined;
}
