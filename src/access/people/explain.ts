import type { Static } from 'typebox';
import type { Actor, Ctx, Role } from '../../platform/ctx/index.ts';
import { invalid } from '../../platform/errors/index.ts';
import type { Action } from '../../platform/http/contract.ts';
import type { explainAccess } from '../contract.ts';
import { decide, POLICY } from '../decide.ts';
import { strongest } from '../roles.ts';
import { requirePerson, selectRoles, unknownPerson } from './store.ts';
import { rolesIn } from './rights.ts';

type Explanation = Static<(typeof explainAccess)['response']>;

/** Why may she? The very function and table that decide, asked for somebody as they would come in now. */
export async function explain(ctx: Ctx, input: { user?: string; action: string }): Promise<Explanation> {
  const action = toAction(input.action);
  const rules = POLICY.map(({ verb, roles, says }) => ({ verb, roles: [...roles], says }));
  const { user = ctx.actor.user } = input;
  if (user === undefined) {
    const roles = [...(ctx.actor.roles ?? [ctx.actor.role])].map((role) => ({ role, from: 'itself' }));
    return { ...decide(ctx.actor, action), roles, rules };
  }
  const row = await requirePerson(ctx, user);
  const found = await selectRoles(ctx, { person: row.id, workspace: ctx.workspace });
  // Who is only elsewhere is nobody's business here.
  if (found.length === 0 && row.owner === 0 && ctx.actor.role !== 'owner' && ctx.actor.user !== row.id)
    throw unknownPerson(user);
  const roles = [
    ...(row.owner === 1 ? [{ role: 'owner' as const, from: 'server' }] : []),
    ...found.map(({ role, group }) => ({ role, from: group === undefined ? 'itself' : `group ${group}` })),
  ];
  if (row.disabled_at !== null) return { allowed: false, because: 'the account is disabled', roles, rules };
  const held = await rolesIn(ctx, row, ctx.workspace);
  const role = strongest(held);
  if (role === undefined)
    return { allowed: false, because: `no role in workspace '${ctx.workspace}'`, roles, rules };
  return { ...decide(actorOf(row, role, held), action), roles, rules };
}

/** Somebody as they come in by themselves: a person who signed in, or a service with a token that takes nothing away. */
export const actorOf = (
  { id, kind, name }: { id: string; kind: string; name: string },
  role: Role,
  roles: readonly Role[],
): Actor =>
  kind === 'service'
    ? { kind: 'service', id, name, role, roles }
    : { kind: 'user', id, name, role, roles, user: id };

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
