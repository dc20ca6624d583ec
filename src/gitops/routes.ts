import { route, type Route } from '../platform/http/index.ts';
import * as contract from './contract.ts';
import type { Below, ReconcileJob } from './engine.ts';
import { propose } from './propose.ts';
import { askToSync, removeFollowing, setSource } from './set-source.ts';
import { getGitOps, listGitOps } from './views.ts';

export const gitOpsRoutes = (below: Below, job: ReconcileJob): Route[] => [
  route(contract.listGitOps, (ctx) => listGitOps(ctx, below)),
  route(contract.setGitOps, async (ctx, { params, body }) => {
    await setSource(ctx, below, job, params.environment, body);
    return getGitOps(ctx, below, params.environment);
  }),
  route(contract.deleteGitOps, async (ctx, { params }) => {
    await removeFollowing(ctx, params.environment);
    return {};
  }),
  route(contract.syncGitOps, async (ctx, { params, body }) => {
    await askToSync(ctx, below, job, params.environment, body.retry ?? false);
    return getGitOps(ctx, below, params.environment);
  }),
  route(contract.proposeGitOps, (ctx, { params, body }) => propose(ctx, below, params.environment, body)),
];
