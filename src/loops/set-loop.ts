import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { newId } from '../platform/ids/index.ts';
import { nextTimes } from '../platform/schedule/index.ts';
import { DEFAULTS, type LoopSettings, type Trigger } from './contract.ts';
import type { Engine } from './engine.ts';
import {
  findLoop,
  insertLoop,
  insertSchedule,
  removeLoop,
  removeSchedule,
  requireLoop,
  selectSchedules,
  updateLoop,
  updateSchedule,
  type LoopRow,
} from './store.ts';
import { enqueueTick, NEVER } from './tick.ts';
import { isScheduled, readTriggers, timetableOf } from './triggers.ts';

/** Makes a loop or changes it; what is set anew the same changes nothing. `declared`: what the file says, where the file says it. */
export async function setLoop(
  ctx: Ctx,
  engine: Engine,
  name: string,
  settings: LoopSettings,
  declared?: string,
): Promise<void> {
  const triggers = readTriggers(settings.triggers);
  await ctx.write(async (tx) => {
    const now = tx.clock.now();
    const before = await findLoop(tx, name);
    const text = JSON.stringify(settings);
    const from_file = declared === undefined ? 0 : 1;
    if (before?.settings === text && before.from_file === from_file && declared === undefined) return;
    const said = {
      pipeline: settings.pipeline,
      endpoint: settings.endpoint ?? null,
      settings: text,
      from_file,
      ...(declared === undefined ? {} : { declared }),
      updated_at: now,
    };
    const row: LoopRow = before
      ? { ...before, ...said }
      : {
          id: newId(now),
          workspace: tx.workspace,
          name,
          model: null,
          state: 'active',
          reason: null,
          state_at: now,
          state_by: tx.actor.name,
          declared: null,
          secret: null,
          rejected: 0,
          failed: 0,
          back_off_until: 0,
          created_at: now,
          created_by: tx.actor.name,
          ...said,
        };
    if (before) await updateLoop(tx, row.id, said);
    else await insertLoop(tx, row);
    await setSchedules(tx, engine, row.id, triggers);
    const resource = `loop:${row.id}`;
    await tx.record({
      action: before ? 'loop.changed' : 'loop.created',
      resource,
      ...(before ? { before: JSON.parse(before.settings) as unknown } : {}),
      after: { name, ...settings },
      edges: before ? [] : [{ from: resource, to: `pipeline:${settings.pipeline}`, relation: 'runs' }],
    });
    await tx.emit({
      type: before ? 'loop.changed' : 'loop.created',
      subject: resource,
      data: { loop: name },
    });
  });
}

/** A schedule that stays keeps its place; one that goes leaves its turns behind, so that it does not claim them again when it comes back. */
async function setSchedules(
  tx: Tx,
  engine: Engine,
  loop_id: string,
  triggers: ReadonlyMap<string, Trigger>,
): Promise<void> {
  const wanted = new Map([...triggers].filter(([, { kind }]) => isScheduled(kind)));
  const held = new Map((await selectSchedules(tx, [loop_id])).map((row) => [row.name, row]));
  for (const row of held.values()) if (!wanted.has(row.name)) await removeSchedule(tx, row);
  for (const [name, trigger] of wanted) {
    const { cron, timeZone } = timetableOf(trigger, 'triggers');
    const catch_up = trigger.catch_up ?? DEFAULTS.catch_up;
    const there = held.get(name);
    if (there) {
      if (there.catch_up !== catch_up) await updateSchedule(tx, there, { catch_up });
      continue;
    }
    const next_at = nextTimes({ cron, timeZone }, tx.clock.now(), 1)[0] ?? NEVER;
    const row = { loop_id, workspace: tx.workspace, name, cron, time_zone: timeZone, catch_up, next_at };
    await insertSchedule(tx, row);
    await enqueueTick(tx, engine, row);
  }
}

export async function deleteLoop(ctx: Ctx, name: string): Promise<void> {
  await ctx.write(async (tx) => {
    const loop = await requireLoop(tx, name);
    await removeLoop(tx, loop.id);
    const resource = `loop:${loop.id}`;
    await tx.record({ action: 'loop.deleted', resource, before: { name, pipeline: loop.pipeline } });
    await tx.emit({ type: 'loop.deleted', subject: resource, data: { loop: name } });
  });
}
