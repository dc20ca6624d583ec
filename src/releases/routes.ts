import { conflict } from '../platform/errors/index.ts';
import { route, type Route } from '../platform/http/index.ts';
import * as contract from './contract.ts';
import type { Engine } from './engine.ts';
import type { ReleaseJob } from './jobs.ts';
import { askToCancel, createRelease } from './request.ts';
import { requireRelease } from './store.ts';
import { decide } from './rollout/decide.ts';
import { getRelease, listReleases } from './views.ts';

export const releaseRoutes = (engine: Engine, job: ReleaseJob): Route[] => [
  route(contract.createRelease, async (ctx, { body }) =>
    getRelease(ctx, await createRelease(ctx, body, engine, job)),
  ),
  route(contract.listReleases, (ctx, { query }) => listReleases(ctx, query)),
  route(contract.getRelease, (ctx, { params }) => getRelease(ctx, params.release)),
  route(contract.decideRelease, async (ctx, { params, body }) => {
    await decide(ctx, engine, params.release, body);
    return getRelease(ctx, params.release);
  }),
  route(contract.cancelRelease, async (ctx, { params }) => {
    await ctx.write(async (tx) => {
      const row = await requireRelease(tx, params.release);
      if (row.ended_at !== null)
        throw conflict(`this release has ended already: it is ${row.state}`, {
          field: 'release',
          hint: 'only a release that has not ended can be cancelled',
        });
      await askToCancel(tx, row, tx.actor.name, engine);
    });
    return getRelease(ctx, params.release);
  }),
];
