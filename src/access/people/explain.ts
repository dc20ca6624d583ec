import type { Static } from 'typebox';
import type { Actor, Ctx, Grants, Resource, Role } from '../../platform/ctx/index.ts';
import { invalid } from '../../platform/errors/index.ts';
import type { Action } from '../../platform/http/contract.ts';
import { fits } from '../../platform/patterns/index.ts';
import type { explainAccess, GrantKind } from '../contract.ts';
import { decide, POLICY, rolesHere } from '../decide.ts';
import { kindOf, ofGrant } from '../grants/grants.ts';
import { selectGrantsOf } from '../grants/store.ts';
import { strongest } from '../roles.ts';
import { requirePerson, selectRoles, unknownPerson } from './store.ts';
import { grantsIn, rolesIn } from './rights.ts';

type Explanation = Static<(typeof explainAccess)['response']>;

/** Why may she? The very function and table that decide, asked for somebody as they would come in now. */
export async function explain(
  ctx: Ctx,
  input: { user?: string; action: string; kind?: GrantKind; name?: string },
): Promise<Explanation> {
  const action = toAction(input.action);
  const resource = resourceOf(input);
  const rules = POLICY.map(({ verb, roles, says, granted }) => ({ verb, roles: [...roles], says, granted }));
  const { user = ctx.actor.user } = input;
  if (user === undefined) {
    const roles = rolesHere(ctx.actor).map((role) => ({ role, from: 'itself' }));
    const grants = ctx.actor.kind === 'service' ? await grantsFor(ctx, ctx.actor.id, resource) : [];
    return { ...decide(ctx.actor, action, resource), roles, grants, rules };
  }
  const row = await requirePerson(ctx, user);
  const found = await selectRoles(ctx, { person: row.id, workspace: ctx.workspace });
  const grants = await grantsFor(ctx, row.id, resource);
  // Who is only elsewhere is nobody's business here.
  const here = found.length > 0 || (await selectGrantsOf(ctx, row.id, ctx.workspace)).length > 0;
  if (!here && row.owner === 0 && ctx.actor.role !== 'owner' && ctx.actor.user !== row.id)
    throw unknownPerson(user);
  const roles = [
    ...(row.owner === 1 ? [{ role: 'owner' as const, from: 'server' }] : []),
    ...found.map(({ role, group }) => ({ role, from: group === undefined ? 'itself' : `group ${group}` })),
  ];
  if (row.disabled_at !== null)
    return { allowed: false, because: 'the account is disabled', roles, grants, rules };
  const held = await rolesIn(ctx, row, ctx.workspace);
  const given = await grantsIn(ctx, row, ctx.workspace);
  const role = strongest(held) ?? (given === undefined ? undefined : ('guest' as const));
  if (role === undefined) {
    const because = `no role and no grant in workspace '${ctx.workspace}'`;
    return { allowed: false, because, roles, grants, rules };
  }
  return { ...decide(actorOf(row, role, held, given), action, resource), roles, grants, rules };
}

function resourceOf({ kind, name }: { kind?: GrantKind; name?: string }): Resource | undefined {
  if (kind === undefined && name === undefined) return undefined;
  if (kind !== undefined && name !== undefined) return { kind, name };
  throw invalid('a thing has a kind and a name', {
    field: kind === undefined ? 'kind' : 'name',
    hint: 'say both, or neither: model and flights',
  });
}

/** What they are granted: of one thing, or of all. */
async function grantsFor(
  ctx: Ctx,
  person: string,
  resource: Resource | undefined,
): Promise<Explanation['grants']> {
  const found = await selectGrantsOf(ctx, person, ctx.workspace);
  return found
    .filter(
      ({ kind, name }) =>
        resource === undefined || (kind === resource.kind && 'name' in resource && fits(name, resource.name)),
    )
    .map(({ level, kind, name, group }) => ({
      level: ofGrant(level),
      kind: kindOf(kind),
      name,
      from: group === null ? 'itself' : `group ${group}`,
    }));
}

/** Somebody as they come in by themselves: a person who signed in, or a service with a token that takes nothing away. */
export const actorOf = (
  { id, kind, name }: { id: string; kind: string; name: string },
  role: Actor['role'],
  roles: readonly Role[],
  grants?: Grants,
): Actor => {
  const held = { id, name, role, roles, ...(grants === undefined ? {} : { grants }) };
  return kind === 'service' ? { kind: 'service', ...held } : { kind: 'user', ...held, user: id };
};

const VERBS = ['read', 'write', 'approve', 'admin', 'own'] as const;

function toAction(text: string): Action {
  const [noun = '', ending, ...rest] = text.split(':');
  const verb = VERBS.find((one) => one === ending);
  if (verb !== undefined && rest.length === 0 && /^[a-z_]+$/.test(noun)) return `${noun}:${verb}`;
  throw invalid(`'${text}' is no action`, {
    field: 'action',
    hint: 'write a noun and read, write, approve, admin or own: run:write',
  });
}
