import type { Ctx, Tx } from '../../platform/ctx/index.ts';
import { TreadleError } from '../../platform/errors/index.ts';
import { medianOf } from '../../platform/mathematics/index.ts';
import type { Engine } from '../engine.ts';
import { MOVED } from '../move.ts';
import { requireRelease, selectUnderWayAt } from '../store.ts';
import { withLosses } from './look.ts';
import type { Progress } from './progress.ts';
import { keepTaken, progressOf } from './write.ts';

/** A rollout under way, as whoever knows outcomes must know it. */
export interface RollingOut {
  release: string;
  /** Numbers of its revisions so far, in which both sides answered. */
  revisions: number[];
  /** No prediction of it is older. */
  began: number;
  /** Outcomes that arrived up to this time are known already. */
  until: number;
}

/** Losses of predictions whose first outcome arrived after the last `until` and up to this one. */
export interface Losses {
  until: number;
  /** `absolute`: of numbers, without an upper end; the first of them say what is large. */
  kind: 'bounded' | 'absolute';
  /** By revision: within one, who asked was drawn at random. */
  of: ReadonlyArray<{ revision: number; primary: readonly number[]; canary: readonly number[] }>;
}

/** Errors from which it is learnt what a large one is. */
const LEARNT = 20;

export async function rollingOut(ctx: Ctx, endpoint: string): Promise<RollingOut[]> {
  return (await selectUnderWayAt(ctx, endpoint)).flatMap((row) => {
    const { phase, revisions, losses_until: until = row.created_at } = progressOf(row);
    if (phase === 'back') return [];
    return [{ release: row.id, revisions: revisions.slice(1), began: row.created_at, until }];
  });
}

/**
 * Takes losses into the evidence, together with until when they are known: what is told again is not counted, and so much is false. What
 * follows from it is seen at the next look.
 */
export async function addLosses(tx: Tx, engine: Engine, id: string, losses: Losses): Promise<boolean> {
  const row = await requireRelease(tx, id);
  if (row.ended_at !== null || row.rollout === null) return false;
  const before = progressOf(row);
  if (before.phase === 'back' || losses.until <= (before.losses_until ?? row.created_at)) return false;
  let progress: Progress = { ...before, losses_until: losses.until };
  const bounded = boundedBy(losses, before.loss_scale);
  if (bounded === undefined) {
    const errors = losses.of.flatMap(({ primary }) => primary);
    if (errors.length < LEARNT) return false;
    // A scale must be known before what is measured by it: these are no evidence.
    progress = { ...progress, loss_scale: Math.max(1e-12, medianOf(errors.toSorted((a, b) => a - b))) };
  } else
    for (const { primary, canary } of losses.of)
      progress = withLosses(progress, { primary: primary.map(bounded), trial: canary.map(bounded) });
  try {
    await keepTaken(tx, engine, row, progress);
  } catch (error) {
    if (error instanceof TreadleError && error.code === MOVED) return false;
    throw error;
  }
  tx.afterCommit(() => engine.wake(id));
  return true;
}

/** How a loss is brought to [0, 1]; undefined where it is not known yet. */
function boundedBy({ kind }: Losses, scale: number | undefined): ((loss: number) => number) | undefined {
  if (kind === 'bounded') return (loss) => Math.min(1, Math.max(0, loss));
  return scale === undefined ? undefined : (loss) => loss / (loss + scale);
}
