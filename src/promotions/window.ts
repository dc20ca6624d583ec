import { DAYS, nextTimes, type Day } from '../platform/schedule/index.ts';
import { moment } from '../platform/words/index.ts';
import type { Freeze, Window } from './contract.ts';

/** When versions may come: a pure function of the terms and the time. */

export interface Opening {
  windows: readonly Window[];
  time_zone: string;
  freezes: readonly Freeze[];
}

export type Openness = { open: true } | { open: false; why: string; at: number | undefined };

const MINUTE = 60_000;
/** Freezes and windows that are looked through for the next opening. */
const STEPS = 200;

export function openness(terms: Opening, now: number): Openness {
  const freeze = frozenAt(terms, now);
  if (!freeze && within(terms, now)) return { open: true };
  const at = nextOpening(terms, now);
  const opens = at === undefined ? 'and no window opens again' : `until ${moment(at)}`;
  return {
    open: false,
    at,
    why: freeze ? `it is frozen (${freeze.why}) ${opens}` : `no window is open ${opens}`,
  };
}

const frozenAt = ({ freezes }: Opening, at: number): Freeze | undefined =>
  freezes.find(({ from, to }) => from <= at && at < to);

function nextOpening(terms: Opening, now: number): number | undefined {
  let at = now;
  for (let step = 0; step < STEPS; step++) {
    const freeze = frozenAt(terms, at);
    if (freeze) {
      at = freeze.to;
      continue;
    }
    if (within(terms, at)) return at;
    const begins = terms.windows.flatMap((window) => nextTimes(beginOf(window, terms.time_zone), at, 1));
    if (begins.length === 0) return undefined;
    at = Math.min(...begins);
  }
  return undefined;
}

const minutesOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));

const beginOf = ({ days, from }: Window, timeZone: string) => ({
  cron: `${Number(from.slice(3))} ${Number(from.slice(0, 2))} * * ${days.join(',')}`,
  timeZone,
});

/** Whether a window is open; where there is none, it always is. */
function within({ windows, time_zone }: Opening, at: number): boolean {
  if (windows.length === 0) return true;
  const { day, minute } = localTime(at, time_zone);
  const yesterday = DAYS[(DAYS.indexOf(day) + 6) % 7]!;
  return windows.some(({ days, from, to }) => {
    const [begin, end] = [minutesOf(from), minutesOf(to)];
    if (begin < end) return days.includes(day) && begin <= minute && minute < end;
    return (days.includes(day) && begin <= minute) || (days.includes(yesterday) && minute < end);
  });
}

const formats = new Map<string, Intl.DateTimeFormat>();

function localTime(at: number, timeZone: string): { day: Day; minute: number } {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en', {
      timeZone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    formats.set(timeZone, format);
  }
  const parts = new Map(
    format.formatToParts(Math.floor(at / MINUTE) * MINUTE).map((one) => [one.type, one.value]),
  );
  const name = parts.get('weekday')!.toLowerCase();
  return {
    day: DAYS.find((day) => day === name) ?? 'mon',
    minute: Number(parts.get('hour')) * 60 + Number(parts.get('minute')),
  };
}
