import type { Ctx } from '../platform/ctx/index.ts';
import { forbidden } from '../platform/errors/index.ts';
import { route, type Route } from '../platform/http/index.ts';
import * as contract from './contract.ts';
import { createToken } from './create-token.ts';
import { createWorkspace } from './create-workspace.ts';
import { listTokens } from './list-tokens.ts';
import { rolesHere, verbsOf } from './decide.ts';
import { addGrant, listGrants, ownGrants, removeGrant } from './grants/grants.ts';
import { addService, addUser } from './people/add-user.ts';
import { changePassword } from './people/change-password.ts';
import { explain } from './people/explain.ts';
import { addGroup, listGroups, removeGroup, setGroupRoles, setMembers } from './people/groups.ts';
import { leaveWorkspace } from './people/leave-workspace.ts';
import type { Passwords } from './people/passwords.ts';
import { setPassword, setRoles, updateUser } from './people/update-user.ts';
import { listUsers } from './people/view.ts';
import { listQuotas, setQuotas } from './quotas/quotas.ts';
import type { Requests } from './quotas/requests.ts';
import { revokeToken } from './revoke-token.ts';
import { findTokenOfPerson, selectTokensOfPerson } from './store.ts';
import { entered } from './workspaces.ts';

export const accessRoutes = (passwords: Passwords, requests: Requests): Route[] => [
  route(contract.whoAmI, async (ctx) => {
    const { actor, workspace } = ctx;
    return {
      name: actor.name,
      kind: actor.kind,
      role: actor.role,
      roles: [...rolesHere(actor)],
      grants: await ownGrants(ctx),
      workspace,
      workspaces: (await entered(ctx)).map(({ name }) => name),
      ...(actor.user === undefined ? {} : { user: actor.user }),
      ...(actor.token === undefined ? {} : { token: actor.token }),
      may: verbsOf(actor),
    };
  }),
  route(contract.listWorkspaces, async (ctx) => ({ items: await entered(ctx) })),
  route(contract.createWorkspace, (ctx, { body }) => createWorkspace(ctx, body.name)),
  route(contract.listQuotas, async (ctx) => ({ items: await listQuotas(ctx, requests) })),
  route(contract.setQuotas, async (ctx, { body }) => ({ items: await setQuotas(ctx, body, requests) })),
  route(contract.listTokens, (ctx) => listTokens(ctx)),
  route(contract.createToken, (ctx, { body }) => createToken(ctx, body)),
  route(contract.revokeToken, (ctx, { params }) => revokeToken(ctx, params.id)),
  route(contract.listOwnTokens, async (ctx) => ({ items: await selectTokensOfPerson(ctx, self(ctx)) })),
  route(contract.createOwnToken, (ctx, { body }) => createToken(ctx, body)),
  route(contract.revokeOwnToken, async (ctx, { params }) => {
    const { id, workspace } = await findTokenOfPerson(ctx, self(ctx), params.id);
    return revokeToken(ctx.as({ workspace }), id);
  }),
  route(contract.changePassword, async (ctx, { body }) => {
    await changePassword(ctx, passwords, body);
    return {};
  }),
  route(contract.leaveWorkspace, async (ctx, { params }) => {
    await leaveWorkspace(ctx, self(ctx), params.workspace);
    return {};
  }),
  route(contract.listUsers, async (ctx, { query }) => {
    if (query.all === true && ctx.actor.role !== 'owner')
      throw forbidden('only an owner of the server sees the people of all workspaces', { field: 'all' });
    return { items: await listUsers(ctx, query.all === true) };
  }),
  route(contract.addUser, (ctx, { body }) => addUser(ctx, body)),
  route(contract.updateUser, (ctx, { params, body }) => updateUser(ctx, params.user, body)),
  route(contract.resetPassword, async (ctx, { params, body }) => {
    const user = await setPassword(ctx, params.user, body.password);
    passwords.forget(user.name);
    return user;
  }),
  route(contract.setRoles, (ctx, { params, body }) => setRoles(ctx, params.user, body.roles)),
  route(contract.addService, (ctx, { body }) => addService(ctx, body)),
  route(contract.listGroups, async (ctx) => ({ items: await listGroups(ctx) })),
  route(contract.addGroup, (ctx, { body }) => addGroup(ctx, body.name)),
  route(contract.setMembers, (ctx, { params, body }) => setMembers(ctx, params.group, body.members)),
  route(contract.setGroupRoles, (ctx, { params, body }) => setGroupRoles(ctx, params.group, body.roles)),
  route(contract.removeGroup, async (ctx, { params }) => {
    await removeGroup(ctx, params.group);
    return {};
  }),
  route(contract.listGrants, (ctx, { query }) => listGrants(ctx, query)),
  route(contract.addGrant, (ctx, { body }) => addGrant(ctx, body)),
  route(contract.removeGrant, async (ctx, { params }) => {
    await removeGrant(ctx, params.grant);
    return {};
  }),
  route(contract.explainAccess, (ctx, { body }) => explain(ctx, body)),
];

/** The rule of these routes lets nobody in who is not a person. */
function self(ctx: Ctx): string {
  if (ctx.actor.user === undefined) throw forbidden('this is for a person who signed in');
  return ctx.actor.user;
}
