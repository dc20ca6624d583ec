import { invalid } from '../errors/index.ts';
import { nextTimes } from './times.ts';
import { readTimetable } from './timetable.ts';

/** A time in which nothing comes, and why. */
export interface FrozenTime {
  from: number;
  to: number;
  why: string;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/**
 * `2026-12-20/2027-01-03 holidays`: from, to, and why. Days and clocks are those of the zone, unless the time says its own; the last day is
 * one of the freeze.
 */
export function readFreeze(text: string, zone = 'UTC'): FrozenTime {
  const [, from = '', to = '', why = ''] = /^(\S+?)\/(\S+)\s+(.+)$/.exec(text.trim()) ?? [];
  const [begins, ends] = [momentOf(from, zone, 0), momentOf(to, zone, 1)];
  if (begins === undefined || ends === undefined)
    throw invalid(`'${text}' is no freeze`, {
      field: 'freeze',
      hint: "write it as '2026-12-20/2027-01-03 holidays': the first day, the last day, and why; or with times, 2026-12-20T18:00",
    });
  if (begins >= ends)
    throw invalid(`'${text}' ends before it begins`, { field: 'freeze', hint: 'swap the two times' });
  return { from: begins, to: ends, why };
}

/** When a day, or what stands so many days behind it, begins in a zone, or when its clocks show a time; undefined where there is no such day. */
function momentOf(text: string, zone: string, later: number): number | undefined {
  const [, date, clock, rest = ''] =
    /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2})(?::\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?$/.exec(text) ?? [];
  if (date === undefined) return undefined;
  const day = Date.parse(date);
  if (Number.isNaN(day) || new Date(day).toISOString().slice(0, 10) !== date) return undefined;
  if (rest !== '') {
    const at = Date.parse(text);
    return Number.isNaN(at) ? undefined : at;
  }
  const wanted = new Date(clock === undefined ? day + later * DAY : day);
  const [hour = 0, minute = 0] = (clock ?? '00:00').split(':').map(Number);
  if (hour > 23 || minute > 59) return undefined;
  // Clocks of no zone are further away from UTC than this, and none shows the day twice in it.
  const table = readTimetable(`${minute} ${hour} ${wanted.getUTCDate()} ${wanted.getUTCMonth() + 1} *`, zone);
  return nextTimes(table, wanted.getTime() - 2 * DAY, 1)[0];
}
