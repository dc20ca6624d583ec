import { Cron } from 'croner';
import type { Ctx, Tx } from '../ctx/index.ts';
import { invalid, messageOf } from '../errors/index.ts';
import { newId } from '../ids/index.ts';
import type { Schedule } from './job.ts';
import { checkPayload } from './payload.ts';
import {
  advanceSchedule,
  deleteSchedule,
  insertJob,
  selectDueSchedules,
  selectSchedule,
  upsertSchedule,
  type ScheduleRow,
} from './store.ts';

/** A tick later than this was missed: the server was down. */
const LATE = 60_000;
const MOST = 1_000;
/** Never: the expression names no day that exists. */
const NEVER = Number.MAX_SAFE_INTEGER;

/**
 * Sets or changes a schedule of the workspace. One that is set again unchanged keeps its place, so that ticks missed in
 * between are still caught up. The engine sees a new schedule within five seconds.
 */
export async function setSchedule<P extends object>(tx: Tx, schedule: Schedule<P>): Promise<void> {
  const { name, type, cron, timeZone = 'UTC', catchUp = 'last' } = schedule;
  checkPayload(type, schedule.payload);
  const next = nextTick(cron, timeZone, tx.clock.now());
  const row = {
    workspace: tx.workspace,
    name,
    type: type.name,
    payload: JSON.stringify(schedule.payload),
    cron,
    time_zone: timeZone,
    catch_up: catchUp,
  };
  const held = await selectSchedule(tx, name);
  const same = held?.cron === cron && held.time_zone === timeZone;
  await upsertSchedule(tx, { ...row, next_at: same ? held.next_at : next });
}

/** False when there was none. */
export const removeSchedule = (tx: Tx, name: string): Promise<boolean> => deleteSchedule(tx, name);

/** Enqueues a job for each tick that is due. `(schedule, nominal time)` is the job's unique key, so no tick fires twice. */
export async function fireDue(ctx: Ctx, fired: (type: string) => void): Promise<void> {
  const now = ctx.clock.now();
  for (const row of await selectDueSchedules(ctx, now)) {
    const ticks = dueTicks(row, now);
    const next = nextTick(row.cron, row.time_zone, now);
    await ctx.as({ workspace: row.workspace }).write(async (tx) => {
      if (!(await advanceSchedule(tx, row, next))) return;
      for (const tick of ticks) {
        await insertJob(tx, {
          id: newId(now),
          type: row.type,
          payload: row.payload,
          run_at: now,
          unique_key: `schedule:${row.name}:${tick}`,
          scheduled_for: tick,
        });
      }
      if (ticks.length > 0) tx.afterCommit(() => fired(row.type));
    });
  }
}

/** The nominal times that fire now, oldest first, by the catch-up policy. */
export function dueTicks(
  row: Pick<ScheduleRow, 'cron' | 'time_zone' | 'catch_up' | 'next_at'>,
  now: number,
): number[] {
  const cron = parse(row.cron, row.time_zone);
  const since = (most: number): number[] =>
    cron
      .previousRuns(most, new Date(now + 1_000))
      .map((date) => date.getTime())
      .filter((tick) => tick >= row.next_at && tick <= now)
      .toReversed();
  if (row.catch_up === 'all') {
    for (let most = 16; ; most = Math.min(MOST, most * 4)) {
      const ticks = since(most);
      if (ticks.length < most - 1 || most === MOST) return ticks;
    }
  }
  const last = since(2).slice(-1);
  return row.catch_up === 'none' ? last.filter((tick) => now - tick <= LATE) : last;
}

export function nextTick(cron: string, timeZone: string, after: number): number {
  const parsed = parse(cron, timeZone);
  return parsed.nextRun(new Date(after))?.getTime() ?? NEVER;
}

function parse(cron: string, timeZone: string): Cron {
  // What is known of time zones takes a tenth of a start to load; the house's own schedules are in UTC and need none of it.
  const utc = timeZone === 'UTC';
  try {
    if (!utc) new Intl.DateTimeFormat('en', { timeZone });
  } catch {
    throw invalid(`'${timeZone}' is not a time zone`, {
      field: 'timeZone',
      hint: 'use an IANA name such as Europe/Berlin',
    });
  }
  try {
    return new Cron(cron, { ...(utc ? { utcOffset: 0 } : { timezone: timeZone }), paused: true });
  } catch (error) {
    throw invalid(`'${cron}' is not a cron expression: ${messageOf(error).replace(/^CronPattern: /, '')}`, {
      field: 'cron',
      hint: "five fields: minute, hour, day of month, month, day of week, such as '0 3 * * *'",
    });
  }
}
