import { Type } from 'typebox';
import type { Actor } from '../platform/ctx/index.ts';
import type { Subscriber } from '../platform/events/index.ts';
import { job, type JobType } from '../platform/jobs/index.ts';
import type { Below, ReconcileJob } from './engine.ts';
import { environments } from '../promotions/index.ts';
import { reconcile } from './reconcile.ts';
import { stopFollowing } from './set-source.ts';
import { findSource, selectEverySource, selectSources } from './store.ts';

/** Who it is that applies what Git says: nobody who could approve anything. */
const GIT: Actor = { kind: 'system', id: 'gitops', name: 'GitOps', role: 'editor' };

/** Each begins anew safely at any point: where it stands is in the rows. */
export const reconcileJob = (below: Below): ReconcileJob =>
  job({
    name: 'gitops.reconcile',
    payload: Type.Object({ environment: Type.String(), look: Type.Boolean() }),
    attempts: 20,
    backoff: 1_000,
    concurrency: 4,
    quiet: true,
    run: (ctx, { environment, look }, { signal }) =>
      reconcile(ctx.as({ actor: GIT }), below, environment, { look, signal }),
  });

/** Looks at every branch, whoever forgot to tell of a push. */
export const sweepJob = (reconciling: ReconcileJob): JobType =>
  job({
    name: 'gitops.sweep',
    payload: Type.Object({}),
    async run(ctx) {
      for (const { workspace, environment } of await selectEverySource(ctx))
        await ctx
          .as({ workspace })
          .write(async (tx) => void (await tx.enqueue(reconciling, { environment, look: true })));
    },
  });

const ENDS = ['succeeded', 'rolled_back', 'rejected', 'held', 'failed', 'cancelled'];

/** What may have changed what runs, or what may. A push to a repository that is known has its branch looked at. */
export const changeSubscriber = (reconciling: ReconcileJob): Subscriber => ({
  name: 'gitops.changes',
  types: [
    ...ENDS.map((end) => `release.${end}`),
    // Who merged what Git says may have approved it by that.
    'release.awaiting_approval',
    'revision.started',
    'revision.rolled_back',
    'environment.set',
    'policy.ended',
    'git_check.created',
    'git_host.created',
    'git_host.changed',
    'git_host.deleted',
  ],
  async handle(tx, { type }) {
    const look = type.startsWith('git_');
    for (const { environment } of await selectSources(tx))
      await tx.enqueue(reconciling, { environment, look });
  },
});

/** An environment that is gone follows nothing: one that is called so later begins anew. */
export const removedSubscriber: Subscriber = {
  name: 'gitops.environment',
  types: ['environment.removed'],
  async handle(tx, { subject }) {
    const environment = subject.replace(/^environment:/, '');
    if ((await environments(tx)).some(({ name }) => name === environment)) return;
    if (await findSource(tx, environment)) await stopFollowing(tx, environment);
  },
};
