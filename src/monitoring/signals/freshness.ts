import type { Signal } from '../contract.ts';

/** Windows that say how old the newest row usually is. */
const FEWEST = 5;

/** How old the newest row is when the window ends, against the windows before: traffic has nights, and their ends. */
export function freshnessOf(
  newest: number,
  { from, to }: { from: number; to: number },
  usual: readonly number[],
  /** How many times fewer predictions are recorded than in these, 1 or more. */
  fewer = 1,
): Signal {
  const age = to - newest;
  const most = Math.max(1, fewer) * Math.max(0, ...usual);
  const old = usual.length >= FEWEST && age > 2 * most + (to - from) / 20;
  return {
    signal: 'freshness',
    value: age,
    state: old ? 'alert' : 'ok',
    reason: `the newest row came ${duration(age)} before the window ended${old ? `; in the ${usual.length} windows before, ${duration(most)} at most` : ''}`,
    evidence: { newest, usual: most, windows: usual.length },
  };
}

/** For people. */
export function duration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 90) return `${Number(seconds.toPrecision(2))} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 2 * 86_400) return `${Number((seconds / 3600).toPrecision(2))} h`;
  return `${Number((seconds / 86_400).toPrecision(2))} days`;
}
