import type { DirectoryGroup, DirectoryUser } from '../../access/index.ts';
import { invalid } from '../../platform/errors/index.ts';

const URN = 'urn:ietf:params:scim:schemas:core:2.0';
const MESSAGES = 'urn:ietf:params:scim:api:messages:2.0';
type Body = Readonly<Record<string, unknown>>;

export const toScimUser = (user: DirectoryUser) => ({
  schemas: [`${URN}:User`],
  id: user.id,
  ...(user.external_id === undefined ? {} : { externalId: user.external_id }),
  userName: user.name,
  ...(user.full_name === undefined
    ? {}
    : { displayName: user.full_name, name: { formatted: user.full_name } }),
  active: user.active,
  meta: {
    resourceType: 'User',
    created: new Date(user.created_at).toISOString(),
    location: `/scim/v2/Users/${user.id}`,
  },
});

export const toScimGroup = (group: DirectoryGroup, names: ReadonlyMap<string, string>) => ({
  schemas: [`${URN}:Group`],
  id: group.id,
  ...(group.external_id === undefined ? {} : { externalId: group.external_id }),
  displayName: group.name,
  members: group.members.map((value) => ({
    value,
    display: names.get(value) ?? value,
    $ref: `/scim/v2/Users/${value}`,
  })),
  meta: {
    resourceType: 'Group',
    created: new Date(group.created_at).toISOString(),
    location: `/scim/v2/Groups/${group.id}`,
  },
});

/** What a directory says of somebody; what it does not say, or we do not keep, is absent. */
export interface UserWords {
  name?: string;
  /** null: it is taken away. */
  full_name?: string | null;
  external_id?: string | null;
  active?: boolean;
}

export function userWords(body: Body): UserWords {
  const words: UserWords = {};
  for (const [key, value] of Object.entries(body)) take(words, key, value);
  return words;
}

/** One attribute by its path: some directories send `"False"` for false, and paths where others send objects. */
function take(words: UserWords, path: string, value: unknown): void {
  switch (path.toLowerCase()) {
    case 'username':
      words.name = nameIn(value);
      return;
    case 'externalid':
      words.external_id = text(value, 'externalId');
      return;
    case 'active':
      words.active = truth(value);
      return;
    case 'displayname':
    case 'name.formatted':
      words.full_name = text(value, path);
      return;
    case 'name':
      if (isBody(value)) {
        const parts = [value['givenName'], value['familyName']].filter((part) => typeof part === 'string');
        const formatted = typeof value['formatted'] === 'string' ? value['formatted'] : parts.join(' ');
        if (formatted !== '') words.full_name ??= formatted;
      }
  }
}

/** The operations of a PATCH on a person, put together. */
export function patchedUser(body: Body): UserWords {
  const words: UserWords = {};
  for (const { op, path, value } of operations(body)) {
    if (op === 'remove') takeAway(words, path);
    else if (path !== undefined) take(words, path, value);
    else Object.assign(words, userWords(named(value)));
  }
  return words;
}

function takeAway(words: UserWords, path = ''): void {
  switch (path.toLowerCase()) {
    case 'externalid':
      words.external_id = null;
      return;
    case 'displayname':
    case 'name':
    case 'name.formatted':
      words.full_name = null;
      return;
    case '':
    case 'username':
    case 'active':
      throw invalid(path === '' ? 'what is removed is named by a path' : `${path} is not taken away`, {
        field: 'path',
        hint: 'replace it',
        code: path === '' ? 'noTarget' : 'mutability',
      });
  }
  // Anything else is not kept here.
}

export interface GroupWords {
  name: string;
  /** Ids of people. */
  members: string[];
  external_id: string | undefined;
}

/** A group after the operations of a PATCH. */
export function patchedGroup(
  body: Body,
  before: { name: string; members: readonly string[]; external_id: string | undefined },
): GroupWords {
  let { name, external_id } = before;
  let members = new Set(before.members);
  const change = (op: string, path: string, value: unknown): void => {
    if (path.toLowerCase() === 'displayname') name = text(value, 'displayName');
    else if (path.toLowerCase() === 'externalid')
      external_id = op === 'remove' ? undefined : text(value, 'externalId');
    else if (/^members\W/i.test(path)) {
      if (op !== 'remove') throw notUnderstood(path);
      members = members.difference(new Set(filteredMembers(path)));
    } else if (path.toLowerCase() === 'members') {
      const named = membersIn(value);
      if (op === 'add') members = members.union(new Set(named));
      else if (op === 'replace') members = new Set(named);
      // Without a value it is all of them.
      else members = value === undefined ? new Set() : members.difference(new Set(named));
    }
  };
  for (const { op, path, value } of operations(body)) {
    if (path !== undefined) change(op, path, value);
    else for (const [key, inner] of Object.entries(named(value))) change(op, key, inner);
  }
  return { name, members: [...members], external_id };
}

/** Whom `members[value eq "A" or value eq "B"]` means. What is not understood is refused: a directory would believe that it has revoked. */
function filteredMembers(path: string): string[] {
  const [, filter = ''] = /^members\[(.*)\]$/is.exec(path) ?? [];
  return filter.split(/\s+or\s+/i).map((one) => {
    const [, id] = /^\s*value\s+eq\s+"([^"]+)"\s*$/i.exec(one) ?? [];
    if (id === undefined) throw notUnderstood(path);
    return id;
  });
}

