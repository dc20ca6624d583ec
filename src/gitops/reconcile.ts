import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { invalid, messageOf, outwardMessageOf, TreadleError } from '../platform/errors/index.ts';
import { newId } from '../platform/ids/index.ts';
import { environments } from '../promotions/index.ts';
import type { Environment } from '../promotions/contract.ts';
import type { DesiredState } from './contract.ts';
import type { Below } from './engine.ts';
import { readDesired } from './read-file.ts';
import { see, type Situation } from './see.ts';
import {
  changeSource,
  findSource,
  removeAttempt,
  saveAttempt,
  selectAttempts,
  type SourceRow,
} from './store.ts';
import { hearMerged, saidSince } from './merges.ts';
import { quarrelIn, wishesOf } from './wishes.ts';

/** Looks at the branch, where that is said, and takes each endpoint one step towards what Git says. Safe to do twice, and at any time. */
export async function reconcile(
  ctx: Ctx,
  below: Below,
  name: string,
  { look, signal }: { look: boolean; signal: AbortSignal },
): Promise<void> {
  const before = await findSource(ctx, name);
  if (!before) return;
  const all = await environments(ctx);
  const environment = all.find((one) => one.name === name);
  if (!environment) return;
  const quarrel = (desired: DesiredState): string | undefined => quarrelIn(desired, environment, all);
  const source =
    look || before.commit_id === null ? await lookAt(ctx, below, before, quarrel, signal) : before;
  // A file that cannot be read says nothing, and what it said before is not what is wanted now.
  if (!source || source.problem !== null || source.desired === null) return;
  const desired = JSON.parse(source.desired) as DesiredState; // written by this room
  // What was good may have become a quarrel: environments are called otherwise by now. The next look says so, and heals it.
  if (quarrel(desired) !== undefined) return;
  const wishes = await wishesOf(ctx, desired, environment);
  const attempts = await selectAttempts(ctx, name);
  for (const wish of wishes) {
    await hearMerged(ctx, below, { source, environment, wish, attempts, signal });
    const seen = await see(ctx, below, { environment, source, wish, attempts });
    if (!seen.step.act) continue;
    try {
      await act(ctx, below, environment, seen);
    } catch (error) {
      // Somebody was quicker, or it may not be: the next look sees that.
      if (!(error instanceof TreadleError) || error.kind === 'unavailable') throw error;
      ctx.log.warn('what Git says could not be applied', {
        environment: name,
        endpoint: wish.endpoint,
        error: messageOf(error),
      });
    }
  }
  if (source.mode === 'apply')
    await forget(ctx, below, name, new Set(wishes.map(({ endpoint }) => endpoint)));
}

/** Reads the file where the branch moved, and writes down what it says. Undefined where the environment follows something else by now. */
async function lookAt(
  ctx: Ctx,
  { files }: Below,
  source: SourceRow,
  quarrel: (desired: DesiredState) => string | undefined,
  signal: AbortSignal,
): Promise<SourceRow | undefined> {
  const { environment, host, branch, path: file } = source;
  const keep = async (change: Partial<SourceRow>): Promise<SourceRow | undefined> =>
    ctx.write(async (tx) => {
      const now = await findSource(tx, environment);
      if (!now || now.host !== host || now.branch !== branch || now.path !== file) return undefined;
      const said = { ...change, looked_at: tx.clock.now() };
      await changeSource(tx, environment, said);
      const after = { ...now, ...said };
      if (after.commit_id !== now.commit_id || after.problem !== now.problem) await tellRead(tx, now, after);
      return after;
    });
  try {
    const commit = await files.head(ctx, { host, branch }, signal);
    const known = source.desired === null ? undefined : (JSON.parse(source.desired) as DesiredState); // written by this room
    if (commit === source.commit_id && source.problem === null && known && quarrel(known) === undefined)
      return await keep({});
    const text = await files.read(ctx, { host, branch, file, commit }, signal);
    if (text === undefined)
      return await keep({ commit_id: commit, problem: `commit ${commit.slice(0, 10)} has no ${file}` });
    try {
      const desired = await readDesired(text, environment);
      const problem = quarrel(desired);
      if (problem !== undefined) throw invalid(problem, { field: 'file' });
      return await keep({
        commit_id: commit,
        desired: JSON.stringify(desired),
        problem: null,
        said_since: JSON.stringify(saidSince(source, desired)),
      });
    } catch (error) {
      if (!(error instanceof TreadleError)) throw error;
      return await keep({
        commit_id: commit,
        problem: `${file} of commit ${commit.slice(0, 10)}: ${error.message}`.slice(0, 2000),
      });
    }
  } catch (error) {
    signal.throwIfAborted();
    // A host that does not answer changes nothing of what was read: what runs is still held to that.
    if (!(error instanceof TreadleError) || error.kind === 'unavailable') {
      ctx.log.warn('a Git host does not answer, and what it said last holds', {
        environment,
        error: messageOf(error),
      });
      return source;
    }
    return keep({ problem: outwardMessageOf(error).slice(0, 2000) });
  }
}

