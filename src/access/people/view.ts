import type { Ctx, Role } from '../../platform/ctx/index.ts';
import type { User, WorkspaceRole } from '../contract.ts';
import { ROLES } from '../roles.ts';
import { requirePerson, selectPeople, selectRoles, type PersonRow, type RoleRow } from './store.ts';

export async function listUsers(ctx: Ctx, all: boolean): Promise<User[]> {
  const [rows, roles] = [await selectPeople(ctx, all), await selectRoles(ctx, { workspace: ctx.workspace })];
  const byPerson = Map.groupBy(roles, ({ person }) => person);
  return rows.map((row) => toUser(row, byPerson.get(row.id) ?? []));
}

export async function userOf(ctx: Ctx, nameOrId: string): Promise<User> {
  const row = await requirePerson(ctx, nameOrId);
  return toUser(row, await selectRoles(ctx, { person: row.id, workspace: ctx.workspace }));
}

function toUser(row: PersonRow, roles: readonly RoleRow[]): User {
  const groups = Map.groupBy(
    roles.filter(({ group }) => group !== undefined),
    ({ group }) => group ?? '',
  );
  return {
    id: row.id,
    name: row.name,
    kind: row.kind === 'service' ? 'service' : 'user',
    owner: row.owner === 1,
    has_password: row.password !== null,
    roles: ofWorkspace(roles.filter(({ group }) => group === undefined).map(({ role }) => role)),
    groups: [...groups].map(([name, some]) => ({ name, roles: ofWorkspace(some.map(({ role }) => role)) })),
    created_at: row.created_at,
    created_by: row.created_by,
    ...(row.full_name === null ? {} : { full_name: row.full_name }),
    ...(row.disabled_at === null ? {} : { disabled_at: row.disabled_at }),
  };
}

/** In the order of the table; `owner` is of no workspace. */
export function ofWorkspace(roles: readonly Role[]): WorkspaceRole[] {
  const of: WorkspaceRole[] = [];
  for (const role of ROLES) if (role !== 'owner' && roles.includes(role)) of.push(role);
  return of;
}
