import { route, type Route } from '../platform/http/index.ts';
import { checkAgain } from './check-again.ts';
import * as contract from './contract.ts';
import { hearHook, type HookJobs } from './hear-hook.ts';
import type { Parts } from './jobs.ts';
import { deleteGitHost, makeSecret, setGitHost } from './set-host.ts';
import { selectHosts } from './store.ts';
import { testHost } from './test-host.ts';
import { listChecks, toHost } from './views.ts';

export const gitHostRoutes = ({ outbound }: Parts, jobs: HookJobs): Route[] => [
  route(contract.listGitHosts, async (ctx) => ({ items: (await selectHosts(ctx)).map(toHost) })),
  route(contract.setGitHost, (ctx, { params, body }) => setGitHost(ctx, outbound, params.host, body)),
  route(contract.deleteGitHost, async (ctx, { params }) => {
    await deleteGitHost(ctx, params.host);
    return {};
  }),
  route(contract.makeGitHostSecret, (ctx, { params }) => makeSecret(ctx, params.host)),
  route(contract.testGitHost, (ctx, { params, signal }) => testHost(ctx, outbound, params.host, signal)),
  route(contract.listCommitChecks, (ctx, { query }) => listChecks(ctx, query)),
  route(contract.checkCommitAgain, async (ctx, { params }) => {
    await checkAgain(ctx, jobs.check, params.check);
    return {};
  }),
  route(contract.hearGitHost, (ctx, { params, headers, body }) =>
    hearHook(ctx, jobs, { id: params.id, headers, body }),
  ),
];
