import { route } from '../platform/http/index.ts';
import * as contract from './contract.ts';
import { createToken } from './create-token.ts';
import { createWorkspace } from './create-workspace.ts';
import { revokeToken } from './revoke-token.ts';
import { selectTokens, selectWorkspaces } from './store.ts';

export const routes = [
  route(contract.whoAmI, async ({ actor, workspace }) => ({
    name: actor.name,
    kind: actor.kind,
    role: actor.role,
    workspace,
  })),
  route(contract.listWorkspaces, async (ctx) => {
    const all = await selectWorkspaces(ctx);
    return { items: ctx.actor.role !== 'owner' ? all.filter(({ name }) => name === ctx.workspace) : all };
  }),
  route(contract.createWorkspace, (ctx, { body }) => createWorkspace(ctx, body.name)),
  route(contract.listTokens, async (ctx) => ({ items: await selectTokens(ctx) })),
  route(contract.createToken, (ctx, { body }) => createToken(ctx, body)),
  route(contract.revokeToken, (ctx, { params }) => revokeToken(ctx, params.id)),
];
