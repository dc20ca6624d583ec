import type { Ctx } from '../platform/ctx/index.ts';
import { route, type Route } from '../platform/http/index.ts';
import * as contract from './contract.ts';
import { openMasters } from './master.ts';
import { deleteSecret, labelsOf, listSecrets, rotate, setSecret, valuesFor } from './secrets.ts';

export { requireMasters } from './require-masters.ts';
export { migrations } from './schema.ts';

export interface Secrets {
  routes: Route[];
  /** Which values these would be, without them: the same text as long as nobody gives another. */
  labels(ctx: Ctx, names: readonly string[]): Promise<Record<string, string>>;
  /** The values for steps of a pipeline, by the variables that they come in; refused where it may not name one. */
  values(ctx: Ctx, pipeline: string, names: readonly string[]): Promise<Record<string, string>>;
}

/** The room. The key is made when the first secret is set. */
export function openSecrets({ keyFile }: { keyFile: string }): Secrets {
  const masters = openMasters(keyFile);
  let last: Promise<unknown> = Promise.resolve();
  /** One after the other: a value that is sealed while the key is rotated would be sealed with a key that is forgotten. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const own = last.then(work);
    last = own.catch(() => undefined);
    return own;
  };
  return {
    labels: labelsOf,
    values: (ctx, pipeline, names) => valuesFor(ctx, masters, pipeline, names),
    routes: [
      route(contract.listSecrets, (ctx) => listSecrets(ctx)),
      route(contract.setSecret, (ctx, { params, query, body }) =>
        inTurn(() => setSecret(ctx, masters, { name: params.secret, environment: query.environment }, body)),
      ),
      route(contract.deleteSecret, async (ctx, { params, query }) => {
        await deleteSecret(ctx, query.environment ?? '', params.secret);
        return {};
      }),
      route(contract.rotateSecretsKey, (ctx) => inTurn(() => rotate(ctx, masters))),
    ],
  };
}
