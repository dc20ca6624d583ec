import { emptyDayAfter } from './gaps.ts';
import { cronOfTable, type Timetable } from './timetable.ts';

/** The next `most` times after a moment; fewer where there are no more. */
export function nextTimes(table: Timetable, after: number, most: number): number[] {
  const cron = cronOfTable(table);
  const times: number[] = [];
  for (let last = after; times.length < most;) {
    const own = cron.nextRun(new Date(last))?.getTime();
    const next = emptyDayAfter(table, last, own ?? Infinity) ?? own;
    if (next === undefined) break;
    times.push(next);
    last = next;
  }
  return times;
}

/** The newest `most` times of `[from, to]`, oldest first. */
export function timesWithin(table: Timetable, from: number, to: number, most: number): number[] {
  // After a long sleep of a schedule of minutes, not every one of them is looked at.
  const oldest = cronOfTable(table)
    .previousRuns(most + 1, new Date(to + 1_000))
    .at(-1)
    ?.getTime();
  let times: number[] = [];
  for (let last = Math.max(from, oldest ?? from) - 1; ;) {
    const some = nextTimes(table, last, 100);
    const within = some.filter((time) => time <= to);
    times = [...times, ...within].slice(-most);
    if (within.length < 100) return times;
    last = within.at(-1)!;
  }
}

/** What a person should know before such a schedule is saved. */
export function doubtsOf(table: Timetable, now: number): string[] {
  const doubts: string[] = [];
  const [next] = nextTimes(table, now, 1);
  if (next === undefined) return ['it never runs: no such day exists'];
  const [, , day = '*', month = '*', weekday = '*'] = table.cron.split(' ');
  if (next - now > 366 * 86_400_000) doubts.push('it does not run within the next year');
  if (month === '*' && /^(29|30|31)$/.test(day))
    doubts.push(`months without a ${day}th are left out; L is the last day of each`.replace('31th', '31st'));
  if (day !== '*' && weekday !== '*')
    doubts.push('it names days of the month and days of the week, and runs on either');
  const empty = emptyDayAfter(table, now, now + 366 * 86_400_000);
  if (empty !== undefined)
    doubts.push(
      `on ${new Date(empty).toISOString().slice(0, 10)} clocks of ${table.timeZone} go forward past all its times: it runs once instead, at ${new Date(empty).toISOString().slice(11, 16)} UTC`,
    );
  return doubts;
}
