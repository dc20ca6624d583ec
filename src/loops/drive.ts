import { createHash } from 'node:crypto';
import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { conflict, outwardMessageOf, TreadleError } from '../platform/errors/index.ts';
import type { JobRun } from '../platform/jobs/index.ts';
import { canonical } from '../platform/json/index.ts';
import type { Retrain } from '../pipelines/index.ts';
import { decide, heldBy, UNDER_WAY, type Decision } from './decide.ts';
import type { Engine } from './engine.ts';
import { follow } from './follow.ts';
import { move, MOVED } from './move.ts';
import { PERIODS, settingsOf } from './settings.ts';
import { findLoopById, updateLoop, type LoopRow } from './store.ts';
import { findFlight, findTurn, selectStarts, selectWaiting, type TurnRow } from './store-turns.ts';

/** A turn that waits for something of which nothing may be heard is looked at again after this, ms. */
const LOOK_AGAIN = 10 * 60_000;
/** One that has waited for so long is given up. */
const LONGEST_WAIT = 30 * 86_400_000;

/**
 * Takes a turn from where it stands as far as it gets: to an end, to where it waits, or to the execution that it starts. Whatever was
 * cut short begins again at the state in the row.
 */
export async function drive(ctx: Ctx, engine: Engine, id: string, run: JobRun): Promise<void> {
  for (;;) {
    const turn = await findTurn(ctx, id);
    const loop = turn && (await findLoopById(ctx, turn.loop_id));
    if (!turn || !loop || turn.ended_at !== null) return ctx.write((tx) => run.finish(tx));
    if (turn.execution !== null)
      return ctx.write(async (tx) => {
        await follow(tx, engine, turn);
        await run.finish(tx);
      });
    try {
      return await consider(ctx, engine, loop, turn, run);
    } catch (error) {
      run.signal.throwIfAborted();
      if (!(error instanceof TreadleError)) throw error;
      // Another took this turn on, or began a training, at the same moment: it is looked at as it stands now.
      if (error.code === MOVED || error.code === RACED) continue;
      if (error.kind === 'unavailable' || error.code === 'lease-lost') throw error;
      const reason = `it could not begin: ${outwardMessageOf(error)}${error.hint === undefined ? '' : `; ${error.hint}`}`;
      return ctx.write(async (tx) => {
        await move(tx, engine, turn, 'failed', { reason });
        await run.finish(tx);
      });
    }
  }
}

/** Code of the error of a start that came second, and of a turn that waits for what is over. */
const RACED = 'turn-raced';

async function consider(ctx: Ctx, engine: Engine, loop: LoopRow, turn: TurnRow, run: JobRun): Promise<void> {
  const settings = settingsOf(loop);
  const commit =
    turn.kind === 'push' ? turn.occurrence.slice(turn.occurrence.lastIndexOf(':') + 1) : undefined;
  const retrain = await engine.pipelines.prepare(ctx, loop.pipeline, {
    ...(settings.params ? { params: settings.params } : {}),
    commit,
  });
  if (!retrain) return end(await nothingToRun(ctx, engine, loop, turn, commit));
  const endpoint = loop.endpoint ?? retrain.endpoint;
  const model = retrain.model ?? loop.pipeline;
  const now = ctx.clock.now();
  const alerts = endpoint === undefined ? [] : await engine.monitoring.openAlerts(ctx, endpoint);
  const dataAlert = alerts.find(({ cause, state }) => cause === 'data' && state !== 'pending');
  const since = now - Math.max(PERIODS[settings.budget.per], settings.cooldown_ms);
  const decision = decide({
    now,
    kind: turn.kind,
    dryRun: turn.dry_run === 1,
    force: turn.force === 1,
    loop,
    guards: settings,
    over: overOf(turn, alerts, now),
    dataAlert: dataAlert?.summary,
    underWay: await underWay(ctx, engine, loop, model),
    starts: await selectStarts(ctx, loop.id, since),
    trainedBefore: await engine.pipelines.trainedBefore(ctx, retrain),
    would: wordsOf(retrain),
  });
  const about = { model, key: keyOf(turn, retrain) };
  if (!decision.go) return end(decision, about);
  const began = engine.pipelines.start(ctx, retrain, async (tx, execution) => {
    // Two that were let through at the same moment: the second one's transaction sees the first.
    if (await findFlight(tx, model)) throw conflict(`a training of ${model} has just begun`, { code: RACED });
    await move(tx, engine, turn, 'training', {
      ...about,
      flight: model,
      execution: execution.id,
      execution_number: execution.number,
      started_at: tx.clock.now(),
      code: null,
      reason: null,
      note: wordsOf(retrain),
      edges: [{ from: '', to: `execution:${execution.id}`, relation: 'started' }],
    });
    await updateLoop(tx, loop.id, {
      model: retrain.model ?? null,
      ...(loop.endpoint === null ? { endpoint: endpoint ?? null } : {}),
    });
    await run.finish(tx);
  });
  await began.catch(async (error: unknown) => {
    // On PostgreSQL the second one does not see the first, and fails at the index that lets one of them be.
    const second = error instanceof TreadleError && error.kind === 'conflict' && error.code !== MOVED;
    if (second && (await findFlight(ctx, model))) throw conflict(error.message, { code: RACED });
    throw error;
  });

  async function end(
    decision: Exclude<Decision, { go: true }>,
    about: { model?: string; key?: string } = {},
  ): Promise<void> {
    const { state, reason, code = null } = decision;
    await ctx.write(async (tx) => {
      // What held it may have ended since it was looked at, and then nobody would wake it.
      if (code === UNDER_WAY && !(await underWay(tx, engine, loop, about.model ?? loop.pipeline)))
        throw conflict(`what held turn ${turn.id} has just ended`, { code: RACED });
      if (state !== 'waiting') await move(tx, engine, turn, state, { ...about, code, reason });
      else await wait(tx, engine, turn, { ...about, code, reason }, decision.until);
      await run.finish(tx);
    });
  }
}

