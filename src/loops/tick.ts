import type { Tx } from '../platform/ctx/index.ts';
import { nextTimes, timesWithin, type Timetable } from '../platform/schedule/index.ts';
import { moment } from '../platform/words/index.ts';
import type { Engine } from './engine.ts';
import { fire } from './fire.ts';
import { move } from './move.ts';
import { advanceSchedule, findLoopById, findSchedule, type LoopRow, type ScheduleRow } from './store.ts';
import { requireTurn } from './store-turns.ts';

/** A time that is claimed later than this was missed: no server ran. */
const LATE = 5 * 60_000;
/** Of missed times that are each made up for, the newest so many. */
const MOST = 1_000;
/** Nothing comes after it. */
export const NEVER = Number.MAX_SAFE_INTEGER;

export const timetable = ({ cron, time_zone }: Pick<ScheduleRow, 'cron' | 'time_zone'>): Timetable => ({
  cron,
  timeZone: time_zone,
});

/**
 * Claims what of a schedule is due: a turn for each time that the policy makes up for, the next time, and the job of that, in one
 * transaction. A time is claimed by the key of its turn, so that a crash, a clock that goes back or a second server make none twice.
 */
export async function tick(tx: Tx, engine: Engine, loopId: string, name: string, at: number): Promise<void> {
  const [loop, schedule] = [await findLoopById(tx, loopId), await findSchedule(tx, loopId, name)];
  if (!loop || !schedule) return;
  const now = tx.clock.now();
  if (schedule.next_at > now) {
    // Another has claimed it, with the job of the next; or the clock has gone back since this one was woken.
    if (schedule.next_at === at) await enqueueTick(tx, engine, schedule);
    return;
  }
  const table = timetable(schedule);
  const due = timesWithin(table, schedule.next_at, now, schedule.catch_up === 'all' ? MOST : 2);
  const next = nextTimes(table, now, 1)[0] ?? NEVER;
  if (!(await advanceSchedule(tx, schedule, next))) return;
  await enqueueTick(tx, engine, { ...schedule, next_at: next });
  const last = due.at(-1);
  if (last === undefined) return;
  if (schedule.catch_up === 'all') for (const time of due) await claim(tx, engine, loop, schedule, time, '');
  else await claim(tx, engine, loop, schedule, last, due.length > 1 ? MISSED_BEFORE : '');
}

const MISSED_BEFORE = '; earlier ones were missed, and only the last is made up for';

async function claim(
  tx: Tx,
  engine: Engine,
  loop: LoopRow,
  schedule: ScheduleRow,
  time: number,
  more: string,
): Promise<void> {
  const id = await fire(tx, engine, loop, {
    trigger: schedule.name,
    kind: schedule.name.slice(0, schedule.name.indexOf(' ')),
    occurrence: String(time),
    planned_for: time,
    cause: `it is ${moment(time)}${more}`,
  });
  if (id === undefined || schedule.catch_up !== 'none' || tx.clock.now() - time <= LATE) return;
  await move(tx, engine, await requireTurn(tx, id), 'skipped', {
    code: 'missed',
    reason: `no server ran at ${moment(time)}, and catch_up: none makes up for nothing`,
  });
}

export async function enqueueTick(
  tx: Tx,
  engine: Engine,
  { loop_id, name, next_at }: Pick<ScheduleRow, 'loop_id' | 'name' | 'next_at'>,
): Promise<void> {
  if (next_at === NEVER) return;
  await tx.enqueue(engine.tick, { loop: loop_id, schedule: name, at: next_at }, { runAt: next_at });
}
