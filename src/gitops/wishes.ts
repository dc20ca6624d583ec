import { createHash } from 'node:crypto';
import { getModel, getVersion, tellModelVersions } from '../models/index.ts';
import type { RolloutWish } from '../pipelines/contract.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { TreadleError } from '../platform/errors/index.ts';
import { canonical } from '../platform/json/index.ts';
import { endpointOf, environmentOf } from '../promotions/index.ts';
import type { Environment } from '../promotions/contract.ts';
import type { DesiredState } from './contract.ts';

/** What Git says of one endpoint, and which version that is here. */
export interface Wish {
  /** Where the file says it: `models.flights`. */
  key: string;
  endpoint: string;
  model: string;
  which: number | string;
  rollout: RolloutWish | undefined;
  /** Digest of what is wished: another commit that says the same of it is no other wish. */
  sum: string;
  /** Undefined where there is no such version. */
  version: { number: number; ref: string; model: string } | undefined;
}

/** Each thing that a file says, as it says it. */
export const saidIn = ({ models = {}, endpoints = {} }: DesiredState): ReadonlyMap<string, string> =>
  new Map([
    ...Object.entries(models).map(([model, wish]) => [`models.${model}`, canonical(wish)] as const),
    ...Object.entries(endpoints).map(([name, wish]) => [`endpoints.${name}`, canonical(wish)] as const),
  ]);

/** Why a file cannot be applied as a whole: it says two things of one endpoint, or of an endpoint of another environment. */
export function quarrelIn(
  { models = {}, endpoints = {} }: DesiredState,
  environment: Environment,
  all: readonly Environment[],
): string | undefined {
  const said = new Map<string, string>();
  for (const [endpoint, place] of [
    ...Object.keys(models).map((model) => [endpointOf(environment, model), `models.${model}`] as const),
    ...Object.keys(endpoints).map((endpoint) => [endpoint, `endpoints.${endpoint}`] as const),
  ]) {
    const other = said.get(endpoint);
    if (other !== undefined) return `${other} and ${place} both say what answers at endpoint ${endpoint}`;
    said.set(endpoint, place);
    const whose = environmentOf(all, endpoint);
    if (whose && whose.name !== environment.name)
      return `${place}: ${endpoint} is an endpoint of ${whose.name}, and only what ${whose.name} follows may name it`;
  }
  return undefined;
}

/** Versions that are looked through for a digest, from the newest on. */
const MOST = 1_000;

export async function wishesOf(
  ctx: Ctx,
  { models = {}, endpoints = {} }: DesiredState,
  environment: Environment,
): Promise<Wish[]> {
  type Said = {
    key: string;
    endpoint: string;
    model: string;
    version: number | string;
    rollout?: RolloutWish | false;
  };
  const said: Said[] = [
    ...Object.entries(models).map(([model, wish]): Said => ({
      key: `models.${model}`,
      endpoint: endpointOf(environment, model),
      model,
      ...(typeof wish === 'object' ? wish : { version: wish }),
    })),
    ...Object.entries(endpoints).map(([endpoint, wish]): Said => {
      const key = `endpoints.${endpoint}`;
      if (typeof wish !== 'string') return { key, endpoint, ...wish };
      const at = wish.lastIndexOf('@');
      return {
        key,
        endpoint,
        model: wish.slice(0, at),
        version: Number(wish.slice(at + 1).replace('v', '')),
      };
    }),
  ];
  return Promise.all(
    said.map(async ({ key, endpoint, model, version: which, rollout: own }): Promise<Wish> => {
      const rollout = own === false ? undefined : (own ?? environment.terms.rollout);
      const version = await versionOf(ctx, model, which);
      return {
        key,
        endpoint,
        model,
        which,
        rollout,
        version,
        sum: createHash('sha256')
          .update(canonical({ ref: version?.ref ?? null, rollout: rollout ?? null }))
          .digest('hex'),
      };
    }),
  );
}

async function versionOf(ctx: Ctx, model: string, which: number | string): Promise<Wish['version']> {
  try {
    const number = typeof which === 'number' ? which : await withDigest(ctx, model, which);
    if (number === undefined) return undefined;
    const { version, ref, model: name } = await getVersion(ctx, model, String(number));
    return { number: version, ref, model: name };
  } catch (error) {
    if (error instanceof TreadleError && error.kind === 'missing') return undefined;
    throw error;
  }
}

async function withDigest(ctx: Ctx, model: string, digest: string): Promise<number | undefined> {
  const { ref } = await getModel(ctx, model);
  const { version: newest } = await getVersion(ctx, model, 'latest');
  const refs = Array.from(
    { length: Math.min(newest, MOST) },
    (_, i) => `${ref.replace(/^model:/, 'model_version:')}/${newest - i}`,
  );
  const told = await tellModelVersions(ctx, refs);
  const found = refs.find((one) => told.get(one)?.facts.registered?.digest === digest);
  return found === undefined ? undefined : Number(found.slice(found.lastIndexOf('/') + 1));
}
