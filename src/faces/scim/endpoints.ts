import { Type } from 'typebox';
import { endpoint, type Method } from '../../platform/http/contract.ts';

const BASE = '/scim/v2';
const Open = Type.Object({});
/** Directories send attributes that we do not keep; what is kept is read in words.ts. */
const Body = Type.Record(Type.String(), Type.Unknown());
/** Names with commas between; what is not kept is not missed. */
const Names = Type.Optional(Type.String({ maxLength: 2000 }));
const shown = { attributes: Names, excludedAttributes: Names };
const query = Type.Object({
  ...shown,
  filter: Type.Optional(Type.String({ maxLength: 500 })),
  startIndex: Type.Optional(Type.Integer()),
  count: Type.Optional(Type.Integer()),
});
const params = Type.Object({ id: Type.String({ maxLength: 100 }) });

/** All reach over the walls between workspaces: people are of the server. */
const read = (path: string, summary: string) =>
  endpoint({ method: 'GET', path: `${BASE}${path}`, action: 'server:admin', summary, query, response: Open });
const readOne = (path: string, summary: string) =>
  endpoint({
    method: 'GET',
    path: `${BASE}${path}/:id`,
    action: 'server:admin',
    summary,
    params,
    query: Type.Object(shown),
    response: Open,
  });
const write = (method: Method, path: string, summary: string) =>
  endpoint({
    method,
    path: `${BASE}${path}/:id`,
    action: 'server:admin',
    summary,
    params,
    body: Body,
    response: Open,
  });
const make = (path: string, summary: string) =>
  endpoint({
    method: 'POST',
    path: `${BASE}${path}`,
    action: 'server:admin',
    summary,
    body: Body,
    response: Open,
  });
const remove = (path: string, summary: string) =>
  endpoint({
    method: 'DELETE',
    path: `${BASE}${path}/:id`,
    action: 'server:admin',
    summary,
    params,
    response: Open,
  });

export const serviceProviderConfig = read('/ServiceProviderConfig', 'Say what of SCIM is spoken here');
export const resourceTypes = read('/ResourceTypes', 'List the kinds of resources');
export const getResourceType = readOne('/ResourceTypes', 'Say what a kind of resource is');
export const listSchemas = read('/Schemas', 'List what is kept of people and groups');
export const getSchema = readOne('/Schemas', 'Say what is kept of one kind');
export const listUsers = read('/Users', 'List people');
export const getUser = readOne('/Users', 'Say who somebody is');
export const createUser = make('/Users', 'Make a person');
export const replaceUser = write('PUT', '/Users', 'Say anew who somebody is');
export const patchUser = write('PATCH', '/Users', 'Change a person');
export const deleteUser = remove('/Users', 'Remove a person for good');
export const listGroups = read('/Groups', 'List groups');
export const getGroup = readOne('/Groups', 'Say what a group is');
export const createGroup = make('/Groups', 'Make a group');
export const replaceGroup = write('PUT', '/Groups', 'Say anew what a group is');
export const patchGroup = write('PATCH', '/Groups', 'Change a group');
export const deleteGroup = remove('/Groups', 'Remove a group');
