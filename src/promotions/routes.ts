import { sees } from '../access/index.ts';
import { route, type Route } from '../platform/http/index.ts';
import { getBoard } from './board.ts';
import * as contract from './contract.ts';
import type { Engine } from './engine.ts';
import { deleteEnvironment, environments, getEnvironment, setEnvironment } from './environments.ts';
import { promote } from './promote.ts';
import { selectPromotions } from './store.ts';

export const promotionRoutes = (engine: Engine): Route[] => [
  route(contract.listEnvironments, async (ctx) => ({
    items: (await environments(ctx)).filter(({ name }) => sees(ctx, { kind: 'environment', name })),
  })),
  route(contract.getBoard, (ctx) => getBoard(ctx, engine)),
  route(contract.getEnvironment, (ctx, { params }) => getEnvironment(ctx, params.environment)),
  route(contract.setEnvironment, (ctx, { params, body }) => setEnvironment(ctx, params.environment, body)),
  route(contract.deleteEnvironment, async (ctx, { params, query }) => {
    await deleteEnvironment(ctx, params.environment, query.reason);
    return {};
  }),
  route(contract.promoteVersion, async (ctx, { params, body }) =>
    engine.releases.get(ctx, await promote(ctx, engine, params.environment, body)),
  ),
  route(contract.listPromotions, async (ctx, { params, query }) => {
    await getEnvironment(ctx, params.environment);
    const rows = await selectPromotions(ctx, {
      environment: params.environment,
      model: query.model,
      limit: query.limit ?? 100,
    });
    return {
      items: rows.map(({ workspace: _workspace, move_key: _key, how, ...row }) => ({
        ...row,
        how: how === 'going_back' ? ('going_back' as const) : ('promoted' as const),
      })),
    };
  }),
];
