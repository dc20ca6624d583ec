import type { Ctx } from '../../platform/ctx/index.ts';
import { outwardMessageOf } from '../../platform/errors/index.ts';
import type { Engine } from '../engine.ts';
import type { ReleaseRow } from '../store.ts';
import { goBack } from './steps.ts';
import { progressOf } from './write.ts';

/** A rollout that cannot go on leaves nothing on trial: whether it is on its way back now. */
export async function leave(ctx: Ctx, engine: Engine, row: ReleaseRow, error: unknown): Promise<boolean> {
  if (row.state !== 'rolling_out' && row.state !== 'held') return false;
  const progress = progressOf(row);
  const live = (await engine.serving.find(ctx, row.endpoint!))?.current;
  const onTrial = live !== undefined && live.revision !== progress.base;
  if (progress.phase === 'back' || !onTrial || !progress.revisions.includes(live.revision)) return false;
  ctx.log.warn('a rollout cannot go on and is rolled back', { release: row.id, error });
  const words = `it could not go on: ${outwardMessageOf(error)}`;
  await ctx.write((tx) => goBack(tx, engine, row, progress, { words, live }));
  return true;
}
