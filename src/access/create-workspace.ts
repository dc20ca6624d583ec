import type { Ctx } from '../platform/ctx/index.ts';
import type { Workspace } from './contract.ts';
import { insertWorkspace, workspaceExists } from './store.ts';

export function createWorkspace(ctx: Ctx, name: string): Promise<Workspace> {
  const workspace: Workspace = { name, created_at: ctx.clock.now() };
  return ctx.write(async (tx) => {
    await insertWorkspace(tx, workspace);
    await tx.record({ action: 'workspace.created', resource: `workspace:${name}` });
    await tx.emit({ type: 'workspace.created', subject: `workspace:${name}` });
    return workspace;
  });
}

/** At first start: the workspace that everything lands in until somebody makes another. */
export async function ensureDefaultWorkspace(ctx: Ctx): Promise<void> {
  if (!(await workspaceExists(ctx, 'default'))) await createWorkspace(ctx, 'default');
}
