import type { Ctx } from '../platform/ctx/index.ts';
import { conflict } from '../platform/errors/index.ts';
import { newId } from '../platform/ids/index.ts';
import type { Engine } from './engine.ts';
import { fire } from './fire.ts';
import { lookAgain, moveLoop } from './move.ts';
import { requireLoop, updateLoop } from './store.ts';

/** What people do with a loop. */

/** Returns the id of the turn. */
export function runLoop(
  ctx: Ctx,
  engine: Engine,
  name: string,
  { reason, dry_run, force }: { reason: string; dry_run?: boolean; force?: boolean },
): Promise<string> {
  return ctx.write(async (tx) => {
    const loop = await requireLoop(tx, name);
    const id = await fire(tx, engine, loop, {
      trigger: 'manual',
      kind: 'manual',
      occurrence: newId(tx.clock.now()),
      cause: reason,
      ...(dry_run === undefined ? {} : { dry_run }),
      ...(force === undefined ? {} : { force }),
    });
    return id!; // the occurrence is new
  });
}

export async function pauseLoop(ctx: Ctx, name: string, reason: string): Promise<void> {
  await ctx.write(async (tx) => {
    const loop = await requireLoop(tx, name);
    if (loop.state === 'paused')
      throw conflict(`loop '${name}' is paused already`, {
        field: 'loop',
        hint: `by ${loop.state_by}: ${loop.reason ?? 'no reason was given'}`,
      });
    await moveLoop(tx, loop, 'paused', reason);
  });
}

/** What was counted in a row begins anew: somebody has looked. */
export async function resumeLoop(
  ctx: Ctx,
  engine: Engine,
  name: string,
  reason: string | undefined,
): Promise<void> {
  await ctx.write(async (tx) => {
    const loop = await requireLoop(tx, name);
    if (loop.state === 'active')
      throw conflict(`loop '${name}' is active`, { field: 'loop', hint: 'there is nothing to resume' });
    await updateLoop(tx, loop.id, { rejected: 0, failed: 0, back_off_until: 0 });
    await moveLoop(tx, loop, 'active', reason ?? null);
    await lookAgain(tx, engine, loop.id);
  });
}
