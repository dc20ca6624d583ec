import { setTimeout as sleep } from 'node:timers/promises';
import { NEEDS_APPROVAL, NOT_YET } from '../models/index.ts';
import type { Ctx, LineageEdge } from '../platform/ctx/index.ts';
import { conflict, TreadleError } from '../platform/errors/index.ts';
import type { DeployResult, GateResult } from '../pipelines/contract.ts';
import type { Revision } from '../serving/contract.ts';
import { unexpected } from '../serving/index.ts';
import type { Engine } from './engine.ts';
import { findUse, type Use } from './find-use.ts';
import { nameOf } from './judge.ts';
import { move, MOVED, stages, tell } from './move.ts';
import type { Asked } from './asked.ts';
import { askForAlias, moveAlias } from './promote.ts';
import { beginRolling, beginWatching, rolledBackBefore } from './rollout/begin.ts';
import type { ReleaseRow } from './store.ts';

/** How often a revision that is being loaded again is looked at, ms, and how long that may take right after a start. */
const LOOK = 200;
const PATIENCE = 60_000;
/** Codes of what is no answer of serving. */
const PASSED_ON: ReadonlySet<string | undefined> = new Set(['lease-lost', MOVED, NEEDS_APPROVAL, NOT_YET]);

/**
 * Asks serving for a revision, in the transaction that says so: a crash leaves one and never a second. What answers with the
 * version already is left alone, and what a person took away stays away.
 */
export async function beginDeploying(
  ctx: Ctx,
  engine: Engine,
  row: ReleaseRow,
  asked: Asked,
  signal: AbortSignal,
): Promise<void> {
  const { endpoint, sticky, replace, rollout } = asked.deploy!;
  const use = await whenReady(ctx, engine, row, signal);
  const began: DeployResult = { state: 'deploying', endpoint, started_at: ctx.clock.now() };
  if (asked.expects !== undefined && asked.expects !== (use?.current?.revision ?? 0))
    return failed(ctx, engine, row, began, unexpected(endpoint, asked.expects, use?.current));
  if (use?.answers === true && use.revision)
    return answers(ctx, engine, row, began, use.revision, use.address);
  const taken =
    row.execution === null ? undefined : await engine.serving.takenAway(ctx, endpoint, row.version_ref);
  try {
    await ctx.write(async (tx) => {
      const problem =
        taken && use?.coming !== true
          ? heldWords(row, endpoint, taken)
          : await rolledBackBefore(tx, row, asked);
      if (problem !== undefined) {
        const deployment: DeployResult = { ...began, state: 'held', problem, ended_at: tx.clock.now() };
        await move(tx, engine, row, 'held', { deployment }, problem);
        return;
      }
      const base = use?.current;
      if (rollout && base && !use.coming) return beginRolling(tx, engine, row, asked, { base, began });
      const revision =
        use?.coming === true && use.revision
          ? use.revision
          : await engine.serving.deploy(tx, {
              endpoint,
              model: row.model,
              version: String(row.version),
              ...(sticky === undefined ? {} : { sticky }),
              ...(replace === undefined ? {} : { replace }),
              expects: row.expects ?? 0,
              note:
                row.pipeline === null ? `release ${row.id}` : `execution ${row.number} of ${row.pipeline}`,
              asked_by: row.execution === null ? `release:${row.id}` : `execution:${row.execution}`,
            });
      await move(tx, engine, row, 'deploying', {
        revision: revision.id,
        deployment: { ...began, revision: revision.revision },
        note: `revision ${revision.revision} of ${endpoint} is being made ready${rollout && !base ? ': nothing answers there that it could be compared with, so it gets all requests' : ''}`,
      });
    });
  } catch (error) {
    // Only what serving itself refuses is an answer.
    if (!(error instanceof TreadleError) || PASSED_ON.has(error.code)) throw error;
    await failed(ctx, engine, row, began, error);
  }
}