async function tellRead(tx: Tx, before: SourceRow, after: SourceRow): Promise<void> {
  const resource = `environment:${after.environment}`;
  await tx.record({
    action: 'gitops.read',
    resource,
    before: { commit: before.commit_id },
    after: {
      commit: after.commit_id,
      ...(after.problem === null ? { desired: JSON.parse(after.desired ?? 'null') as unknown } : {}),
    },
    ...(after.problem === null ? {} : { reason: after.problem }),
  });
  await tx.emit({ type: 'gitops.read', subject: resource });
}

async function act(
  ctx: Ctx,
  below: Below,
  environment: Environment,
  { wish, step, attempt, runs }: Situation,
): Promise<void> {
  const what = step.act!;
  if (what.do === 'cancel') return ctx.write((tx) => below.releases.cancel(tx, what.release));
  await ctx.write(async (tx) => {
    // Of two who look at once one acts.
    const [known] = (await selectAttempts(tx, environment.name)).filter(
      ({ endpoint }) => endpoint === wish.endpoint,
    );
    if (known?.release_id !== attempt?.release_id) return;
    const now = tx.clock.now();
    const { endpoint, rollout } = wish;
    const gradually = rollout !== undefined && runs !== undefined && !step.back;
    const release = await below.releases.request(
      tx,
      {
        model: wish.version!.model,
        version: String(wish.version!.number),
        deploy: {
          endpoint,
          ...(gradually ? { rollout } : {}),
          ...(runs !== undefined && runs.model !== wish.version!.model ? { replace: runs.model } : {}),
        },
      },
      newId(now),
    );
    await saveAttempt(tx, {
      workspace: tx.workspace,
      environment: environment.name,
      endpoint,
      sum: wish.sum,
      release_id: release,
      tries: known?.sum === wish.sum ? known.tries + 1 : 1,
      at: now,
      merge_for: null,
      merge_says: null,
    });
    const resource = `environment:${environment.name}`;
    await tx.record({
      action: 'gitops.applied',
      resource,
      after: { endpoint, version: wish.version!.ref, release, commit: step.commit },
      edges: [{ from: resource, to: `release:${release}`, relation: 'asked-for' }],
    });
    await tx.emit({ type: 'gitops.applied', subject: resource, data: { endpoint, release } });
  });
}

/** What Git names no more is not brought there any more; what answers stays. */
async function forget(ctx: Ctx, below: Below, name: string, named: ReadonlySet<string>): Promise<void> {
  for (const { endpoint, release_id: release } of await selectAttempts(ctx, name)) {
    if (named.has(endpoint)) continue;
    await ctx.write(async (tx) => {
      await below.releases.cancel(tx, release);
      await removeAttempt(tx, name, endpoint);
    });
  }
}
