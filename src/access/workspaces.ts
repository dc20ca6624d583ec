import type { Ctx } from '../platform/ctx/index.ts';
import type { Workspace } from './contract.ts';
import { workspacesOf } from './authenticate.ts';
import { selectWorkspaces } from './store.ts';

/** The workspaces that the caller may enter: all for an owner, of a token its own, of a person those where they have a role or a grant. */
export async function entered(ctx: Ctx): Promise<Workspace[]> {
  const all = await selectWorkspaces(ctx);
  const { role, kind, user } = ctx.actor;
  if (role === 'owner') return all;
  const names = new Set(
    kind === 'user' && user !== undefined ? await workspacesOf(ctx, { id: user }) : [ctx.workspace],
  );
  return all.filter(({ name }) => names.has(name));
}
