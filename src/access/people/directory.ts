import type { Ctx } from '../../platform/ctx/index.ts';
import { conflict } from '../../platform/errors/index.ts';
import { requirePlainName } from '../../platform/scripts/index.ts';
import { requireGroup, selectGroups, selectMembers, selectPeople, updateGroup } from './store.ts';

/** A person, and a group, as a directory outside that provisions them keeps them. */
export interface DirectoryUser {
  id: string;
  name: string;
  full_name: string | undefined;
  external_id: string | undefined;
  active: boolean;
  created_at: number;
}
export interface DirectoryGroup {
  id: string;
  name: string;
  external_id: string | undefined;
  /** Ids of people. */
  members: string[];
  created_at: number;
}

/** The people of the whole server; service accounts are ours alone. */
export async function directoryUsers(ctx: Ctx): Promise<DirectoryUser[]> {
  return (await selectPeople(ctx, true))
    .filter(({ kind }) => kind === 'user')
    .map((row) => ({
      id: row.id,
      name: row.name,
      full_name: row.full_name ?? undefined,
      external_id: row.external_id ?? undefined,
      active: row.disabled_at === null,
      created_at: row.created_at,
    }));
}

export async function directoryGroups(ctx: Ctx): Promise<DirectoryGroup[]> {
  const members = Map.groupBy(await selectMembers(ctx), ({ group_id }) => group_id);
  return (await selectGroups(ctx)).map(({ id, name, external_id, created_at }) => ({
    id,
    name,
    external_id: external_id ?? undefined,
    members: (members.get(id) ?? []).map(({ person }) => person),
    created_at,
  }));
}

/** What a directory calls a group, and by what it knows it; null where it knows it by nothing. */
export async function renameGroup(
  ctx: Ctx,
  id: string,
  { name, external_id }: { name: string; external_id: string | null },
): Promise<void> {
  return ctx.write(async (tx) => {
    const row = await requireGroup(tx, id);
    // One that is called so already stays: its members must still be let go.
    if (row.name !== name) requirePlainName('group', name, 'displayName');
    if (row.name === name && row.external_id === external_id) return;
    if (row.name !== name && (await selectGroups(tx)).some((one) => one.name === name))
      throw conflict(`there is a group '${name}' already`, { field: 'displayName' });
    await updateGroup(tx, row.id, { name, external_id });
    await tx.record({ action: 'group.renamed', resource: `group:${row.id}` });
    await tx.emit({ type: 'group.renamed', subject: `group:${row.id}` });
  });
}
