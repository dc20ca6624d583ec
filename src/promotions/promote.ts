import { getVersion } from '../models/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { conflict } from '../platform/errors/index.ts';
import { newId } from '../platform/ids/index.ts';
import type { Engine } from './engine.ts';
import { environments } from './environments.ts';
import { refused, verdictOn } from './guard.ts';
import { endpointOf, environmentOf } from './names.ts';
import { noEnvironment } from './store.ts';

/** Asks for the release that brings a version to an environment. What the environment forbids is refused now, with when it will not be. Returns the release's id. */
export async function promote(
  ctx: Ctx,
  engine: Engine,
  name: string,
  { model, version: which, at_once = false }: { model: string; version: string; at_once?: boolean },
): Promise<string> {
  const all = await environments(ctx);
  const environment = all.find((one) => one.name === name);
  if (!environment) throw noEnvironment(name);
  const version = await getVersion(ctx, model, which.replace(/^v(?=\d)/, ''));
  const endpoint = endpointOf(environment, version.model);
  // The endpoint tells whose rules hold: it must be of the environment that is named.
  const whose = environmentOf(all, endpoint);
  if (whose && whose.name !== environment.name)
    throw conflict(
      `${version.model} would answer at ${endpoint} in ${environment.name}, and that is an endpoint of ${whose.name}`,
      {
        field: 'model',
        hint: `give it another one there: treadle environment set ${environment.name} --model ${version.model}=NAME, with all else that holds for it`,
      },
    );
  const current = (await engine.serving.find(ctx, endpoint))?.current;
  const stays = current?.variants.some(({ version_ref }) => version_ref === version.ref) === true;
  const verdict = await verdictOn(ctx, all, environment, {
    endpoint,
    model: version.model,
    ref: version.ref,
  });
  if (!stays && !verdict.ok) throw refused(environment, endpoint, version, verdict);
  const [other] = (await engine.releases.underWay(ctx, [endpoint])).filter(
    (one) => one.version_ref !== version.ref,
  );
  if (other)
    throw conflict(
      `release ${other.id} is bringing ${other.model} v${other.version} to ${endpoint} (${other.state})`,
      { field: 'version', hint: `wait for its end, or: treadle cancel ${other.id}` },
    );
  // What comes back is known already, and mostly in a hurry.
  const { rollout } = environment.terms;
  const gradually = rollout && !at_once && current && !(verdict.ok && verdict.how === 'going_back');
  return engine.releases.request(
    ctx,
    {
      model: version.model,
      version: String(version.version),
      deploy: { endpoint, ...(gradually ? { rollout } : {}) },
    },
    newId(ctx.clock.now()),
  );
}
