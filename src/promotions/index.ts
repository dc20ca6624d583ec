import type { Ctx } from '../platform/ctx/index.ts';
import type { Route } from '../platform/http/index.ts';
import type { Environment } from './contract.ts';
import type { Engine } from './engine.ts';
import type { Verdict } from './entry.ts';
import { environments, getEnvironment } from './environments.ts';
import { verdictOn } from './guard.ts';
import { promotionRoutes } from './routes.ts';
import { endpointOf, environmentOf } from './names.ts';

export { guardEnvironments } from './guard.ts';
export { migrations } from './schema.ts';
export { subjects } from './subjects.ts';
export { endpointOf, environmentOf, environments, getEnvironment };

/** The name of the environment that an endpoint is of, if of any. */
export const environmentOfEndpoint = async (ctx: Ctx, endpoint: string): Promise<string | undefined> =>
  environmentOf(await environments(ctx), endpoint)?.name;

/** How the endpoint of a model is called in an environment, which has to be there. */
export const endpointIn = async (ctx: Ctx, environment: string, model: string): Promise<string> =>
  endpointOf(await getEnvironment(ctx, environment), model);

/** Whether a version may come to an environment now, without people's approval. */
export async function mayComeTo(
  ctx: Ctx,
  environment: Environment,
  version: { endpoint: string; model: string; ref: string },
): Promise<Verdict> {
  return verdictOn(ctx, await environments(ctx), environment, version);
}

/** The room with the doors of the rooms below handed in. */
export const openPromotions = (engine: Engine): { routes: Route[] } => ({ routes: promotionRoutes(engine) });
