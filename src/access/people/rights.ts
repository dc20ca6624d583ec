import type { Ctx, Grants, Resource, Role } from '../../platform/ctx/index.ts';
import { holding } from '../grants/held.ts';
import { keptGrants } from '../grants/kept.ts';
import { selectGrantsOf } from '../grants/store.ts';
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

/** Who is called so, or has this id. */
export async function personCalled(ctx: Pick<Ctx, 'db'>, nameOrId: string): Promise<Person | undefined> {
  const row = await findPerson(ctx, nameOrId);
  return row && toPerson(row);
}

/** What somebody may in a workspace: read once, asked of as many things as there are. */
export interface Rights {
  person: Person;
  roles: readonly Role[];
  /** As what grants let them act on any of these things. */
  granted(resources: readonly Resource[]): readonly Role[];
}

/** Of the workspace of `ctx` now; nothing where there is nobody of this id. Who is disabled has none; a service approves nothing. */
export async function rightsOf(
  ctx: Pick<Ctx, 'db' | 'workspace'>,
  userId: string,
): Promise<Rights | undefined> {
  const row = await findPerson(ctx, userId);
  if (row?.id !== userId) return undefined;
  const grants = await grantsIn(ctx, row, ctx.workspace);
  return {
    person: toPerson(row),
    roles: await rolesIn(ctx, row, ctx.workspace),
    granted: (resources) => resources.flatMap((resource) => grants?.on(resource) ?? []),
  };
}

/** Somebody's grants on single things; undefined where they have none, or a role that says all of it anyway. */
export async function grantsIn(
  ctx: Pick<Ctx, 'db'>,
  row: PersonRow,
  workspace: string,
  { roles = [], most }: { roles?: readonly Role[]; most?: Role } = {},
): Promise<Grants | undefined> {
  if (row.disabled_at !== null || roles.some((role) => role === 'admin' || role === 'owner'))
    return undefined;
  return keptGrants(ctx, `${row.id} ${workspace} ${most ?? ''}`, async () => {
    const found = await selectGrantsOf(ctx, row.id, workspace);
    if (found.length === 0) return undefined;
    // A group may bring a service what is for people alone.
    const said =
      row.kind === 'service'
        ? found.map((one) => (one.level === 'approver' ? { ...one, level: 'viewer' as const } : one))
        : found;
    return holding(said, most);
  });
}

export async function rolesIn(ctx: Pick<Ctx, 'db'>, row: PersonRow, workspace: string): Promise<Role[]> {
  if (row.disabled_at !== null) return [];
  const found = (await selectRoles(ctx, { person: row.id, workspace })).map(({ role }) => role);
  // A group may bring a service what is for people alone.
  const roles = row.kind === 'service' ? found.filter((role) => role !== 'approver') : found;
  return [...new Set<Role>(row.owner === 1 ? ['owner', ...roles] : roles)];
}
