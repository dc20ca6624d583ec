// All SQL about people, their groups and their roles.
import type { Selectable, Updateable } from 'kysely';
import type { Ctx, Role, Tx } from '../../platform/ctx/index.ts';
import { conflict, missing } from '../../platform/errors/index.ts';
import { changeEpoch } from '../grants/epoch.ts';
import { toRole } from '../roles.ts';
import type { AccessTables } from '../schema.ts';

const tables = (ctx: Pick<Ctx, 'db'>) => ctx.db.$extendTables<AccessTables>();
export type PersonRow = Selectable<AccessTables['person']>;
export type GroupRow = Selectable<AccessTables['person_group']>;
export interface RoleRow {
  workspace: string;
  role: Role;
  /** The name of the group that brings it; without one it is theirs. */
  group?: string;
}

/** By name or id: names are of one form, ids of another. */
export const findPerson = (ctx: Pick<Ctx, 'db'>, nameOrId: string): Promise<PersonRow | undefined> =>
  tables(ctx)
    .selectFrom('person')
    .selectAll()
    .where((eb) => eb.or([eb('name', '=', nameOrId), eb('id', '=', nameOrId)]))
    .where('removed_at', 'is', null)
    .executeTakeFirst();

export const findByIdentity = (
  ctx: Pick<Ctx, 'db'>,
  issuer: string,
  subject: string,
): Promise<PersonRow | undefined> =>
  tables(ctx)
    .selectFrom('person')
    .selectAll()
    .where('issuer', '=', issuer)
    .where('subject', '=', subject)
    .executeTakeFirst();

/** Who was made by a directory and has not come by a provider yet. */
export const findByExternal = (ctx: Pick<Ctx, 'db'>, external: string): Promise<PersonRow | undefined> =>
  tables(ctx)
    .selectFrom('person')
    .selectAll()
    .where('external_id', '=', external)
    .where('issuer', 'is', null)
    .where('removed_at', 'is', null)
    .executeTakeFirst();

/** Says which of the groups there are somebody is in, by name: a name that no group has is no group. Returns whether that changed anything. */
export async function replaceGroupsOf(tx: Tx, person: string, names: readonly string[]): Promise<boolean> {
  const groups = await tables(tx).selectFrom('person_group').selectAll().execute();
  const wanted = groups.filter(({ name }) => names.includes(name)).map(({ id }) => id);
  const held = (
    await tables(tx).selectFrom('group_member').select('group_id').where('person', '=', person).execute()
  ).map(({ group_id }) => group_id);
  if (new Set(wanted).symmetricDifference(new Set(held)).size === 0) return false;
  await changeEpoch(tx);
  await tables(tx).deleteFrom('group_member').where('person', '=', person).execute();
  if (wanted.length > 0)
    await tables(tx)
      .insertInto('group_member')
      .values(wanted.map((group_id) => ({ group_id, person })))
      .execute();
  return true;
}

export async function requirePerson(ctx: Pick<Ctx, 'db'>, nameOrId: string): Promise<PersonRow> {
  const row = await findPerson(ctx, nameOrId.toLowerCase());
  if (row) return row;
  throw unknownPerson(nameOrId);
}

export const unknownPerson = (nameOrId: string): Error =>
  missing(`there is no user or service '${nameOrId}'`, {
    field: 'user',
    hint: 'list them with: treadle user list',
  });

export async function insertPerson(tx: Tx, row: PersonRow): Promise<void> {
  const result = await tables(tx)
    .insertInto('person')
    .values(row)
    .onConflict((on) => on.doNothing())
    .executeTakeFirst();
  if (result.numInsertedOrUpdatedRows === 0n)
    throw conflict(`there is a user or service '${row.name}' already`, {
      field: 'name',
      hint: 'give roles to who is there, or choose another name',
    });
}

