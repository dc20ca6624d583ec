import { getVersion, holdVersion, type ModelVersion } from '../models/index.ts';
import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { invalid, TreadleError } from '../platform/errors/index.ts';
import { newId } from '../platform/ids/index.ts';
import type { Subscriber } from '../platform/events/index.ts';
import { readRules } from '../rules/index.ts';
import { unexpected } from '../serving/index.ts';
import type { Asked } from './asked.ts';
import type { NewRelease } from './contract.ts';
import { cancelled } from './cancelled.ts';
import type { Engine } from './engine.ts';
import type { ReleaseJob } from './jobs.ts';
import { planRollout } from './rollout/plan.ts';
import { findOfExecution, findOfKey, insertRelease, updateRelease, type ReleaseRow } from './store.ts';

/**
 * Writes a release down and enqueues its work, all or nothing. What answers at its endpoint now is what it is meant to replace: a
 * verdict is heard against the present, and holds for no other.
 */
async function addRelease(
  tx: Tx,
  engine: Engine,
  job: ReleaseJob,
  {
    version,
    wish,
    by,
    user,
    origin,
    key,
  }: {
    version: ModelVersion;
    wish: Asked;
    by: string;
    /** The person who asked, where it was one. */
    user?: string | undefined;
    key?: string | undefined;
    origin?: { execution: string; pipeline: string; number: number; cancel_by: string | null };
  },
): Promise<string> {
  await holdVersion(tx, version.model, version.version);
  const now = tx.clock.now();
  const id = newId(now);
  const endpoint = wish.deploy?.endpoint;
  const current = endpoint === undefined ? undefined : (await engine.serving.find(tx, endpoint))?.current;
  const { expects } = wish;
  if (endpoint !== undefined && expects !== undefined && expects !== (current?.revision ?? 0))
    throw unexpected(endpoint, expects, current);
  const row: ReleaseRow = {
    id,
    workspace: tx.workspace,
    model: version.model,
    model_ref: modelRef(version),
    version: version.version,
    version_ref: version.ref,
    state: 'requested',
    wish: JSON.stringify(wish),
    execution: origin?.execution ?? null,
    pipeline: origin?.pipeline ?? null,
    number: origin?.number ?? null,
    endpoint: endpoint ?? null,
    expects: endpoint === undefined ? null : (expects ?? current?.revision ?? 0),
    evaluation: null,
    revision: null,
    moved_alias: 0,
    gate: null,
    deployment: null,
    reason: null,
    cancel_by: origin?.cancel_by ?? null,
    created_at: now,
    created_by: by,
    updated_at: now,
    ended_at: null,
    rollout: null,
    rollout_points: null,
    rollout_writes: 0,
    request_key: key ?? null,
    created_user: user ?? null,
    awaits: null,
  };
  await insertRelease(tx, row);
  await tx.record({
    action: 'release.requested',
    resource: `release:${id}`,
    after: {
      version: version.ref,
      ...(wish.gate ? { gate: wish.gate.written } : {}),
      ...(endpoint === undefined ? {} : { endpoint, expects: row.expects }),
      ...(wish.deploy?.rollout ? { rollout: wish.deploy.rollout } : {}),
    },
    edges: [
      { from: `release:${id}`, to: version.ref, relation: 'releases' },
      ...(origin
        ? [{ from: `release:${id}`, to: `execution:${origin.execution}`, relation: 'asked-for-by' }]
        : []),
    ],
  });
  await tx.emit({
    type: 'release.requested',
    subject: `release:${id}`,
    data: { model: version.model, version: version.version },
  });
  await tx.enqueue(job, { release: id });
  return id;
}

