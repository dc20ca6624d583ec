import type { Ctx } from '../../platform/ctx/index.ts';
import { conflict, missing } from '../../platform/errors/index.ts';
import { dropGrantsIn, selectGrantsOf } from '../grants/store.ts';
import { replaceRoles, selectRoles } from './store.ts';
import { RIGHTS_CHANGED } from './update-user.ts';

/** Gives back one's own roles and grants in a workspace. What a group brings is its owners' to take. */
export function leaveWorkspace(ctx: Ctx, person: string, workspace: string): Promise<void> {
  return ctx.as({ workspace }).write(async (tx) => {
    const roles = await selectRoles(tx, { person, workspace });
    const granted = await selectGrantsOf(tx, person, workspace);
    const groups = [...roles, ...granted].flatMap(({ group }) => group ?? []);
    if (groups.length > 0)
      throw conflict(`you are in workspace '${workspace}' by a group: ${[...new Set(groups)].join(', ')}`, {
        field: 'workspace',
        hint: 'ask an owner of the server to take you out of the group',
      });
    if (roles.length === 0 && granted.length === 0)
      throw missing(`you have no role and no grant in workspace '${workspace}'`, { field: 'workspace' });
    await replaceRoles(tx, person, []);
    const grants = await dropGrantsIn(tx, person);
    await tx.record({
      action: 'user.left_workspace',
      resource: `user:${person}`,
      before: { roles: roles.map(({ role }) => role), ...(grants > 0 ? { grants } : {}) },
    });
    await tx.emit({ type: RIGHTS_CHANGED, subject: `user:${person}` });
  });
}
