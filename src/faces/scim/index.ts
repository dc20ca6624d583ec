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
import { oneOf, RESOURCE_TYPES, SCHEMAS } from './schemas.ts';
import {
  failure,
  filterIn,
  groupWords,
  page,
  patchedGroup,
  patchedUser,
  requireName,
  shown,
  toScimGroup,
  toScimUser,
  userWords,
  type GroupWords,
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

/** What words.ts says itself of a request (RFC 7644, 3.12). */
const OWN_TYPES: ReadonlySet<string> = new Set([
  'invalidFilter',
  'invalidSyntax',
  'invalidValue',
  'mutability',
  'noTarget',
]);

export const scimErrors: ErrorFace = (error, requestId) => {
  if (!error)
    return { status: 500, body: failure(500, `look for request ${requestId} in the server log`, undefined) };
  const [status, type] = STATUS[error.kind];
  const detail = error.hint === undefined ? error.message : `${error.message}; ${error.hint}`;
  const said = error.code !== undefined && OWN_TYPES.has(error.code) ? error.code : type;
  return { status, body: failure(status, detail, said) };
};

export const scimRoutes: readonly Route[] = [
  route(contract.serviceProviderConfig, () => Promise.resolve(CONFIG)),
  route(contract.resourceTypes, () => Promise.resolve(page(RESOURCE_TYPES, {}))),
  route(contract.getResourceType, (_ctx, { params }) =>
    Promise.resolve(oneOf(RESOURCE_TYPES, params.id, 'kind of resource')),
  ),
  route(contract.listSchemas, () => Promise.resolve(page(SCHEMAS, {}))),
  route(contract.getSchema, (_ctx, { params }) => Promise.resolve(oneOf(SCHEMAS, params.id, 'schema'))),
  route(contract.listUsers, async (ctx, { query }) => {
    const asked = filterIn(query.filter, ['userName', 'externalId', 'id']);
    const users = (await directoryUsers(ctx)).filter(
      ({ id, name, external_id }) =>
        asked === undefined ||
        { userName: name, externalId: external_id, id }[asked[0]] ===
          (asked[0] === 'userName' ? asked[1].toLowerCase() : asked[1]),
    );
    return page(
      users.map((one) => shown(toScimUser(one), query)),
      query,
    );
  }),
  route(contract.getUser, async (ctx, { params, query }) => shown(await user(ctx, params.id), query)),
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
        ...(typeof external_id === 'string' ? { external_id } : {}),
        ...(typeof full_name === 'string' ? { full_name } : {}),
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
      groups.map((one) => shown(toScimGroup(one, names), query)),
      query,
    );
  }),
  route(contract.getGroup, async (ctx, { params, query }) => shown(await group(ctx, params.id), query)),
  route(contract.createGroup, async (ctx, { body, dress }) => {
    const { name, members, external_id } = groupWords(body);
    const id = await ctx.write(async (tx) => {
      const made = await addGroup(tx, name, external_id);
      await setMembers(tx, made.id, members);
      return made.id;
    });
    dress({ location: `/scim/v2/Groups/${id}` }, 201);
    return group(ctx, id);
  }),
  route(contract.replaceGroup, (ctx, { params, body }) => regroup(ctx, params.id, groupWords(body))),
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

async function regroup(ctx: Ctx, id: string, { name, members, external_id }: GroupWords) {
  const { id: known } = await found(ctx, id);
  await ctx.write(async (tx) => {
    await renameGroup(tx, known, { name, external_id: external_id ?? null });
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
