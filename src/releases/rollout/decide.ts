import type { Ctx, Tx } from '../../platform/ctx/index.ts';
import { conflict, TreadleError } from '../../platform/errors/index.ts';
import type { Asked } from '../asked.ts';
import type { Decision } from '../contract.ts';
import type { Engine } from '../engine.ts';
import { move, MOVED } from '../move.ts';
import { requireRelease, type ReleaseRow } from '../store.ts';
import { isLast, withoutHold, type Progress } from './progress.ts';
import { advance, goBack, hold } from './steps.ts';
import { kept, partly, progressOf } from './write.ts';

/**
 * What a person decides about a rollout under way, with the reason. It is done in this very transaction; who drives the release finds
 * it as it now stands.
 */
export async function decide(...asked: Parameters<typeof decideOnce>): Promise<void> {
  for (let tries = 1; ; tries++)
    try {
      return await decideOnce(...asked);
    } catch (error) {
      // Evidence was written between the look and the decision.
      if (!(error instanceof TreadleError && error.code === MOVED && tries < 10)) throw error;
    }
}

async function decideOnce(
  ctx: Ctx,
  engine: Engine,
  id: string,
  { decision, reason }: { decision: Decision; reason: string },
): Promise<void> {
  const row = await requireRelease(ctx, id);
  const progress = underWay(row);
  const found = await engine.serving.find(ctx, row.endpoint!);
  const live = found?.current;
  if (!live || !progress.revisions.includes(live.revision))
    throw conflict(`another revision answers at endpoint '${row.endpoint}', so there is nothing to decide`, {
      field: 'release',
      hint: `look at it with: treadle endpoints ${row.endpoint}`,
    });
  const base = await engine.serving.revision(ctx, row.endpoint!, progress.base);
  const asked = JSON.parse(row.wish) as Asked; // written by this room
  await ctx.write(async (tx) => {
    const ground = { words: reason, by: tx.actor.name };
    switch (decision) {
      case 'promote': {
        const stage = progress.plan.stages.length - 1;
        await advance(tx, engine, row, asked, progress, { ...ground, stage, base, live });
        break;
      }
      case 'rollback':
        await goBack(tx, engine, row, progress, { ...ground, live });
        break;
      case 'hold':
        if (progress.held) throw conflict('this rollout is held already', { field: 'decision' });
        await hold(tx, engine, row, progress, ground);
        break;
      case 'resume':
        await resume(tx, engine, row, progress, ground);
    }
    tx.afterCommit(() => engine.wake(id));
  });
}

function underWay(row: ReleaseRow): Progress {
  if (row.ended_at !== null || row.rollout === null || (row.state !== 'rolling_out' && row.state !== 'held'))
    throw conflict(`this release has no rollout under way: it is ${row.state}`, {
      field: 'release',
      hint: 'list those that have with: treadle releases --state rolling_out, or --state held',
    });
  const progress = progressOf(row);
  if (progress.phase === 'back')
    throw conflict('this rollout is being rolled back already', { field: 'decision' });
  if (isLast(progress, progress.stage))
    throw conflict('this version is getting all requests already', {
      field: 'decision',
      hint: `to take it away again: treadle rollback ${row.endpoint}`,
    });
  return progress;
}

/** On by evidence, with the whole time of a step. */
async function resume(
  tx: Tx,
  engine: Engine,
  row: ReleaseRow,
  progress: Progress,
  { words, by }: { words: string; by: string },
): Promise<void> {
  if (!progress.held)
    throw conflict('this rollout is not held', {
      field: 'decision',
      hint: 'hold it first, or decide otherwise',
    });
  const next: Progress = {
    ...withoutHold(progress),
    since: tx.clock.now(),
    stage_seen: { requests: 0, trial: 0 },
  };
  await move(tx, engine, row, 'rolling_out', {
    ...kept(row, next),
    deployment: partly(row, next),
    note: `${by}: ${words}`,
  });
}
