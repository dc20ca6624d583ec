import type { Ctx, Tx } from '../../platform/ctx/index.ts';
import { newId } from '../../platform/ids/index.ts';
import { requirePlainName } from '../../platform/scripts/index.ts';
import type { Group, WorkspaceRole } from '../contract.ts';
import { dropGrantsOf, selectGrantedGroups } from '../grants/store.ts';
import {
  deleteGroup,
  insertGroup,
  replaceGroupRoles,
  replaceMembers,
  requireGroup,
  requirePerson,
  selectGroupRoles,
  selectGroups,
  selectMembers,
  selectPeople,
  type GroupRow,
} from './store.ts';
import { RIGHTS_CHANGED } from './update-user.ts';
import { ofWorkspace } from './view.ts';

/** Those that bring roles or grants here, with the members that are seen here; an owner of the server sees all of both. */
export async function listGroups(ctx: Ctx): Promise<Group[]> {
  const all = ctx.actor.role === 'owner';
  const groups = await selectGroups(ctx);
  const roles = Map.groupBy(await selectGroupRoles(ctx), ({ group_id }) => group_id);
  const members = Map.groupBy(await selectMembers(ctx), ({ group_id }) => group_id);
  const names = new Map((await selectPeople(ctx, all)).map(({ id, name }) => [id, name]));
  const granted = await selectGrantedGroups(ctx);
  return groups
    .filter(({ id }) => all || roles.has(id) || granted.has(id))
    .map((row) => ({
      id: row.id,
      name: row.name,
      roles: ofWorkspace((roles.get(row.id) ?? []).map(({ role }) => role)),
      members: (members.get(row.id) ?? []).flatMap(({ person }) => names.get(person) ?? []).toSorted(),
      created_at: row.created_at,
    }));
}

export async function addGroup(ctx: Ctx, name: string, external?: string): Promise<Group> {
  requirePlainName('group', name, 'name');
  const row: GroupRow = {
    id: newId(ctx.clock.now()),
    name,
    external_id: external ?? null,
    created_at: ctx.clock.now(),
    created_by: ctx.actor.name,
  };
  return ctx.write(async (tx) => {
    await insertGroup(tx, row);
    await tx.record({ action: 'group.added', resource: `group:${row.id}` });
    await tx.emit({ type: 'group.added', subject: `group:${row.id}` });
    return groupOf(tx, row);
  });
}

/** Says who is in a group. Services may be, too. */
export function setMembers(ctx: Ctx, nameOrId: string, members: readonly string[]): Promise<Group> {
  return ctx.write(async (tx) => {
    const row = await requireGroup(tx, nameOrId);
    const before = await membersOf(tx, row);
    const people = new Set<string>();
    for (const member of members) people.add((await requirePerson(tx, member)).id);
    await replaceMembers(tx, row.id, [...people]);
    await told(tx, row, 'group.members_set', before.symmetricDifference(people), {
      before: { members: before.size },
      after: { members: people.size },
    });
    return groupOf(tx, row);
  });
}

/** Says what a group brings its members in the workspace of `ctx`. */
export function setGroupRoles(ctx: Ctx, nameOrId: string, roles: WorkspaceRole[]): Promise<Group> {
  return ctx.write(async (tx) => {
    const row = await requireGroup(tx, nameOrId);
    const before = (await groupOf(tx, row)).roles;
    await replaceGroupRoles(tx, row.id, roles);
    await told(tx, row, 'group.roles_set', await membersOf(tx, row), {
      before: { roles: before },
      after: { roles: ofWorkspace(roles) },
    });
    return groupOf(tx, row);
  });
}

export function removeGroup(ctx: Ctx, nameOrId: string): Promise<void> {
  return ctx.write(async (tx) => {
    const row = await requireGroup(tx, nameOrId);
    const members = await membersOf(tx, row);
    await deleteGroup(tx, row.id);
    await dropGrantsOf(tx, row.id);
    await told(tx, row, 'group.removed', members, { before: { members: members.size } });
  });
}

const membersOf = async (tx: Tx, { id }: GroupRow): Promise<Set<string>> =>
  new Set((await selectMembers(tx, id)).map(({ person }) => person));

/** One entry for the group; each whose rights it changes is told of by themselves. */
async function told(
  tx: Tx,
  { id }: GroupRow,
  type: string,
  affected: ReadonlySet<string>,
  change: { before?: unknown; after?: unknown },
): Promise<void> {
  await tx.record({ action: type, resource: `group:${id}`, ...change });
  await tx.emit({ type, subject: `group:${id}` });
  for (const person of affected) await tx.emit({ type: RIGHTS_CHANGED, subject: `user:${person}` });
}

async function groupOf(ctx: Ctx, { id }: GroupRow): Promise<Group> {
  const group = (await listGroups(ctx)).find((one) => one.id === id);
  // Whoever takes a group's last role away, and is no owner, no longer sees it.
  if (group) return group;
  const row = await requireGroup(ctx, id);
  return { id, name: row.name, roles: [], members: [], created_at: row.created_at };
}
