import { Type } from 'typebox';
import type { Ctx } from '../platform/ctx/index.ts';
import { job, type JobType } from '../platform/jobs/index.ts';
import { nextTimes } from '../platform/schedule/index.ts';
import { drive } from './drive.ts';
import type { Below, Engine } from './engine.ts';
import { follow } from './follow.ts';
import { advanceSchedule, selectEverySchedule, type ScheduleRow } from './store.ts';
import { requireTurn, selectEveryOpen, type TurnRow } from './store-turns.ts';
import { enqueueTick, NEVER, tick, timetable } from './tick.ts';

/** A schedule whose time is past by so much is not on its way any more. */
const OVERDUE = 2 * 60_000;

/** Both jobs begin anew safely at any point, so their attempts have no end. */
export function createEngine(below: Below): Engine {
  const engine: Engine = {
    ...below,
    turn: job({
      name: 'loop.turn',
      payload: Type.Object({ turn: Type.String() }),
      attempts: 1_000_000,
      concurrency: 8,
      run: (ctx, { turn }, run) => drive(ctx, engine, turn, run),
    }),
    tick: job({
      name: 'loop.tick',
      payload: Type.Object({ loop: Type.String(), schedule: Type.String(), at: Type.Integer() }),
      attempts: 1_000_000,
      concurrency: 8,
      run: (ctx, { loop, schedule, at }, run) =>
        ctx.write(async (tx) => {
          await tick(tx, engine, loop, schedule, at);
          await run.finish(tx);
        }),
    }),
  };
  return engine;
}

/**
 * Looks after what nobody woke: a schedule whose job was lost or whose clock was far ahead for a time, a turn whose event was parked.
 * Everything here is safe to do twice.
 */
export const sweepJob = (engine: Engine): JobType =>
  job({
    name: 'loop.sweep',
    payload: Type.Object({}),
    async run(ctx) {
      for (const schedule of await selectEverySchedule(ctx)) await mend(ctx, engine, schedule);
      for (const turn of await selectEveryOpen(ctx)) await look(ctx, engine, turn);
    },
  });

async function mend(ctx: Ctx, engine: Engine, schedule: ScheduleRow): Promise<void> {
  const now = ctx.clock.now();
  const next = nextTimes(timetable(schedule), now, 1)[0] ?? NEVER;
  if (schedule.next_at > now - OVERDUE && schedule.next_at <= next) return;
  await ctx.as({ workspace: schedule.workspace }).write(async (tx) => {
    // A clock that was ahead has claimed times to come; their turns are there, and they are not claimed twice.
    if (schedule.next_at > next && !(await advanceSchedule(tx, schedule, next))) return;
    await enqueueTick(tx, engine, { ...schedule, next_at: Math.min(schedule.next_at, next) });
  });
}

async function look(
  house: Ctx,
  engine: Engine,
  { id, workspace, state }: Pick<TurnRow, 'id' | 'workspace' | 'state'>,
): Promise<void> {
  await house.as({ workspace }).write(async (tx) => {
    if (state === 'triggered' || state === 'waiting') await tx.enqueue(engine.turn, { turn: id });
    else await follow(tx, engine, await requireTurn(tx, id));
  });
}
