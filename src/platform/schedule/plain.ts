import { invalid } from '../errors/index.ts';

/** Schedules as people say them, with an example of each. */
export const PLAIN = { daily: '03:00', weekly: 'Mon 03:00', monthly: '1 03:00' } as const;
export type Plain = keyof typeof PLAIN;

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** `weekly`, `Mon 03:00` → `0 3 * * 1`. */
export function cronOf(every: Plain, at: string, field: string): string {
  const [, day, hour, minute] = /^(?:(\S+) +)?(\d{1,2}):(\d{2})$/.exec(at.trim()) ?? [];
  const time = `${Number(minute)} ${Number(hour)}`;
  const isTime = hour !== undefined && Number(hour) < 24 && Number(minute) < 60;
  if (every === 'daily' && isTime && day === undefined) return `${time} * * *`;
  if (every === 'weekly' && isTime && day !== undefined) {
    const weekday = DAYS.indexOf(day.slice(0, 3).toLowerCase());
    if (weekday >= 0) return `${time} * * ${weekday}`;
  }
  if (every === 'monthly' && isTime && day !== undefined) {
    if (day.toLowerCase() === 'last') return `${time} L * *`;
    if (/^\d{1,2}$/.test(day) && Number(day) >= 1 && Number(day) <= 28) return `${time} ${Number(day)} * *`;
  }
  throw invalid(`'${at}' is no ${every} time`, {
    field,
    hint:
      every === 'monthly'
        ? `write it as '${PLAIN.monthly}', a day from 1 to 28, or as 'last 03:00': not every month has a 29th`
        : `write it as '${PLAIN[every]}'`,
  });
}

/** The last word of a time in five fields may be one of these, and no zone is called so. */
const NO_ZONE = /^(sun|mon|tue|wed|thu|fri|sat)(day|sday|nesday|rsday|urday)?$/i;

/** `03:00 Europe/Berlin` → when, and where: the time zone is the last word, where it is one of letters. */
export function whenOf(text: string): { at: string; time_zone?: string } {
  const [, at, time_zone] = /^(.*\S)\s+([A-Za-z]+(?:\/[\w+/-]+)?)$/.exec(text.trim()) ?? [];
  return at === undefined || time_zone === undefined || NO_ZONE.test(time_zone)
    ? { at: text.trim() }
    : { at, time_zone };
}
