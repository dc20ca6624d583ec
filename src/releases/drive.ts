import type { Ctx } from '../platform/ctx/index.ts';
import { outwardMessageOf, TreadleError } from '../platform/errors/index.ts';
import type { JobRun } from '../platform/jobs/index.ts';
import type { DeployResult, GateResult } from '../pipelines/contract.ts';
import { NEEDS_APPROVAL, NOT_YET } from '../models/index.ts';
import { awaiting, awaitTime, beginAwaiting } from './approval.ts';
import { cancelled } from './cancelled.ts';
import { beginDeploying, deploying } from './deploy.ts';
import type { Engine } from './engine.ts';
import { beginJudging, judge, nameOf } from './judge.ts';
import { move, MOVED } from './move.ts';
import { promote } from './promote.ts';
import type { Asked } from './asked.ts';
import { leave } from './rollout/leave.ts';
import { rolling } from './rollout/rolling.ts';
import { requireRelease, type ReleaseRow } from './store.ts';

/** When what a rollout needs is not there just now, ms. */
const AGAIN = 1_000;

/**
 * Takes a release from where it stands to its end, one stored step after the other. Whatever was cut short begins again at the
 * state in the row: each step either left its transition or left nothing.
 */
export async function drive(ctx: Ctx, id: string, job: JobRun, engine: Engine): Promise<void> {
  const cancel = new AbortController();
  // Before the row is read: a cancel between the two is not lost.
  engine.cancels.set(id, cancel);
  try {
    for (;;) {
      const row = await requireRelease(ctx, id);
      if (row.ended_at !== null) return;
      // A rollout is not cut short, it goes back: what is on trial is never left behind.
      const signal = row.rollout === null ? AbortSignal.any([cancel.signal, job.signal]) : job.signal;
      try {
        if (row.cancel_by !== null) cancel.abort(cancelled());
        signal.throwIfAborted();
        await step(ctx, engine, row, signal);
      } catch (error) {
        // A stop of the server or a lost lease: somebody goes on with it.
        job.signal.throwIfAborted();
        if (error instanceof TreadleError && error.code === MOVED) continue;
        if (error instanceof TreadleError && error.code === NEEDS_APPROVAL && row.rollout === null) {
          await beginAwaiting(ctx, engine, row);
          continue;
        }
        if (error instanceof TreadleError && error.code === NOT_YET && row.rollout === null) {
          await awaitTime(ctx, engine, row, error.message, job.signal);
          continue;
        }
        if (row.rollout !== null && error instanceof TreadleError && error.kind === 'unavailable') {
          await engine.pause(row.id, AGAIN, job.signal);
          continue;
        }
        if (await leave(ctx, engine, row, error)) continue;
        if (row.rollout === null && cancel.signal.aborted) await endCancelled(ctx, engine, row);
        else await endFailed(ctx, engine, row, error);
      }
    }
  } finally {
    engine.cancels.delete(id);
  }
}

async function step(ctx: Ctx, engine: Engine, row: ReleaseRow, signal: AbortSignal): Promise<void> {
  const asked = JSON.parse(row.wish) as Asked; // written by this room
  switch (row.state) {
    case 'requested':
      return asked.gate
        ? beginJudging(ctx, engine, row, asked)
        : beginDeploying(ctx, engine, row, asked, signal);
    case 'judging':
      return judge(ctx, engine, row, asked, signal);
    case 'judged':
      return promote(ctx, engine, row, asked);
    case 'promoted':
      return asked.deploy
        ? beginDeploying(ctx, engine, row, asked, signal)
        : ctx.write((tx) => move(tx, engine, row, 'succeeded'));
    case 'awaiting_approval':
      return awaiting(ctx, engine, row, asked, signal);
    case 'awaiting_time':
      return beginDeploying(ctx, engine, row, asked, signal);
    case 'deploying':
      return deploying(ctx, engine, row, signal);
    case 'rolling_out':
    case 'held':
      return rolling(ctx, engine, row, asked, signal);
    default:
      throw new Error(`a release cannot be ${row.state}`);
  }
}

/** What a cancel cut short shall not look as if it went on; what is done stays done. */
async function endCancelled(ctx: Ctx, engine: Engine, row: ReleaseRow): Promise<void> {
  const { gate, deployment } = partsOf(row);
  const by = (await requireRelease(ctx, row.id)).cancel_by ?? 'somebody';
  const what = row.execution === null ? 'release' : 'execution';
  const ended = { state: 'skipped', ended_at: ctx.clock.now() } as const;
  await ctx.write((tx) =>
    move(
      tx,
      engine,
      row,
      'cancelled',
      {
        ...(gate?.state === 'judging'
          ? { gate: { ...gate, ...ended, problem: `the ${what} was cancelled` } }
          : {}),
        ...(deployment?.state === 'deploying'
          ? {
              deployment: {
                ...deployment,
                ...ended,
                problem: `the ${what} was cancelled meanwhile; the endpoint says what became of the revision`,
              },
            }
          : {}),
      },
      `cancelled by ${by}`,
    ),
  );
}

async function endFailed(ctx: Ctx, engine: Engine, row: ReleaseRow, error: unknown): Promise<void> {
  ctx.log.warn('a release failed', { release: row.id, state: row.state, error });
  const { gate, deployment } = partsOf(row);
  const problem = outwardMessageOf(error);
  const ended = { state: 'failed', problem, ended_at: ctx.clock.now() } as const;
  const judges = row.state === 'judging' || (row.state === 'requested' && gate !== undefined);
  await ctx.write((tx) =>
    move(
      tx,
      engine,
      row,
      'failed',
      {
        ...(gate && judges ? { gate: { ...gate, ...ended } } : {}),
        ...(deployment?.state === 'deploying' || deployment?.state === 'rolling_out'
          ? { deployment: { ...deployment, ...ended } }
          : {}),
      },
      judges
        ? `the gate could not judge ${nameOf(row)}: ${problem}`
        : `${nameOf(row)} could not be released: ${problem}`,
    ),
  );
}

/** As they stand in the row, without the stage that nobody is at any more. */
function partsOf(row: ReleaseRow): { gate: GateResult | undefined; deployment: DeployResult | undefined } {
  const { stage: _judging, ...gate } = JSON.parse(row.gate ?? '{}') as Partial<GateResult>; // written by this room
  const { stage: _deploying, ...deployment } = JSON.parse(row.deployment ?? '{}') as Partial<DeployResult>;
  return {
    gate: row.gate === null ? undefined : (gate as GateResult),
    deployment: row.deployment === null ? undefined : (deployment as DeployResult),
  };
}