const notUnderstood = (path: string): Error =>
  invalid(`the path is not understood: ${path.slice(0, 100)}`, {
    field: 'path',
    hint: 'remove members[value eq "ID"], or add, replace or remove members with a list of values',
    code: 'invalidFilter',
  });

/** The attributes of an operation without a path. */
function named(value: unknown): Body {
  if (isBody(value)) return value;
  throw invalid('an operation without a path has an object of attributes as its value', {
    field: 'value',
    code: 'noTarget',
  });
}

export const groupWords = (body: Body): GroupWords => ({
  name: text(body['displayName'], 'displayName'),
  members: membersIn(body['members']),
  external_id: body['externalId'] === undefined ? undefined : text(body['externalId'], 'externalId'),
});

function membersIn(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw invalid('members must be a list', { field: 'members' });
  return value.map((member: unknown) => text(isBody(member) ? member['value'] : undefined, 'members.value'));
}

export const requireName = ({ name }: UserWords): string => name ?? nameIn(undefined);

/** `attribute eq "value"`; any other filter would be answered wrongly, so it is refused. */
export function filterIn(
  filter: string | undefined,
  attributes: readonly string[],
): [string, string] | undefined {
  if (filter === undefined || filter.trim() === '') return undefined;
  const [, attribute = '', quoted = ''] = /^\s*([\w.]+)\s+eq\s+"((?:[^"\\]|\\.)*)"\s*$/i.exec(filter) ?? [];
  const known = attributes.find((one) => one.toLowerCase() === attribute.toLowerCase());
  if (known === undefined)
    throw invalid(`the filter is not understood: ${filter.slice(0, 100)}`, {
      field: 'filter',
      hint: `write ${attributes.join(' or ')} eq "…"`,
      code: 'invalidFilter',
    });
  return [known, quoted.replaceAll(/\\(.)/g, '$1')];
}

/** Of a resource what is asked for (RFC 7644, 3.9); its id and schemas in any case. */
export function shown<T extends object>(
  resource: T,
  { attributes, excludedAttributes }: { attributes?: string; excludedAttributes?: string },
): Partial<T> {
  const named = (list: string): Set<string> =>
    new Set(
      list.split(',').map((one) =>
        one
          .trim()
          .replace(/^urn:[\w:.]*:(?=\w+)/i, '')
          .replace(/\..*$/, '')
          .toLowerCase(),
      ),
    );
  const [only, without] = [attributes, excludedAttributes].map((list) => list && named(list));
  const kept = Object.entries(resource).filter(([key]) => {
    const name = key.toLowerCase();
    if (name === 'id' || name === 'schemas') return true;
    return only ? only.has(name) : !(without && without.has(name));
  });
  return Object.fromEntries(kept) as Partial<T>;
}

/** A page as SCIM counts it: from 1. */
export function page<T extends object>(
  items: readonly T[],
  { startIndex = 1, count = 100 }: { startIndex?: number; count?: number },
) {
  const from = Math.max(1, startIndex);
  const Resources = items.slice(from - 1, from - 1 + Math.min(Math.max(0, count), 500));
  return {
    schemas: [`${MESSAGES}:ListResponse`],
    totalResults: items.length,
    startIndex: from,
    itemsPerPage: Resources.length,
    Resources,
  };
}

export const failure = (status: number, detail: string, scimType: string | undefined) => ({
  schemas: [`${MESSAGES}:Error`],
  status: String(status),
  detail,
  ...(scimType === undefined ? {} : { scimType }),
});

function operations(body: Body): Array<{ op: string; path: string | undefined; value: unknown }> {
  // Names of attributes have no case (RFC 7643, 2.1).
  const list = Object.entries(body).find(([key]) => key.toLowerCase() === 'operations')?.[1];
  if (!Array.isArray(list) || list.length > 1000)
    throw invalid('a PATCH has a list of Operations', { field: 'Operations', code: 'invalidSyntax' });
  return list.map((one: unknown) => {
    const { op, path, value } = isBody(one) ? one : {};
    const word = typeof op === 'string' ? op.toLowerCase() : '';
    if (!['add', 'replace', 'remove'].includes(word))
      throw invalid('an operation is add, replace or remove', { field: 'op', code: 'invalidSyntax' });
    return { op: word, path: typeof path === 'string' ? path : undefined, value };
  });
}

const isBody = (value: unknown): value is Body =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function nameIn(value: unknown): string {
  const name = text(value, 'userName');
  if (/^[a-z0-9][a-z0-9._@+-]{0,127}$/i.test(name)) return name;
  throw invalid('a userName has letters, digits and ._@+- only', { field: 'userName', code: 'invalidValue' });
}

function text(value: unknown, field: string): string {
  if (typeof value === 'string' && value !== '' && value.length <= 200 && !value.includes('\0')) return value;
  throw invalid(`${field} must be a text of 200 characters at most`, { field, code: 'invalidValue' });
}

function truth(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  if (value === 'True' || value === 'true') return true;
  if (value === 'False' || value === 'false') return false;
  throw invalid('active must be true or false', { field: 'active', code: 'invalidValue' });
}
