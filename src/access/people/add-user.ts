import type { Ctx } from '../../platform/ctx/index.ts';
import { invalid } from '../../platform/errors/index.ts';
import { newId } from '../../platform/ids/index.ts';
import type { NewUser, User, WorkspaceRole } from '../contract.ts';
import { hashPassword, requirePassword } from './password.ts';
import { insertPerson, replaceRoles, type PersonRow } from './store.ts';
import { userOf } from './view.ts';

/** Adds a person; with roles, to the workspace of `ctx`. Without a password they cannot sign in with one. */
export async function addUser(
  ctx: Ctx,
  input: NewUser & {
    /** By what a directory knows them. */
    external_id?: string;
  },
): Promise<User> {
  const name = input.name.toLowerCase();
  if (input.password !== undefined) requirePassword(input.password, name);
  const password = input.password === undefined ? null : await hashPassword(input.password);
  return add(ctx, {
    kind: 'user',
    name,
    full_name: input.full_name ?? null,
    password,
    owner: input.owner === true ? 1 : 0,
    external_id: input.external_id ?? null,
    roles: input.roles ?? [],
  });
}

/** Adds an account of programs: it has tokens only, and is of the workspaces that gave it a role. */
export async function addService(ctx: Ctx, input: { name: string; roles: WorkspaceRole[] }): Promise<User> {
  return add(ctx, {
    kind: 'service',
    name: input.name.toLowerCase(),
    full_name: null,
    password: null,
    owner: 0,
    external_id: null,
    roles: withoutApproval(input.roles),
  });
}

/** An account of programs approves nothing, so that a role which says so would only mislead. */
export function withoutApproval(roles: WorkspaceRole[]): WorkspaceRole[] {
  if (roles.includes('approver'))
    throw invalid('a service account approves nothing', { field: 'roles', hint: 'give it viewer or editor' });
  return roles;
}

async function add(
  ctx: Ctx,
  {
    roles,
    ...given
  }: Pick<PersonRow, 'kind' | 'name' | 'full_name' | 'password' | 'owner' | 'external_id'> & {
    roles: WorkspaceRole[];
  },
): Promise<User> {
  if (/^[0-9a-f]{32}$/.test(given.name))
    throw invalid('this name has the form of an id', { field: 'name', hint: 'choose another' });
  const id = newId(ctx.clock.now());
  return ctx.write(async (tx) => {
    await insertPerson(tx, {
      ...given,
      id,
      issuer: null,
      subject: null,
      disabled_at: null,
      removed_at: null,
      created_at: ctx.clock.now(),
      created_by: ctx.actor.name,
    });
    await replaceRoles(tx, id, roles);
    await tx.record({
      action: 'user.added',
      resource: `user:${id}`,
      after: { kind: given.kind, owner: given.owner === 1, roles },
    });
    await tx.emit({ type: 'user.added', subject: `user:${id}` });
    return userOf(tx, id);
  });
}
