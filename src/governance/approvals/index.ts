import type { Channels } from '../../channels/index.ts';
import type { Ctx } from '../../platform/ctx/index.ts';
import { route, type Route } from '../../platform/http/index.ts';
import { ask, withdraw, type Wish } from './ask.ts';
import * as contract from '../contract/approvals.ts';
import type { RequestState } from '../contract/approvals.ts';
import { decide } from './decide.ts';
import { asItStands } from './look.ts';
import { sayThrough } from './notices.ts';
import { endPolicy, getPolicy, listPolicies, setPolicy } from './policies.ts';
import { promote } from './promote.ts';
import { hearMerge, mergesCount, type MergedChange } from './hear-merge.ts';
import { closeReview, listReviews } from './reviews.ts';
import { requireRequest } from './store.ts';
import { getRequest, listRequests, pointsAt, type AtEndpoint } from './views.ts';

export { guardMoves } from './guard.ts';
export { guardFiles } from './guard-files.ts';
export { subjectsOf } from './look.ts';
export { APPROVAL_CAUSES } from './notices.ts';
export { migrations } from './schema.ts';

export interface Approvals {
  /** For rooms that would wait for an approval: opens a request, or finds the one that is open. Returns its id. */
  ask(ctx: Ctx, wish: Wish): Promise<string>;
  /** Whether a merge on a Git host could be somebody's word about a request. */
  mergesCount(ctx: Ctx, request: string, host: string): Promise<boolean>;
  /** A merge, as a host told of it, as the word of who merged. What came of it, in a sentence. */
  hearMerge(ctx: Ctx, request: string, merge: MergedChange): Promise<string>;
  /** How a request stands. */
  standing(ctx: Ctx, request: string): Promise<{ state: RequestState; says: string }>;
  routes(at: AtEndpoint): Route[];
}

/** The part of the room with what it needs handed in. */
export function openApprovals({ channels }: { channels: Pick<Channels, 'notify'> }): Approvals {
  const say = sayThrough((tx, notice) => channels.notify(tx, notice));
  return {
    ask: (ctx, wish) => ask(ctx, wish, say),
    mergesCount,
    hearMerge: (ctx, request, merge) => hearMerge(ctx, request, merge, say),
    async standing(ctx, id) {
      const { state, says } = (await asItStands(ctx, await requireRequest(ctx, id))).standing;
      return { state, says };
    },
    routes: (at) => [
      route(contract.listPolicies, (ctx) => listPolicies(ctx)),
      route(contract.getPolicy, (ctx, { params }) => getPolicy(ctx, params.policy)),
      route(contract.setPolicy, (ctx, { params, body }) => setPolicy(ctx, params.policy, body)),
      route(contract.endPolicy, (ctx, { params, query }) => endPolicy(ctx, params.policy, query.reason)),
      route(contract.createRequest, async (ctx, { body }) => {
        const id = await ask(ctx, body, say, (tx, about) => pointsAt(tx, about, at));
        return getRequest(ctx, id, at);
      }),
      route(contract.listRequests, (ctx, { query }) => listRequests(ctx, query)),
      route(contract.getRequest, (ctx, { params }) => getRequest(ctx, params.request, at)),
      route(contract.decideRequest, async (ctx, { params, body }) => {
        await decide(ctx, params.request, body, say);
        return getRequest(ctx, params.request, at);
      }),
      route(contract.withdrawRequest, async (ctx, { params }) => {
        await withdraw(ctx, params.request);
        return getRequest(ctx, params.request, at);
      }),
      route(contract.promoteRequest, async (ctx, { params }) => {
        await promote(ctx, params.request);
        return getRequest(ctx, params.request, at);
      }),
      route(contract.listReviews, (ctx, { query }) => listReviews(ctx, query)),
      route(contract.closeReview, (ctx, { params, body }) => closeReview(ctx, params.request, body.finding)),
    ],
  };
}