/** A release that a person, or a room above, asks for; with a key it is asked for once, however often that is said. What cannot be found or read is refused now; the work itself is a job. */
export async function createRelease(
  ctx: Ctx,
  { model, version: which, gate, deploy }: NewRelease,
  engine: Engine,
  job: ReleaseJob,
  key?: string,
): Promise<string> {
  const known = key === undefined ? undefined : await findOfKey(ctx, key);
  if (known) return known.id;
  if (!gate && !deploy)
    throw invalid('a release does something with the version: judge it, deploy it, or both', {
      field: 'gate',
      hint: 'say gate, deploy or both',
    });
  const version = await getVersion(ctx, model, which.replace(/^v(?=\d)/, ''));
  const { expects, ...to } = deploy ?? {};
  const wish: Asked = {
    ...(gate ? { gate: gateByHand(gate) } : {}),
    ...(deploy ? { deploy: { ...to, endpoint: deploy.endpoint } } : {}),
    ...(expects === undefined ? {} : { expects }),
  };
  if (deploy?.rollout) planRollout(deploy.rollout); // a fault of it is one of the request
  return ctx.write((tx) =>
    addRelease(tx, engine, job, { version, wish, by: tx.actor.name, user: tx.actor.user, key }),
  );
}

function gateByHand({ data, ...spec }: NonNullable<NewRelease['gate']>): NonNullable<Asked['gate']> {
  readRules(spec.rules ?? []);
  return { data: { kind: 'dataset', ref: data }, written: data, digest: '', spec };
}

/** Hears what executions registered, and who cancels them afterwards. */
export const subscriber = (engine: Engine, job: ReleaseJob): Subscriber => ({
  name: 'releases.executions',
  types: ['execution.registered', 'execution.cancel_asked'],
  async handle(tx, { type, subject }) {
    const execution = subject.replace(/^execution:/, '');
    const known = await findOfExecution(tx, execution);
    const open = await engine.executions.find(tx, execution);
    if (!open) return;
    if (type === 'execution.cancel_asked') {
      if (known && open.cancel_by !== null) await askToCancel(tx, known, open.cancel_by, engine);
      return;
    }
    if (known) return;
    const { pipeline, number, created_by, created_user, model, wish, cancel_by } = open;
    const version = await getVersion(tx, model.name, String(model.version)).catch((error: unknown) => {
      if (error instanceof TreadleError && error.kind === 'missing') return undefined;
      throw error;
    });
    if (!version) {
      const reason = `${model.name} version ${model.version} is gone, so it was not released`;
      return engine.executions.end(tx, execution, { state: 'failed', reason, edges: [] });
    }
    await addRelease(tx, engine, job, {
      version,
      wish,
      by: created_by,
      user: created_user,
      origin: { execution, pipeline, number, cancel_by },
    });
  },
});

/** Wakes a release that waits for a request which somebody has decided or withdrawn. */
export const requestSubscriber = (engine: Engine): Subscriber => ({
  name: 'releases.requests',
  types: ['request.decided', 'request.withdrawn'],
  async handle(tx, { data }) {
    const { asked_by } = (data ?? {}) as { asked_by?: string };
    const [noun, id] = (asked_by ?? '').split(':');
    if (noun === 'release' && id !== undefined) tx.afterCommit(() => engine.wake(id));
  },
});

/** Its driver is told at once where it runs here; anywhere else it reads the mark in the row before its next step. */
export async function askToCancel(tx: Tx, row: ReleaseRow, by: string, engine: Engine): Promise<void> {
  if (row.cancel_by !== null || row.ended_at !== null) return;
  await updateRelease(tx, row.id, { cancel_by: by });
  await tx.record({ action: 'release.cancel_asked', resource: `release:${row.id}` });
  await tx.emit({ type: 'release.updated', subject: `release:${row.id}` });
  tx.afterCommit(() => {
    if (row.rollout === null) engine.cancels.get(row.id)?.abort(cancelled());
    else engine.wake(row.id);
  });
}

/** `model_version:flights/3` → `model:flights`; both stay when the model is renamed. */
const modelRef = ({ ref }: ModelVersion): string =>
  `model:${ref.slice('model_version:'.length, ref.lastIndexOf('/'))}`;
