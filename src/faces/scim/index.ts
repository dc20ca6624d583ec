import {
  addGroup,
  addUser,
  directoryGroups,
  directoryUsers,
  removeGroup,
  removeUser,
  renameGroup,
  setMembers,
  updateUser,
} from '../../access/index.ts';
import type { Ctx } from '../../platform/ctx/index.ts';
import { conflict, missing, type ErrorKind } from '../../platform/errors/index.ts';
import { route, type ErrorFace, type Route } from '../../platform/http/index.ts';
import * as contract from './endpoints.ts';
import {
  failure,
  filterIn,
  groupName,
  membersIn,
  page,
  patchedGroup,
  patchedUser,
  requireName,
  toScimGroup,
  toScimUser,
  userWords,
  type UserWords,
} from './words.ts';

/** Floor 8. SCIM 2.0: a directory says who there is and who is in which group. */

export const SCIM_TYPE = 'application/scim+json';

const STATUS: Record<ErrorKind, readonly [status: number, scimType?: string]> = {
  invalid: [400, 'invalidValue'],
  unauthenticated: [401],
  forbidden: [403],
  missing: [404],
  conflict: [409, 'uniqueness'],
  'too-large': [413],
  limited: [429],
  unavailable: [503],
};

export const scimErrors: ErrorFace = (error, requestId) => {
  if (!error)
    return { status: 500, body: failure(500, `look for request ${requestId} in the server log`, undefined) };
  const [status, type] = STATUS[error.kind];
  const detail = error.hint === undefined ? error.message : `${error.message}; ${error.hint}`;
  const said = error.kind === 'invalid' && error.code?.startsWith('invalid') === true ? error.code : type;
  return { status, body: failure(status, detail, said) };
};

export const scimRoutes: readonly Route[] = [
  route(contract.serviceProviderConfig, () => Promise.resolve(CONFIG)),
  route(contract.resourceTypes, () => Promise.resolve(page(TYPES, {}))),
  route(contract.listUsers, async (ctx, { query }) => {
    const asked = filterIn(query.filter, ['userName', 'externalId', 'id']);
    const users = (await directoryUsers(ctx)).filter(
      ({ id, name, external_id }) =>
        asked === undefined ||
        { userName: name, externalId: external_id, id }[asked[0]] ===
          (asked[0] === 'userName' ? asked[1].toLowerCase() : asked[1]),
    );
    return page(users.map(toScimUser), query);
  }),
  route(contract.getUser, (ctx, { params }) => user(ctx, params.id)),
  route(contract.createUser, async (ctx, { body, dress }) => {
    const words = userWords(body);
    const name = requireName(words);
    const { active, external_id, full_name } = words;
    if (
      external_id !== undefined &&
      (await directoryUsers(ctx)).some((one) => one.external_id === external_id)
    )
      throw conflict('somebody has this externalId already', { field: 'externalId' });
    const id = await ctx.write(async (tx) => {
      const made = await addUser(tx, {
        name,
        ...(external_id === undefined ? {} : { external_id }),
        ...(full_name === undefined ? {} : { full_name }),
      });
      if (active === false) await updateUser(tx, made.id, { disabled: true });
      return made.id;
    });
    dress({ location: `/scim/v2/Users/${id}` }, 201);
    return user(ctx, id);
  }),
  route(contract.replaceUser, async (ctx, { params, body }) => {
    const words = userWords(body);
    requireName(words);
    return change(ctx, params.id, words);
  }),
  route(contract.patchUser, (ctx, { params, body }) => change(ctx, params.id, patchedUser(body))),
  route(contract.deleteUser, async (ctx, { params, dress }) => {
    await user(ctx, params.id);
    await removeUser(ctx, params.id);
    dress({}, 204);
    return {};
  }),
  route(contract.listGroups, async (ctx, { query }) => {
    const asked = filterIn(query.filter, ['displayName', 'externalId', 'id']);
    const names = await namesOf(ctx);
    const groups = (await directoryGroups(ctx)).filter(
      ({ id, name, external_id }) =>
        asked === undefined || { displayName: name, externalId: external_id, id }[asked[0]] === asked[1],
    );
    return page(
      groups.map((one) => toScimGroup(one, names)),
      query,
    );
  }),
  route(contract.getGroup, (ctx, { params }) => group(ctx, params.id)),
  route(contract.createGroup, async (ctx, { body, dress }) => {
    const [name, members] = [groupName(body), membersIn(body['members'])];
    const { externalId } = body;
    const id = await ctx.write(async (tx) => {
      const made = await addGroup(tx, name, typeof externalId === 'string' ? externalId : undefined);
      await setMembers(tx, made.id, members);
      return made.id;
    });
    dress({ location: `/scim/v2/Groups/${id}` }, 201);
    return group(ctx, id);
  }),
  route(contract.replaceGroup, async (ctx, { params, body }) => {
    const [name, members] = [groupName(body), membersIn(body['members'])];
    return regroup(ctx, params.id, { name, members });
  }),
  route(contract.patchGroup, async (ctx, { params, body }) =>
    regroup(ctx, params.id, patchedGroup(body, await found(ctx, params.id))),
  ),
  route(contract.deleteGroup, async (ctx, { params, dress }) => {
    await removeGroup(ctx, (await found(ctx, params.id)).id);
    dress({}, 204);
    return {};
  }),
];

async function user(ctx: Ctx, id: string) {
  const one = (await directoryUsers(ctx)).find((some) => some.id === id);
  if (!one) throw missing(`there is no user '${id}'`, { field: 'id' });
  return toScimUser(one);
}

async function change(ctx: Ctx, id: string, { active, ...words }: UserWords) {
  await user(ctx, id);
  await updateUser(ctx, id, { ...words, ...(active === undefined ? {} : { disabled: !active }) });
  return user(ctx, id);
}

async function found(ctx: Ctx, id: string) {
  const one = (await directoryGroups(ctx)).find((some) => some.id === id);
  if (!one) throw missing(`there is no group '${id}'`, { field: 'id' });
  return one;
}

async function group(ctx: Ctx, id: string) {
  return toScimGroup(await found(ctx, id), await namesOf(ctx));
}

async function regroup(ctx: Ctx, id: string, { name, members }: { name: string; members: string[] }) {
  const { id: known } = await found(ctx, id);
  await ctx.write(async (tx) => {
    await renameGroup(tx, known, name);
    await setMembers(tx, known, members);
  });
  return group(ctx, known);
}

const namesOf = async (ctx: Ctx): Promise<ReadonlyMap<string, string>> =>
  new Map((await directoryUsers(ctx)).map(({ id, name }) => [id, name]));

const CONFIG = {
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
  patch: { supported: true },
  bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
  filter: { supported: true, maxResults: 500 },
  changePassword: { supported: false },
  sort: { supported: false },
  etag: { supported: false },
  authenticationSchemes: [
    {
      type: 'oauthbearertoken',
      name: 'Bearer token',
      description: 'A token of an owner of the server: treadle token create scim --role owner',
    },
  ],
};

const TYPES = ['User', 'Group'].map((name) => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:ResourceType'],
  id: name,
  name,
  endpoint: `/${name}s`,
  schema: `urn:ietf:params:scim:schemas:core:2.0:${name}`,
}));