/** It is looked at again at a time, and whenever something that held it ends. Of a trigger only the newest one waits. */
async function wait(
  tx: Tx,
  engine: Engine,
  turn: TurnRow,
  why: { code: string | null; reason: string; model?: string; key?: string },
  until: number | undefined,
): Promise<void> {
  const not_before = until ?? tx.clock.now() + LOOK_AGAIN;
  await move(tx, engine, turn, 'waiting', { ...why, not_before });
  await tx.enqueue(engine.turn, { turn: turn.id }, { runAt: not_before });
  for (const other of await selectWaiting(tx, turn.loop_id))
    if (other.trigger_name === turn.trigger_name && other.id < turn.id)
      await move(tx, engine, other, 'skipped', {
        code: 'superseded',
        reason: 'a newer one of the same trigger waits',
      });
}

async function nothingToRun(
  ctx: Ctx,
  engine: Engine,
  loop: LoopRow,
  { kind }: Pick<TurnRow, 'kind'>,
  commit: string | undefined,
): Promise<Exclude<Decision, { go: true }>> {
  if (commit !== undefined && (await engine.pipelines.prepare(ctx, loop.pipeline, {})))
    return {
      go: false,
      state: 'waiting',
      code: 'code',
      reason: `the server has no code of commit ${commit.slice(0, 10)} yet: treadle run from a clean checkout of it brings it, also of a single step`,
    };
  // The one that brought the loop here goes on, and is the first.
  const first = await underWay(ctx, engine, loop, loop.pipeline);
  if (first !== undefined) return heldBy(first, kind);
  // Or it has just gone through.
  if (commit === undefined && (await engine.pipelines.prepare(ctx, loop.pipeline, {})))
    throw conflict(`pipeline '${loop.pipeline}' has just gone through`, { code: RACED });
  throw new TreadleError('missing', `no run of pipeline '${loop.pipeline}' has gone through to its end yet`, {
    field: 'pipeline',
    hint: 'run it once from its project: treadle run',
  });
}

/** An alert that is resolved has nothing to mend; what waited for very long is not what was asked for any more. */
function overOf(turn: TurnRow, alerts: ReadonlyArray<{ id: string }>, now: number): string | undefined {
  const alert =
    turn.cause_ref?.startsWith('alert:') === true ? turn.cause_ref.slice('alert:'.length) : undefined;
  if (alert !== undefined && !alerts.some(({ id }) => id === alert))
    return 'the alert was resolved meanwhile';
  if (turn.state === 'waiting' && now - turn.created_at > LONGEST_WAIT) return 'it has waited for 30 days';
  return undefined;
}

async function underWay(ctx: Ctx, engine: Engine, loop: LoopRow, model: string): Promise<string | undefined> {
  const flight = await findFlight(ctx, model);
  if (flight)
    return `a training of ${model} (execution ${flight.execution_number}, by ${flight.loop_name === loop.name ? 'this loop' : `loop ${flight.loop_name}`})`;
  const other = await engine.pipelines.underWay(ctx, loop.pipeline);
  return other && `execution ${other.number} of ${other.pipeline}`;
}

const keyOf = (turn: TurnRow, { work }: Retrain): string =>
  createHash('sha256')
    .update(canonical([turn.trigger_name, work]))
    .digest('hex');

function wordsOf({ prepared: { pipeline, data }, from }: Retrain): string {
  const read = data.map(({ dataset, version }) => `${dataset}@${version}`).join(', ');
  return `run ${pipeline} as execution ${from.number} did${read === '' ? '' : `, on ${read}`}`;
}
