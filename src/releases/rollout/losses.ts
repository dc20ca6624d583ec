import type { Ctx, Tx } from '../../platform/ctx/index.ts';
import type { Engine } from '../engine.ts';
import { MOVED } from '../move.ts';
import { requireRelease, selectUnderWayAt } from '../store.ts';
import { TreadleError } from '../../platform/errors/index.ts';
import { withLosses } from './look.ts';
import { stageOf } from './progress.ts';
import { keepTaken, progressOf } from './write.ts';

/** A rollout that outcomes can say something of. */
export interface RollingOut {
  release: string;
  endpoint: string;
  /** The revision that answers, by its number. */
  revision: number;
  /** When it began to be watched in this step: predictions from then on count. */
  since: number;
  /** Outcomes up to this time are known already. */
  until: number;
}

/** Losses of predictions of one revision, each in [0, 1], of outcomes that arrived until `until`. */
export interface Losses {
  revision: number;
  primary: readonly number[];
  canary: readonly number[];
  until: number;
}

export async function rollingOut(ctx: Ctx, endpoint?: string): Promise<RollingOut[]> {
  return (await selectUnderWayAt(ctx, endpoint)).flatMap((row) => {
    const progress = progressOf(row);
    if (progress.phase !== 'watching' || stageOf(progress).role !== 'canary') return [];
    const { since, losses_until: until = since, revisions } = progress;
    return [{ release: row.id, endpoint: row.endpoint!, revision: revisions.at(-1)!, since, until }];
  });
}

/**
 * Takes losses into the evidence, together with until when they are known: whatever is told again, or was meant for another step, is
 * not counted. What follows from it is seen at the next look.
 */
export async function addLosses(tx: Tx, engine: Engine, id: string, batch: Losses): Promise<boolean> {
  const row = await requireRelease(tx, id);
  if (row.ended_at !== null || row.rollout === null) return false;
  const progress = progressOf(row);
  const { losses_until: until = progress.since, revisions, phase } = progress;
  if (phase !== 'watching' || revisions.at(-1) !== batch.revision || batch.until <= until) return false;
  const next = withLosses(progress, { primary: batch.primary, trial: batch.canary });
  try {
    await keepTaken(tx, engine, row, { ...next, losses_until: batch.until });
  } catch (error) {
    if (error instanceof TreadleError && error.code === MOVED) return false;
    throw error;
  }
  tx.afterCommit(() => engine.wake(id));
  return true;
}
