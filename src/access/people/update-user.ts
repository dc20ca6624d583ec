import type { Ctx, Tx } from '../../platform/ctx/index.ts';
import { conflict, invalid } from '../../platform/errors/index.ts';
import type { User, WorkspaceRole } from '../contract.ts';
import { withoutApproval } from './add-user.ts';
import { endSessionsOf } from '../sessions/session.ts';
import { hashPassword, requirePassword } from './password.ts';
import {
  anotherOwner,
  findPerson,
  replaceRoles,
  requirePerson,
  updatePerson,
  type PersonRow,
} from './store.ts';
import { userOf } from './view.ts';

/** Whoever remembers callers, or holds a stream open for one, asks anew when it hears this. */
export const RIGHTS_CHANGED = 'user.rights_changed';

/** Disables, enables, names, or makes an owner of the server. Nobody locks themselves out. */
export function updateUser(
  ctx: Ctx,
  nameOrId: string,
  change: {
    disabled?: boolean;
    owner?: boolean;
    full_name?: string | null;
    /** What they sign in with from now on. */
    name?: string;
    external_id?: string | null;
  },
): Promise<User> {
  return ctx.write(async (tx) => {
    const before = await requirePerson(tx, nameOrId);
    if (ctx.actor.user === before.id && (change.disabled === true || change.owner === false))
      throw conflict('nobody takes their own access away', {
        field: change.disabled === true ? 'disabled' : 'owner',
        hint: 'ask another owner of the server',
      });
    if (change.disabled === true || change.owner === false) await keepAnOwner(tx, before);
    if (before.kind === 'service' && change.owner === true)
      throw invalid('a service account is no owner of the server', { field: 'owner' });
    const name = (change.name ?? before.name).toLowerCase();
    if (name !== before.name && (await findPerson(tx, name)))
      throw conflict(`there is a user or service '${name}' already`, { field: 'name' });
    const { disabled = before.disabled_at !== null, owner = before.owner === 1 } = change;
    const disabled_at = disabled ? (before.disabled_at ?? ctx.clock.now()) : null;
    await updatePerson(tx, before.id, {
      disabled_at,
      owner: owner ? 1 : 0,
      name,
      external_id: change.external_id === undefined ? before.external_id : change.external_id,
      full_name: change.full_name === undefined ? before.full_name : change.full_name,
    });
    await tx.record({
      action: 'user.updated',
      resource: `user:${before.id}`,
      before: { disabled: before.disabled_at !== null, owner: before.owner === 1 },
      after: { disabled, owner },
    });
    if (disabled) await endSessionsOf(tx, before.id);
    await tx.emit({ type: RIGHTS_CHANGED, subject: `user:${before.id}` });
    return userOf(tx, before.id);
  });
}

/** The last owner who can sign in stays one: only the machine's own owner, who comes in without, takes that away. */
export async function keepAnOwner(tx: Tx, row: PersonRow): Promise<void> {
  const signsIn = row.password !== null || row.issuer !== null;
  if (tx.actor.kind === 'owner' || row.owner === 0 || row.disabled_at !== null || !signsIn) return;
  if (await anotherOwner(tx, row.id)) return;
  throw conflict(`'${row.name}' is the only owner of the server who can sign in`, {
    field: 'user',
    hint: 'make somebody else an owner first: treadle user add NAME --owner, on the machine of the server',
  });
}

/** Says which roles somebody has in the workspace of `ctx`, besides what groups bring. */
export function setRoles(ctx: Ctx, nameOrId: string, roles: WorkspaceRole[]): Promise<User> {
  return ctx.write(async (tx) => {
    const { id, kind } = await requirePerson(tx, nameOrId);
    if (kind === 'service') withoutApproval(roles);
    const before = (await userOf(tx, id)).roles;
    await replaceRoles(tx, id, roles);
    const user = await userOf(tx, id);
    await tx.record({
      action: 'user.roles_set',
      resource: `user:${id}`,
      before: { roles: before },
      after: { roles: user.roles },
    });
    await tx.emit({ type: RIGHTS_CHANGED, subject: `user:${id}` });
    return user;
  });
}

/** Sets a new password; what was opened with the old one ends. */
export async function setPassword(ctx: Ctx, nameOrId: string, password: string): Promise<User> {
  const { id, kind, name } = await requirePerson(ctx, nameOrId);
  if (kind === 'service')
    throw invalid('a service account has no password', {
      field: 'user',
      hint: 'make a token for it: treadle token create NAME --service NAME',
    });
  requirePassword(password, name);
  const hash = await hashPassword(password);
  return ctx.write(async (tx) => {
    await updatePerson(tx, id, { password: hash });
    await endSessionsOf(tx, id);
    await tx.record({ action: 'user.password_set', resource: `user:${id}` });
    await tx.emit({ type: RIGHTS_CHANGED, subject: `user:${id}` });
    return userOf(tx, id);
  });
}
