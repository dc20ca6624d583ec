import { invalid } from '../errors/index.ts';

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Day = (typeof DAYS)[number];

/** A time of each week: on these days from one time to another, on the next day where that is not later. */
export interface WeeklyWindow {
  days: Day[];
  from: string;
  to: string;
}

const TIME = '([01]\\d|2[0-3]):([0-5]\\d)';
const FORM = new RegExp(`^([a-z,-]+) (${TIME})-(${TIME}|24:00)$`);
const HINT = 'write it as mon-fri 09:00-17:00, or sat,sun 22:00-04:00';

/** `mon-fri 09:00-17:00`. */
export function readWindow(text: string, field = 'windows'): WeeklyWindow {
  const [, said, from, , , to] = FORM.exec(text.trim().toLowerCase()) ?? [];
  if (said === undefined || from === undefined || to === undefined)
    throw invalid(`'${text}' is no window of a week`, { field, hint: HINT });
  const chosen = new Set<Day>();
  for (const part of said.split(',')) {
    const [first = '', last = first, ...more] = part.split('-');
    const [at, end] = [dayOf(first), dayOf(last)];
    if (at < 0 || end < 0 || more.length > 0)
      throw invalid(`'${part}' in '${text}' names no days`, { field, hint: HINT });
    for (let i = at; ; i = (i + 1) % 7) {
      chosen.add(DAYS[i]!);
      if (i === end) break;
    }
  }
  return { days: DAYS.filter((day) => chosen.has(day)), from, to: to === '24:00' ? '00:00' : to };
}

const dayOf = (text: string): number => DAYS.findIndex((day) => day === text);