export async function updatePerson(
  tx: Tx,
  id: string,
  change: Updateable<AccessTables['person']>,
): Promise<void> {
  await tables(tx).updateTable('person').set(change).where('id', '=', id).execute();
}

/** Whether another owner of the server than this one can sign in, by a password or by a provider. */
export async function anotherOwner(ctx: Pick<Ctx, 'db'>, than: string): Promise<boolean> {
  const row = await tables(ctx)
    .selectFrom('person')
    .select('id')
    .where('owner', '=', 1)
    .where('id', '!=', than)
    .where('disabled_at', 'is', null)
    .where('removed_at', 'is', null)
    .where((eb) => eb.or([eb('password', 'is not', null), eb('issuer', 'is not', null)]))
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** What these are called. */
export async function selectNames(
  ctx: Pick<Ctx, 'db'>,
  ids: readonly string[],
): Promise<Array<Pick<PersonRow, 'id' | 'name' | 'disabled_at'>>> {
  if (ids.length === 0) return [];
  return tables(ctx)
    .selectFrom('person')
    .select(['id', 'name', 'disabled_at'])
    .where('id', 'in', [...new Set(ids)])
    .where('removed_at', 'is', null)
    .execute();
}

/** Those who have a role or a grant in the workspace, by themselves or a group, and the owners of the server; with `all` everybody. */
export const selectPeople = (ctx: Ctx, all: boolean): Promise<PersonRow[]> =>
  tables(ctx)
    .selectFrom('person')
    .selectAll()
    .where('removed_at', 'is', null)
    .$if(!all, (query) =>
      query.where((eb) =>
        eb.or([
          eb('owner', '=', 1),
          eb(
            'id',
            'in',
            eb.selectFrom('person_role').select('person').where('workspace', '=', ctx.workspace),
          ),
          eb(
            'id',
            'in',
            eb
              .selectFrom('group_member')
              .innerJoin('group_role', 'group_role.group_id', 'group_member.group_id')
              .select('group_member.person')
              .where('group_role.workspace', '=', ctx.workspace),
          ),
          eb(
            'id',
            'in',
            eb.selectFrom('access_grant').select('principal').where('workspace', '=', ctx.workspace),
          ),
          eb(
            'id',
            'in',
            eb
              .selectFrom('group_member')
              .innerJoin('access_grant', 'access_grant.principal', 'group_member.group_id')
              .select('group_member.person')
              .where('access_grant.workspace', '=', ctx.workspace),
          ),
        ]),
      ),
    )
    .orderBy('name')
    .execute();

/** Every role of these people; of one workspace, if one is said. */
export async function selectRoles(
  ctx: Pick<Ctx, 'db'>,
  where: { person?: string; workspace?: string },
): Promise<Array<RoleRow & { person: string }>> {
  const own = await tables(ctx)
    .selectFrom('person_role')
    .select(['person', 'workspace', 'role'])
    .$if(where.person !== undefined, (query) => query.where('person', '=', where.person!))
    .$if(where.workspace !== undefined, (query) => query.where('workspace', '=', where.workspace!))
    .execute();
  const brought = await tables(ctx)
    .selectFrom('group_member')
    .innerJoin('group_role', 'group_role.group_id', 'group_member.group_id')
    .innerJoin('person_group', 'person_group.id', 'group_member.group_id')
    .select(['group_member.person', 'group_role.workspace', 'group_role.role', 'person_group.name as group'])
    .$if(where.person !== undefined, (query) => query.where('group_member.person', '=', where.person!))
    .$if(where.workspace !== undefined, (query) => query.where('group_role.workspace', '=', where.workspace!))
    .execute();
  return [...own, ...brought].map(({ role, ...row }) => ({ ...row, role: toRole(role) }));
}

/** Replaces what the person has of themselves in this workspace. */
export async function replaceRoles(tx: Tx, person: string, roles: readonly Role[]): Promise<void> {
  await tables(tx)
    .deleteFrom('person_role')
    .where('person', '=', person)
    .where('workspace', '=', tx.workspace)
    .execute();
  if (roles.length > 0)
    await tables(tx)
      .insertInto('person_role')
      .values(roles.map((role) => ({ workspace: tx.workspace, person, role })))
      .execute();
}

export const selectGroups = (ctx: Ctx): Promise<GroupRow[]> =>
  tables(ctx).selectFrom('person_group').selectAll().orderBy('name').execute();

export async function requireGroup(ctx: Pick<Ctx, 'db'>, nameOrId: string): Promise<GroupRow> {
  const row = await tables(ctx)
    .selectFrom('person_group')
    .selectAll()
    .where((eb) => eb.or([eb('name', '=', nameOrId), eb('id', '=', nameOrId)]))
    .executeTakeFirst();
  if (row) return row;
  throw missing(`there is no group '${nameOrId}'`, {
    field: 'group',
    hint: 'list them with: treadle group list',
  });
}

export async function insertGroup(tx: Tx, row: GroupRow): Promise<void> {
  const result = await tables(tx)
    .insertInto('person_group')
    .values(row)
    .onConflict((on) => on.doNothing())
    .executeTakeFirst();
  if (result.numInsertedOrUpdatedRows === 0n)
    throw conflict(`there is a group '${row.name}' already`, { field: 'name' });
}

export async function updateGroup(
  tx: Tx,
  id: string,
  change: { name?: string; external_id?: string | null },
): Promise<void> {
  await tables(tx).updateTable('person_group').set(change).where('id', '=', id).execute();
}

/** Everything that somebody had, in every workspace. */
export async function dropRights(tx: Tx, person: string): Promise<void> {
  await changeEpoch(tx);
  await tables(tx).deleteFrom('person_role').where('person', '=', person).execute();
  await tables(tx).deleteFrom('group_member').where('person', '=', person).execute();
}

export async function deleteGroup(tx: Tx, id: string): Promise<void> {
  await changeEpoch(tx);
  await tables(tx).deleteFrom('group_role').where('group_id', '=', id).execute();
  await tables(tx).deleteFrom('group_member').where('group_id', '=', id).execute();
  await tables(tx).deleteFrom('person_group').where('id', '=', id).execute();
}

export const selectMembers = (
  ctx: Pick<Ctx, 'db'>,
  group?: string,
): Promise<Array<{ group_id: string; person: string }>> =>
  tables(ctx)
    .selectFrom('group_member')
    .selectAll()
    .$if(group !== undefined, (query) => query.where('group_id', '=', group!))
    .execute();

export async function replaceMembers(tx: Tx, group: string, people: readonly string[]): Promise<void> {
  await changeEpoch(tx);
  await tables(tx).deleteFrom('group_member').where('group_id', '=', group).execute();
  if (people.length > 0)
    await tables(tx)
      .insertInto('group_member')
      .values(people.map((person) => ({ group_id: group, person })))
      .execute();
}

/** What groups bring in this workspace; one group's, if it is said. */
export async function selectGroupRoles(
  ctx: Ctx,
  group?: string,
): Promise<Array<{ group_id: string; role: Role }>> {
  const rows = await tables(ctx)
    .selectFrom('group_role')
    .select(['group_id', 'role'])
    .where('workspace', '=', ctx.workspace)
    .$if(group !== undefined, (query) => query.where('group_id', '=', group!))
    .execute();
  return rows.map(({ group_id, role }) => ({ group_id, role: toRole(role) }));
}

export async function replaceGroupRoles(tx: Tx, group: string, roles: readonly Role[]): Promise<void> {
  await tables(tx)
    .deleteFrom('group_role')
    .where('group_id', '=', group)
    .where('workspace', '=', tx.workspace)
    .execute();
  if (roles.length > 0)
    await tables(tx)
      .insertInto('group_role')
      .values(roles.map((role) => ({ workspace: tx.workspace, group_id: group, role })))
      .execute();
}
