import type { Ctx, Role } from '../../platform/ctx/index.ts';
import { findPerson, selectRoles, type PersonRow } from './store.ts';

/** A person or a service account, as other rooms see it. */
export interface Person {
  id: string;
  name: string;
  kind: 'user' | 'service';
  disabled: boolean;
}

export const toPerson = (row: PersonRow): Person => ({
  id: row.id,
  name: row.name,
  kind: row.kind === 'service' ? 'service' : 'user',
  disabled: row.disabled_at !== null,
});

/** Who this is; nothing when there is nobody of this id. */
export async function personOf(ctx: Pick<Ctx, 'db'>, userId: string): Promise<Person | undefined> {
  const row = await findPerson(ctx, userId);
  return row?.id === userId ? toPerson(row) : undefined;
}

/** The roles that somebody has in the workspace of `ctx` now, their groups' among them. Who is disabled has none. */
export async function rolesOf(ctx: Pick<Ctx, 'db' | 'workspace'>, userId: string): Promise<Role[]> {
  const row = await findPerson(ctx, userId);
  return row?.id === userId ? rolesIn(ctx, row, ctx.workspace) : [];
}

export async function rolesIn(ctx: Pick<Ctx, 'db'>, row: PersonRow, workspace: string): Promise<Role[]> {
  if (row.disabled_at !== null) return [];
  const found = (await selectRoles(ctx, { person: row.id, workspace })).map(({ role }) => role);
  // A group may bring a service what is for people alone.
  const roles = row.kind === 'service' ? found.filter((role) => role !== 'approver') : found;
  return [...new Set<Role>(row.owner === 1 ? ['owner', ...roles] : roles)];
}
