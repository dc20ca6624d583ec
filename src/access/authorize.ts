import type { Ctx, Resource } from '../platform/ctx/index.ts';
import { forbidden } from '../platform/errors/index.ts';
import type { About, Action, Endpoint } from '../platform/http/contract.ts';
import type { Said } from '../platform/http/index.ts';
import { decide, whatOpens, type Decision } from './decide.ts';

/**
 * What a room knows of what a request names: the thing that grants are about. The name of a model that was renamed, the experiment of a
 * run. Undefined where there is none: only roles count then.
 */
export type Resolvers = Readonly<Record<string, (ctx: Ctx, value: unknown) => Found | Promise<Found>>>;
/** Of several it is enough that one is open: an endpoint, or the environment that it is of. */
type Found = Resource | readonly Resource[] | undefined;

/**
 * The one question of every request. Roles decide at once; where they do not, and the route says what it is about, and the caller has
 * grants, what it returns asks again with what the request names. Everything else is `forbidden`.
 */
export function authorize(
  ctx: Ctx,
  { action, about }: Pick<Endpoint, 'action' | 'about'>,
  resolvers: Resolvers,
): ((said: Said) => Promise<void>) | undefined {
  const decision = decide(ctx.actor, action);
  if (decision.allowed) return undefined;
  if (about === undefined || ctx.actor.grants === undefined) throw refused(ctx, action, decision);
  return (said) => bySubject(ctx, action, about, said, resolvers);
}

/** Things that one request may name of those that only grants open: each is looked up. */
const MOST = 1000;

async function bySubject(
  ctx: Ctx,
  action: Action,
  about: readonly About[],
  said: Said,
  resolvers: Resolvers,
): Promise<void> {
  let named = 0;
  for (const one of about) {
    if ('listed' in one) continue;
    if ('any' in one) {
      need(ctx, action, one);
      named++;
      continue;
    }
    const values = valuesAt(said[one.in], one.field);
    if ((values.length === 0 && one.optional !== true) || values.length > MOST) throw refused(ctx, action);
    for (const value of values) {
      const found = await resolvers[one.kind]?.(ctx, value);
      need(ctx, one.verb === undefined ? action : `${one.kind}:${one.verb}`, found);
      named++;
    }
  }
  const listed = about.find((one) => 'listed' in one);
  if (named === 0) need(ctx, action, listed);
}

function need(ctx: Ctx, action: Action, found: Found): void {
  const [first, ...others]: readonly Resource[] =
    found === undefined ? [] : 'kind' in found ? [found] : found;
  const decision = decide(ctx.actor, action, first);
  if (decision.allowed || others.some((one) => decide(ctx.actor, action, one).allowed)) return;
  throw refused(ctx, action, decision);
}

/** What stands in a field, each for itself where it is a list; nothing where nothing does. */
function valuesAt(value: unknown, field: string): unknown[] {
  let at = [value];
  for (const part of field === '' ? [] : field.split('.'))
    at = at.flatMap((one): unknown[] => {
      if (typeof one !== 'object' || one === null) return [];
      if (part === '{}') return Object.keys(one);
      if (!Object.hasOwn(one, part)) return [];
      const within: unknown = (one as Record<string, unknown>)[part];
      return Array.isArray(within) ? (within as unknown[]) : [within];
    });
  return [...new Set(at)].filter((one) => one !== undefined && one !== null && one !== '');
}

/** Says nothing of what is there: whoever may not see a thing does not hear whether it exists. */
function refused({ actor }: Ctx, action: Action, decision?: Decision): Error {
  const because = decision === undefined ? '' : `: ${decision.because}`;
  const what = actor.role === 'guest' ? 'has no role here' : `is ${actor.role}`;
  return forbidden(`'${actor.name}' ${what} and may not do this (${action})${because}`, {
    hint: whatOpens(actor, action),
  });
}
