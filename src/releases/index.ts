import type { Subscriber } from '../platform/events/index.ts';
import type { Route } from '../platform/http/index.ts';
import type { JobType } from '../platform/jobs/index.ts';
import type { Ctx, Tx } from '../platform/ctx/index.ts';
import type { NewRelease, Release, ReleaseDetail } from './contract.ts';
import type { Engine } from './engine.ts';
import { createPauses } from './pauses.ts';
import { releaseJob } from './jobs.ts';
import { requestOf } from './approval.ts';
import { askToCancel, createRelease, requestSubscriber, subscriber } from './request.ts';
import { addLosses, rollingOut, type Losses, type RollingOut } from './rollout/losses.ts';
import { releaseRoutes } from './routes.ts';
import { findOfExecution, findRelease, requireRelease, selectAllUnderWay } from './store.ts';
import { getRelease, toRelease } from './views.ts';

export { migrations } from './schema.ts';
export type { Losses, RollingOut } from './rollout/losses.ts';
export { planRollout } from './rollout/plan.ts';
export { versionUses } from './version-uses.ts';

export interface Releases {
  routes: Route[];
  jobs: ReadonlyArray<JobType<never>>;
  /** Hear what executions registered, and what people decided about requests: before `start`. */
  subscribers: readonly Subscriber[];
  find(ctx: Ctx, id: string): Promise<Release | undefined>;
  get(ctx: Ctx, id: string): Promise<ReleaseDetail>;
  /** Those that have not ended, to these endpoints, or to any; newest first, 500 at most. */
  underWay(ctx: Ctx, endpoints?: readonly string[]): Promise<Release[]>;
  /** The request that it waits for, while it does. */
  awaits(ctx: Ctx, id: string): Promise<string | undefined>;
  /** Asks that it ends, in the caller's own transaction; what has ended stays as it is. */
  cancel(tx: Tx, id: string): Promise<void>;
  /** What an execution asked for, if it asked for anything yet. */
  ofExecution(ctx: Ctx, execution: string): Promise<Release | undefined>;
  /** For rooms above, also within their own transaction: the release's id. Asked again with the same key, it is the same release. */
  request(ctx: Ctx, wish: NewRelease, key: string): Promise<string>;
  /** Rollouts under way at an endpoint, with until when outcomes are known to them. */
  rollingOut(ctx: Ctx, endpoint: string): Promise<RollingOut[]>;
  /** Losses of outcomes that became known, in the transaction that says until when: false where another was quicker. */
  addLosses(tx: Tx, release: string, batch: Losses): Promise<boolean>;
}

/** The room with the doors of the rooms below handed in. */
export function openReleases(below: Omit<Engine, 'cancels' | 'pause' | 'wake'>): Releases {
  const engine: Engine = { ...below, cancels: new Map(), ...createPauses() };
  const job = releaseJob(engine);
  return {
    routes: releaseRoutes(engine, job),
    jobs: [job],
    subscribers: [subscriber(engine, job), requestSubscriber(engine)],
    async find(ctx, id) {
      const row = await findRelease(ctx, id);
      return row && toRelease(row);
    },
    get: getRelease,
    async awaits(ctx, id) {
      const row = await findRelease(ctx, id);
      return row && requestOf(row);
    },
    underWay: async (ctx, endpoints) => (await selectAllUnderWay(ctx, endpoints)).map(toRelease),
    async cancel(tx, id) {
      await askToCancel(tx, await requireRelease(tx, id), tx.actor.name, engine);
    },
    async ofExecution(ctx, execution) {
      const row = await findOfExecution(ctx, execution);
      return row && toRelease(row);
    },
    rollingOut,
    addLosses: (tx, id, batch) => addLosses(tx, engine, id, batch),
    request: (ctx, wish, key) => createRelease(ctx, wish, engine, job, key),
  };
}
