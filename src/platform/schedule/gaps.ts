import { cronOfTable, type Timetable } from './timetable.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** Clocks of a zone that changes go forward once in this. */
const YEAR = 370 * DAY;

/**
 * The first day after `after`, and before `until`, whose every run lies in the time that clocks leave out when they go forward: the moment
 * at which they do, when it runs instead.
 */
export function emptyDayAfter(table: Timetable, after: number, until: number): number | undefined {
  // A single fixed time moves by itself.
  if (table.timeZone === 'UTC' || /^\d+ \d+ /.test(table.cron)) return undefined;
  const offset = offsetsOf(table.timeZone);
  const end = Math.min(until, after + YEAR);
  // A day earlier: its own first run may be what is asked for.
  for (let day = after - DAY; day < end; day += DAY) {
    const forward = offset(day + DAY) - offset(day);
    if (forward <= 0) continue;
    const moment = changeWithin(offset, day, day + DAY);
    if (moment > after && moment < until && isEmpty(table, moment, moment + offset(moment - 1), forward))
      return moment;
  }
  return undefined;
}

/** `wall`: the first minute that is left out, as clocks of the place would have shown it. */
function isEmpty(table: Timetable, moment: number, wall: number, forward: number): boolean {
  const meant = cronOfTable(table, true).nextRun(new Date(wall - 1));
  if (!meant || meant.getTime() >= wall + forward) return false;
  const midnight = Math.floor(wall / DAY) * DAY;
  const begins = moment - (wall - midnight);
  const ends = moment + (midnight + DAY - (wall + forward));
  const run = cronOfTable(table).nextRun(new Date(begins - 1));
  return !run || run.getTime() >= ends;
}

/** Milliseconds that clocks of a zone are ahead of UTC. */
function offsetsOf(timeZone: string): (at: number) => number {
  const format = new Intl.DateTimeFormat('en', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  });
  return (at) => {
    const part = Object.fromEntries(
      format.formatToParts(new Date(at)).map(({ type, value }) => [type, Number(value)]),
    );
    const wall = Date.UTC(part['year']!, part['month']! - 1, part['day'], part['hour'], part['minute']);
    return wall - Math.floor(at / MINUTE) * MINUTE;
  };
}

function changeWithin(offset: (at: number) => number, from: number, to: number): number {
  let low = Math.floor(from / MINUTE);
  let high = Math.ceil(to / MINUTE);
  const before = offset(low * MINUTE);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offset(middle * MINUTE) === before) low = middle;
    else high = middle;
  }
  return high * MINUTE;
}
