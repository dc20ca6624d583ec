import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { missing } from '../platform/errors/index.ts';
import { environments } from '../promotions/index.ts';
import type { Below, ReconcileJob } from './engine.ts';
import { findSource, removeAttempt, removeSource, requireSource, saveSource } from './store.ts';

export interface SourceSettings {
  host: string;
  branch?: string;
  file: string;
  mode?: 'apply' | 'report';
}

/** Lets an environment follow a file. Another place is read anew. */
export async function setSource(
  ctx: Ctx,
  { files }: Pick<Below, 'files'>,
  job: ReconcileJob,
  environment: string,
  { host, branch = 'main', file, mode = 'apply' }: SourceSettings,
): Promise<void> {
  await ctx.write(async (tx) => {
    if (!(await environments(tx)).some(({ name }) => name === environment))
      throw missing(`there is no environment '${environment}'`, {
        field: 'environment',
        hint: 'make it first: treadle environment set',
      });
    await files.require(tx, host);
    const before = await findSource(tx, environment);
    const same =
      before !== undefined && before.host === host && before.branch === branch && before.path === file;
    const now = tx.clock.now();
    await saveSource(tx, {
      workspace: tx.workspace,
      environment,
      host,
      branch,
      path: file,
      mode,
      commit_id: same ? before.commit_id : null,
      desired: same ? before.desired : null,
      problem: same ? before.problem : null,
      looked_at: same ? before.looked_at : null,
      said_since: same ? before.said_since : null,
      created_at: before?.created_at ?? now,
      created_by: before?.created_by ?? tx.actor.name,
    });
    const resource = `environment:${environment}`;
    await tx.record({ action: 'gitops.set', resource, after: { host, branch, file, mode } });
    await tx.emit({ type: 'gitops.set', subject: resource });
    await tx.enqueue(job, { environment, look: true });
  });
}

export async function removeFollowing(ctx: Ctx, environment: string): Promise<void> {
  await ctx.write(async (tx) => {
    await requireSource(tx, environment);
    await stopFollowing(tx, environment);
  });
}

/** In the caller's transaction. */
export async function stopFollowing(tx: Tx, environment: string): Promise<void> {
  await removeAttempt(tx, environment);
  await removeSource(tx, environment);
  const resource = `environment:${environment}`;
  await tx.record({ action: 'gitops.removed', resource });
  await tx.emit({ type: 'gitops.removed', subject: resource });
}

/** How long who asks waits for the host, ms. */
const PATIENCE = 20_000;

/** Has the branch looked at now; with `retry`, what was blocked is tried again. A host that does not answer is said to who asked. */
export async function askToSync(
  ctx: Ctx,
  { files }: Pick<Below, 'files'>,
  job: ReconcileJob,
  environment: string,
  retry: boolean,
): Promise<void> {
  const { host, branch } = await requireSource(ctx, environment);
  await files.head(ctx, { host, branch }, AbortSignal.timeout(PATIENCE));
  await ctx.write(async (tx) => {
    await requireSource(tx, environment);
    if (retry) {
      await removeAttempt(tx, environment);
      await tx.record({ action: 'gitops.retried', resource: `environment:${environment}` });
    }
    await tx.enqueue(job, { environment, look: true });
  });
}
