import { route, type Route } from '../platform/http/index.ts';
import type { CheckJob } from './checks.ts';
import * as contract from './contract.ts';
import { checkAgain, close, merge, propose } from './propose.ts';
import { listProposals, showProposal, versionChecks } from './views.ts';

export const changeRoutes = (begin: CheckJob): Route[] => [
  route(contract.proposeBranch, (ctx, { params, body }) => propose(ctx, begin, { ...body, ...params })),
  route(contract.listProposals, (ctx, { params, query }) => listProposals(ctx, params.dataset, query)),
  route(contract.getProposal, (ctx, { params }) => showProposal(ctx, params.dataset, params.number)),
  route(contract.mergeProposal, (ctx, { params, body }) => merge(ctx, { ...body, ...params })),
  route(contract.closeProposal, (ctx, { params, body }) => close(ctx, { ...body, ...params })),
  route(contract.checkProposal, (ctx, { params }) => checkAgain(ctx, begin, params)),
  route(contract.listVersionChecks, async (ctx, { params }) => ({
    items: await versionChecks(ctx, params.model, params.version),
  })),
];
