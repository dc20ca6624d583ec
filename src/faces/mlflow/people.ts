import * as access from '../../access/index.ts';
import type { Ctx } from '../../platform/ctx/index.ts';
import { forbidden, invalid, missing } from '../../platform/errors/index.ts';
import type { Route } from '../../platform/http/index.ts';
import { getExperiment } from '../../tracking/index.ts';
import { call } from './call.ts';
import { bool, message, need, text } from './message.ts';

/** MLflow's users, what they are permitted, and workspaces, in the words of our people, grants and workspaces. */

const USERS = '/mlflow/users';
const WORKSPACES = '/mlflow/workspaces';

const toUser = ({ id, name, owner }: access.User) => ({ id, username: name, is_admin: owner });

/** What a permission of MLflow's is here. Grants only ever add, so that none says no. */
const LEVELS: Readonly<Record<string, access.WorkspaceRole>> = {
  READ: 'viewer',
  USE: 'viewer',
  EDIT: 'editor',
  MANAGE: 'admin',
};
const PERMISSIONS: Readonly<Record<string, string>> = { viewer: 'READ', editor: 'EDIT', admin: 'MANAGE' };

function levelOf(permission: string): access.WorkspaceRole {
  const level = Object.hasOwn(LEVELS, permission) ? LEVELS[permission] : undefined;
  if (level !== undefined) return level;
  throw invalid(
    permission === 'NO_PERMISSIONS'
      ? 'permissions only add to a role here: none takes away'
      : `Invalid permission '${permission.slice(0, 40)}'`,
    { field: 'permission', hint: `one of ${Object.keys(LEVELS).join(', ')}; revoke takes one back` },
  );
}

interface Thing {
  kind: 'experiment' | 'model';
  name: string;
}

/** Experiments are named by their ids there, and by their names here. */
async function thingOf(ctx: Ctx, type: string, id: string): Promise<Thing> {
  if (type === 'registered_model') return { kind: 'model', name: id };
  if (type === 'experiment') {
    if (id === '*') return { kind: 'experiment', name: '*' };
    const { name } = await getExperiment(ctx, id);
    if (name.includes('*'))
      throw invalid(
        `the experiment '${name.slice(0, 80)}' is called like a pattern: a permission on it would be one on others`,
        {
          field: 'resource_id',
          hint: 'rename it first',
        },
      );
    return { kind: 'experiment', name };
  }
  throw invalid(`permissions on a '${type.slice(0, 40)}' are not kept here`, {
    field: 'resource_type',
    hint: 'experiment or registered_model',
  });
}

async function grantsOn(ctx: Ctx, user: string, { kind, name }: Thing): Promise<access.Grant[]> {
  const { items } = await access.listGrants(ctx, { user, kind, limit: 1000 });
  return items.filter((one) => one.name === name);
}

const credentials = message({ username: need(text), password: need(text) });
const named = message({ username: need(text) });
const adminship = message({ username: need(text), is_admin: bool });
const permission = message({
  username: need(text),
  resource_type: need(text),
  resource_id: need(text),
  permission: need(text),
});
const resource = message({ username: need(text), resource_type: need(text), resource_id: need(text) });
const nothing = message({});
const newWorkspace = message({ name: need(text), description: text, default_artifact_root: text });
const oneWorkspace = message({ workspace_name: need(text) });

const v2 = { version: '2.0' } as const;
const v3 = { version: '3.0' } as const;
/** Adding, removing and passwords are the server's: an owner's. */
const server = { ...v2, action: 'server:admin' } as const;

const toWorkspace = ({ name }: { name: string }) => ({ name });

async function workspaceOf(ctx: Ctx, name: string) {
  const found = (await access.entered(ctx)).find((one) => one.name === name);
  if (!found)
    throw missing(`Workspace '${name.slice(0, 80)}' not found`, {
      field: 'workspace_name',
      hint: 'GET /api/3.0/mlflow/workspaces lists those that you may enter',
    });
  return found;
}

