/** Values with their intervals on one line: where each stands, in shares of the width. Pure. */

export interface Marked {
  value: number;
  low?: number | undefined;
  high?: number | undefined;
}

/** A scale that holds all of it with air at both ends; undefined when nothing of it can be drawn. */
export function scaleOf(marks: readonly Marked[]): ((value: number) => number) | undefined {
  const all = marks
    .flatMap(({ value, low, high }) => [value, low, high])
    .filter((value): value is number => value !== undefined && Number.isFinite(value));
  if (all.length === 0) return undefined;
  const from = Math.min(...all);
  const to = Math.max(...all);
  const room = (to - from) * 0.12 || Math.abs(from) * 0.1 || 1;
  const start = from - room;
  const span = to - from + 2 * room;
  return (value) => Math.min(1, Math.max(0, (value - start) / span));
}

export interface RuleSides {
  left: number;
  right: number;
  /** The interval of the left side, as it stands against the bound. */
  low?: number;
  high?: number;
}

/**
 * A rule as a picture: the left value, the bound, and between which values the left one lies at 95 %. The server says the
 * interval of the difference; laid on the bound it reads on the axis of the metric itself.
 */
export function sidesOf(rule: {
  left?: number;
  right?: number;
  difference?: { value: number; low: number; high: number };
}): RuleSides | undefined {
  const { left, right, difference } = rule;
  if (left === undefined || right === undefined || !Number.isFinite(left) || !Number.isFinite(right))
    return undefined;
  return difference === undefined
    ? { left, right }
    : { left, right, low: right + difference.low, high: right + difference.high };
}

/** On which side of the bound a rule holds; undefined where it is not one of these comparisons. */
export function goodSide(rule: string): 'above' | 'below' | undefined {
  const sign = /<=|>=|<|>/.exec(rule)?.[0];
  return sign === undefined ? undefined : sign.startsWith('>') ? 'above' : 'below';
}