/** Waits until the revision answers, or does not. */
export async function deploying(
  ctx: Ctx,
  engine: Engine,
  row: ReleaseRow,
  signal: AbortSignal,
): Promise<void> {
  const began = JSON.parse(row.deployment!) as DeployResult; // written by this room
  const said = stages((stage) =>
    ctx.write((tx) => tell(tx, engine, row, { deployment: { ...began, stage } })),
  );
  let revision: Revision;
  try {
    revision = await engine.serving.settled(ctx, row.revision!, said.say, signal);
  } finally {
    await said.done();
  }
  signal.throwIfAborted();
  if (revision.state === 'preparing') return; // longer than anything should take: it is waited for again
  if (revision.state === 'failed')
    return failed(
      ctx,
      engine,
      row,
      began,
      conflict(
        `revision ${revision.revision} of endpoint '${began.endpoint}' does not answer: ${revision.problem ?? 'no reason was given'}`,
        { hint: 'what answered before goes on answering' },
      ),
    );
  if (row.rollout !== null) return ctx.write((tx) => beginWatching(tx, engine, row));
  const address = (await engine.serving.find(ctx, began.endpoint))?.address ?? '';
  await answers(ctx, engine, row, began, revision, address);
}

/** It answers all requests. Where it was rolled out, or was meant to be, the alias moves only now. */
export async function answers(
  ctx: Ctx,
  engine: Engine,
  row: ReleaseRow,
  began: DeployResult,
  revision: Revision,
  address: string,
): Promise<void> {
  const { stage: _stage, ...before } = began;
  const reused = row.revision === null;
  const deployment: DeployResult = {
    ...before,
    state: 'live',
    revision: revision.revision,
    address,
    ...(reused ? { reused: true } : {}),
    ...(revision.warnings === undefined ? {} : { warnings: revision.warnings }),
    ended_at: ctx.clock.now(),
  };
  const edges: LineageEdge[] = [{ from: '', to: revision.ref, relation: 'deployed' }];
  const note = `revision ${revision.revision} of ${began.endpoint} ${reused ? 'answers with it already' : 'answers'}`;
  const asked = JSON.parse(row.wish) as Asked; // written by this room
  const gate = row.gate === null ? undefined : (JSON.parse(row.gate) as GateResult);
  const end = (withAlias: boolean): Promise<void> =>
    ctx.write(async (tx) => {
      const { said, ...change }: { said?: string; moved_alias?: number } =
        gate === undefined || asked.deploy?.rollout === undefined
          ? { moved_alias: row.moved_alias }
          : withAlias
            ? await moveAlias(tx, engine, row, gate)
            : await askForAlias(tx, engine, row);
      await move(tx, engine, row, 'succeeded', {
        ...change,
        deployment,
        edges,
        note: said === undefined ? note : `${note}; ${said}`,
      });
    });
  try {
    await end(true);
  } catch (error) {
    // It answers all the same: the alias follows when people have approved that.
    if (!(error instanceof TreadleError) || error.code !== NEEDS_APPROVAL) throw error;
    await end(false);
  }
}

async function failed(
  ctx: Ctx,
  engine: Engine,
  row: ReleaseRow,
  { stage: _stage, ...began }: DeployResult,
  error: TreadleError,
): Promise<void> {
  const problem = `${error.message}${error.hint === undefined ? '' : `; ${error.hint}`}`;
  const deployment: DeployResult = { ...began, state: 'failed', problem, ended_at: ctx.clock.now() };
  const why = `${nameOf(row)} could not be deployed: ${problem}`;
  await ctx.write((tx) => move(tx, engine, row, 'failed', { deployment }, why));
}

/** Right after a start of the server a revision is live on paper, and being loaded. */
async function whenReady(
  ctx: Ctx,
  engine: Engine,
  row: ReleaseRow,
  signal: AbortSignal,
): Promise<Use | undefined> {
  const began = performance.now();
  for (;;) {
    const use = await findUse(ctx, engine, row);
    if (use?.answers !== true || use.ready || performance.now() - began > PATIENCE) return use;
    await sleep(LOOK, undefined, { signal });
  }
}

/** Who took the version away, and how it comes back on purpose: a cached pipeline says the same each time that it is run. */
function heldWords(
  { model, version }: ReleaseRow,
  endpoint: string,
  { revision, cause, created_by: by, note }: Revision,
): string {
  const act =
    cause === 'deploy'
      ? `another deployment by ${by}`
      : cause === 'rollback'
        ? `a rollback by ${by}`
        : 'a rollback because it could not answer';
  const why = note === undefined ? '' : `: “${note}”`;
  return `revision ${revision} took ${model} v${version} away from ${endpoint} (${act}${why}), and running the pipeline again does not undo that; to deploy it on purpose: treadle deploy ${model}@v${version} --to ${endpoint}`;
}
