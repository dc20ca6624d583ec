import type { LiveMinute } from '../../../src/serving/contract.ts';

/** The stored minutes of an endpoint. Pure. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** The server tells of so much at once. */
const DAY = 24 * HOUR;

export const SPANS = {
  hour: { label: 'hour', ms: HOUR },
  quarter: { label: '6 hours', ms: 6 * HOUR },
  day: { label: 'day', ms: DAY },
  week: { label: '7 days', ms: 7 * DAY },
} as const;
export type Span = keyof typeof SPANS;

/** The span as questions that the server answers, oldest first. */
export function pieces(now: number, span: Span): { from: number; to: number }[] {
  // The server takes whole minutes: what begins within one would be told twice. The minute that goes on is one of them.
  const to = Math.floor(now / MINUTE) * MINUTE + MINUTE;
  const found = [];
  for (let from = to - SPANS[span].ms; from < to; from += DAY)
    found.push({ from, to: Math.min(to, from + DAY) });
  return found;
}

/** Minutes that the server left out, because nothing was asked in them, between the first and the last. */
export function everyMinute(minutes: readonly LiveMinute[]): LiveMinute[] {
  const all: LiveMinute[] = [];
  for (const minute of minutes) {
    const last = all.at(-1);
    // The ends of a gap are enough for a line to lie at zero between them.
    if (last && minute.at - last.at > MINUTE) {
      all.push({ at: last.at + MINUTE, variants: [] });
      if (minute.at - last.at > 2 * MINUTE) all.push({ at: minute.at - MINUTE, variants: [] });
    }
    all.push(minute);
  }
  return all;
}
