import type { Environment } from './contract.ts';

/** Which endpoint is a model's in an environment, and of which environment an endpoint is: pure. */

export type Named = Pick<Environment, 'name' | 'position'> & {
  terms: Pick<Environment['terms'], 'endpoints' | 'models'>;
};

const MODEL = '{model}';

export const endpointOf = ({ terms }: Named, model: string): string =>
  Object.hasOwn(terms.models, model) ? terms.models[model]! : terms.endpoints.replace(MODEL, () => model);

/**
 * The one environment that an endpoint is of: the one that names it, else the one whose pattern says most of its name. So with
 * `{model}` for production and `{model}-staging`, the endpoint flights-staging is staging's.
 */
export function environmentOf<T extends Named>(all: readonly T[], endpoint: string): T | undefined {
  const named = all.find(({ terms }) => Object.values(terms.models).includes(endpoint));
  if (named) return named;
  let found: { environment: T; says: number } | undefined;
  for (const environment of all) {
    const [before = '', after = ''] = environment.terms.endpoints.split(MODEL);
    const says = before.length + after.length;
    if (endpoint.length <= says || !endpoint.startsWith(before) || !endpoint.endsWith(after)) continue;
    if (!found || says > found.says) found = { environment, says };
  }
  return found?.environment;
}

/** Where a model is before it may come to an environment; undefined of the first. */
export const before = <T extends Named>(all: readonly T[], { position }: Named): T | undefined =>
  all.findLast((one) => one.position < position);

export const after = <T extends Named>(all: readonly T[], { position }: Named): T | undefined =>
  all.find((one) => one.position > position);

/** Why two environments cannot stand beside each other: an endpoint would be of both. */
export function clash(one: Named, other: Named): string | undefined {
  if (one.position === other.position) return `position ${one.position} is that of ${other.name}`;
  if (one.terms.endpoints === other.terms.endpoints)
    return `its endpoints would be called as those of ${other.name}: ${one.terms.endpoints}`;
  const theirs = new Set(Object.values(other.terms.models));
  const both = Object.values(one.terms.models).find((endpoint) => theirs.has(endpoint));
  if (both !== undefined) return `endpoint ${both} is one of ${other.name}`;
  // What one names is what the other calls that very model's.
  for (const [mine, its] of [
    [one, other],
    [other, one],
  ] as const)
    for (const [model, endpoint] of Object.entries(mine.terms.models))
      if (endpointOf(its, model) === endpoint)
        return `endpoint ${endpoint} of ${model} would be that of ${one.name} and of ${other.name}`;
  // Two patterns that say equally much: an endpoint could be called as both say.
  const says = ({ terms }: Named): number => terms.endpoints.length;
  if (says(one) === says(other) && overlap(one.terms.endpoints, other.terms.endpoints))
    return `an endpoint could be called as ${one.terms.endpoints} and as ${other.terms.endpoints}, which is that of ${other.name}`;
  return undefined;
}

function overlap(one: string, other: string): boolean {
  const [[a = '', b = ''], [c = '', d = '']] = [one.split(MODEL), other.split(MODEL)];
  return (a.startsWith(c) || c.startsWith(a)) && (b.endsWith(d) || d.endsWith(b));
}