/** `forget`: whoever remembers a password that was right. */
export const peopleRoutes = (forget: (name: string) => void): Route[] => [
  ...call({
    ...server,
    method: 'POST',
    path: `${USERS}/create`,
    summary: 'Add somebody, who may look at the workspace',
    request: credentials,
    answer: async (ctx, { username, password }) => ({
      user: toUser(await access.addUser(ctx, { name: username, password, roles: ['viewer'] })),
    }),
  }),
  ...call({
    ...v2,
    method: 'GET',
    action: 'user:read',
    path: `${USERS}/get`,
    summary: 'Get somebody of the workspace',
    request: named,
    answer: async (ctx, { username }) => ({ user: toUser(await access.userOf(ctx, username)) }),
  }),
  ...call({
    ...v2,
    method: 'GET',
    action: 'user:read',
    path: `${USERS}/list`,
    summary: 'List the people of the workspace',
    request: nothing,
    answer: async (ctx) => ({ users: (await access.listUsers(ctx, false)).map(toUser) }),
  }),
  ...call({
    ...v2,
    method: 'GET',
    action: 'workspace:read',
    path: `${USERS}/current`,
    summary: 'Say who asks',
    request: nothing,
    answer: ({ actor }) =>
      Promise.resolve({
        user: { id: actor.user ?? actor.id, username: actor.name, is_admin: actor.role === 'owner' },
        is_basic_auth: actor.user !== undefined && actor.token === undefined,
      }),
  }),
  ...call({
    ...server,
    method: 'PATCH',
    path: `${USERS}/update-password`,
    summary: 'Set somebody’s password',
    request: credentials,
    async answer(ctx, { username, password }) {
      forget((await access.setPassword(ctx, username, password)).name);
    },
  }),
  ...call({
    ...server,
    method: 'PATCH',
    path: `${USERS}/update-admin`,
    summary: 'Make somebody an owner of the server, or no owner',
    request: adminship,
    async answer(ctx, { username, is_admin }) {
      await access.updateUser(ctx, username, { owner: is_admin === true });
    },
  }),
  ...call({
    ...server,
    method: 'DELETE',
    path: `${USERS}/delete`,
    summary: 'Remove somebody for good',
    request: named,
    async answer(ctx, { username }) {
      const { name } = await access.userOf(ctx, username);
      await access.removeUser(ctx, username);
      forget(name);
    },
  }),
  ...call({
    ...v3,
    method: 'POST',
    action: 'grant:admin',
    path: `${USERS}/permissions/grant`,
    summary: 'Permit somebody something on an experiment or a registered model',
    request: permission,
    async answer(ctx, { username, resource_type, resource_id, permission: asked }) {
      const level = levelOf(asked);
      const thing = await thingOf(ctx, resource_type, resource_id);
      await ctx.write(async (tx) => {
        const before = await grantsOn(tx, username, thing);
        if (!before.some((one) => one.level === level))
          await access.addGrant(tx, { user: username, level, ...thing });
        // To approve is no permission of MLflow's: it stays.
        for (const one of before)
          if (one.level !== level && one.level !== 'approver') await access.removeGrant(tx, one.id);
      });
    },
  }),
  ...call({
    ...v3,
    method: 'DELETE',
    action: 'grant:admin',
    path: `${USERS}/permissions/revoke`,
    summary: 'Take back what somebody was permitted on a thing',
    request: resource,
    async answer(ctx, { username, resource_type, resource_id }) {
      const grants = await grantsOn(ctx, username, await thingOf(ctx, resource_type, resource_id));
      if (grants.length === 0)
        throw missing(`'${username.slice(0, 80)}' has no permission of their own on it`, {
          field: 'resource_id',
        });
      for (const { id } of grants) await access.removeGrant(ctx, id);
    },
  }),
  ...call({
    ...v3,
    method: 'GET',
    action: 'grant:read',
    path: `${USERS}/permissions/get`,
    summary: 'Say what somebody was permitted on a thing',
    request: resource,
    async answer(ctx, { username, resource_type, resource_id }) {
      const grants = await grantsOn(ctx, username, await thingOf(ctx, resource_type, resource_id));
      const levels = ['admin', 'editor', 'viewer'].find((level) => grants.some((one) => one.level === level));
      return { permission: levels === undefined ? 'NO_PERMISSIONS' : PERMISSIONS[levels] };
    },
  }),
  ...(['create', 'update', 'delete', 'assign', 'unassign'] as const).flatMap((verb) =>
    call({
      ...v3,
      method: verb === 'update' ? 'PATCH' : verb === 'delete' || verb === 'unassign' ? 'DELETE' : 'POST',
      action: 'user:admin',
      path: `/mlflow/roles/${verb}`,
      summary: 'Decline roles that somebody makes',
      request: nothing,
      answer: () =>
        Promise.reject(
          invalid('Roles are viewer, editor, approver and admin here, and nobody makes others', {
            code: 'not-implemented',
            hint: 'treadle user role NAME editor; single things by users/permissions/grant',
          }),
        ),
    }),
  ),
  ...call({
    ...v3,
    method: 'GET',
    action: 'workspace:read',
    path: WORKSPACES,
    summary: 'List the workspaces that the caller may enter',
    request: nothing,
    answer: async (ctx) => ({ workspaces: (await access.entered(ctx)).map(toWorkspace) }),
  }),
  ...call({
    ...v3,
    method: 'POST',
    action: 'server:admin',
    path: WORKSPACES,
    summary: 'Make a workspace',
    request: newWorkspace,
    async answer(ctx, { name, default_artifact_root: root }) {
      if (!/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(name))
        throw invalid(`Invalid workspace name '${name.slice(0, 80)}'`, {
          field: 'name',
          hint: 'lower-case letters, digits and dashes, 63 at most',
        });
      if (root !== undefined && root !== '')
        throw forbidden('the artifacts of a workspace lie in the store of the server', {
          field: 'default_artifact_root',
        });
      return { workspace: toWorkspace(await access.createWorkspace(ctx, name)) };
    },
  }),
  ...call({
    ...v3,
    method: 'GET',
    action: 'workspace:read',
    path: `${WORKSPACES}/:workspace_name`,
    summary: 'Get a workspace that the caller may enter',
    request: oneWorkspace,
    answer: async (ctx, { workspace_name }) => ({
      workspace: toWorkspace(await workspaceOf(ctx, workspace_name)),
    }),
  }),
  ...(['PATCH', 'DELETE'] as const).flatMap((method) =>
    call({
      ...v3,
      method,
      action: 'server:admin',
      path: `${WORKSPACES}/:workspace_name`,
      summary: 'Decline to change or delete a workspace',
      request: oneWorkspace,
      answer: () =>
        Promise.reject(
          invalid('a workspace is neither changed nor deleted by this call', { code: 'not-implemented' }),
        ),
    }),
  ),
];
