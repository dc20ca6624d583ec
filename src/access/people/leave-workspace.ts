import type { Ctx } from '../../platform/ctx/index.ts';
import { conflict, missing } from '../../platform/errors/index.ts';
import { replaceRoles, selectRoles } from './store.ts';
import { RIGHTS_CHANGED } from './update-user.ts';

/** Gives back one's own roles in a workspace. What a group brings is its owners' to take. */
export function leaveWorkspace(ctx: Ctx, person: string, workspace: string): Promise<void> {
  return ctx.as({ workspace }).write(async (tx) => {
    const roles = await selectRoles(tx, { person, workspace });
    const groups = roles.flatMap(({ group }) => group ?? []);
    if (groups.length > 0)
      throw conflict(`you are in workspace '${workspace}' by a group: ${[...new Set(groups)].join(', ')}`, {
        field: 'workspace',
        hint: 'ask an owner of the server to take you out of the group',
      });
    if (roles.length === 0)
      throw missing(`you have no role in workspace '${workspace}'`, { field: 'workspace' });
    await replaceRoles(tx, person, []);
    await tx.record({
      action: 'user.left_workspace',
      resource: `user:${person}`,
      before: { roles: roles.map(({ role }) => role) },
    });
    await tx.emit({ type: RIGHTS_CHANGED, subject: `user:${person}` });
  });
}
