import type { Ctx, Tx } from '../../platform/ctx/index.ts';
import { conflict } from '../../platform/errors/index.ts';
import type { Revision } from '../../serving/contract.ts';
import type { Asked } from '../asked.ts';
import { answers } from '../deploy.ts';
import type { Engine } from '../engine.ts';
import { nameOf } from '../judge.ts';
import { move } from '../move.ts';
import type { DeployResult } from '../../pipelines/contract.ts';
import type { ReleaseRow } from '../store.ts';
import { look } from './look.ts';
import { isLast, stageOf, type Progress } from './progress.ts';
import { advance, goBack, hold } from './steps.ts';
import { keepTaken, kept, partly, pointOf, progressOf } from './write.ts';

/** How often the sums of an endpoint are looked at, ms. */
const LOOK = 1_000;

/** One look at a rollout under way; whatever follows from it is one transaction. */
export async function rolling(
  ctx: Ctx,
  engine: Engine,
  row: ReleaseRow,
  asked: Asked,
  signal: AbortSignal,
): Promise<void> {
  const progress = progressOf(row);
  const found = await engine.serving.find(ctx, row.endpoint!);
  if (!found?.current)
    throw conflict(`endpoint '${row.endpoint}' was taken away while ${nameOf(row)} was rolled out there`);
  const { current, latest } = found;
  const ours = ({ revision }: Revision): boolean => progress.revisions.includes(revision);
  if (!ours(current)) return takenOver(ctx, engine, row, progress, current);
  if (row.cancel_by !== null && progress.phase === 'watching') {
    const ground = { words: 'the release was cancelled', by: row.cancel_by };
    return ctx.write((tx) => goBack(tx, engine, row, progress, { ...ground, live: current }));
  }
  if (progress.phase !== 'watching')
    return settle(ctx, engine, row, progress, { current, latest, ours, signal });
  const { life, variants } = await engine.serving.sums(ctx, row.revision!);
  const stage = stageOf(progress);
  const of = (role: string) => variants.find((one) => one.role === role);
  const now = ctx.clock.now();
  const seen = look(progress, {
    now,
    life,
    revision: row.revision!,
    primary: of('champion'),
    trial: of(stage.role),
  });
  switch (seen.to) {
    case 'stay':
      if (seen.taken) await ctx.write((tx) => keepTaken(tx, engine, row, seen.progress));
      return engine.pause(row.id, LOOK, signal);
    case 'hold':
      return ctx.write((tx) => hold(tx, engine, row, seen.progress, seen));
    case 'back':
      return ctx.write((tx) => goBack(tx, engine, row, seen.progress, { ...seen, live: current }));
    case 'next': {
      const base = await engine.serving.revision(ctx, row.endpoint!, progress.base);
      const to = { stage: progress.stage + 1, base, live: current, words: seen.words };
      return ctx.write((tx) => advance(tx, engine, row, asked, seen.progress, to));
    }
  }
}

/** Waits until the revision that was asked for answers, and says so. */
async function settle(
  ctx: Ctx,
  engine: Engine,
  row: ReleaseRow,
  progress: Progress,
  {
    current,
    latest,
    ours,
    signal,
  }: { current: Revision; latest: Revision | undefined; ours(one: Revision): boolean; signal: AbortSignal },
): Promise<void> {
  const revision = await engine.serving.settled(ctx, row.revision!, () => undefined, signal);
  signal.throwIfAborted();
  if (revision.state === 'live') {
    if (progress.phase === 'back') return ctx.write((tx) => endBack(tx, engine, row, progress));
    if (isLast(progress, progress.stage)) return succeed(ctx, engine, row, revision);
    const next: Progress = {
      ...progress,
      phase: 'watching',
      since: ctx.clock.now(),
      taken_at: ctx.clock.now(),
    };
    return ctx.write((tx) => keepTaken(tx, engine, row, next));
  }
  // Somebody else is just deploying: what becomes of that is seen at the next look.
  const waits = revision.state === 'preparing' || (latest?.state === 'preparing' && !ours(latest));
  if (waits || revision.state === 'superseded') return engine.pause(row.id, LOOK, signal);
  const problem = `revision ${revision.revision} could not be made ready: ${revision.problem ?? 'no reason was given'}`;
  if (progress.phase === 'back')
    throw conflict(`what answered before could not be taken up again: ${problem}`);
  await ctx.write((tx) => goBack(tx, engine, row, progress, { words: problem, live: current }));
}

async function succeed(ctx: Ctx, engine: Engine, row: ReleaseRow, revision: Revision): Promise<void> {
  const began = JSON.parse(row.deployment!) as DeployResult; // written by this room
  const address = (await engine.serving.find(ctx, began.endpoint))?.address ?? '';
  await answers(ctx, engine, row, began, revision, address);
}

/** What answered before does again. */
async function endBack(
  tx: Tx,
  engine: Engine,
  row: ReleaseRow,
  progress: Progress,
  why = progress.why ?? 'no reason was given',
): Promise<void> {
  const { stage: _stage, ...deployment } = partly(row, progress);
  await move(
    tx,
    engine,
    row,
    'rolled_back',
    {
      ...kept(row, progress, pointOf(progress, tx.clock.now())),
      deployment: { ...deployment, state: 'rolled_back', problem: why, ended_at: tx.clock.now() },
    },
    why,
  );
}

/** Another revision answers than any of its own: a person, or a failure, went back or deployed. */
async function takenOver(
  ctx: Ctx,
  engine: Engine,
  row: ReleaseRow,
  progress: Progress,
  current: Revision,
): Promise<void> {
  const { revision, cause, created_by: by, note, restores } = current;
  const words = note === undefined ? '' : `: ${note}`;
  if (cause === 'deploy')
    throw conflict(
      `revision ${revision} of ${row.endpoint}, deployed by ${by}, took the place of the rollout${words}`,
    );
  const why = `${cause === 'rollback' ? `a rollback by ${by}` : 'a rollback because it could not answer'} (revision ${revision} takes up revision ${restores} again)${words}`;
  await ctx.write((tx) => endBack(tx, engine, row, progress, why));
}
