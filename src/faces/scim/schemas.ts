import { missing } from '../../platform/errors/index.ts';

/** What of SCIM's schemas is kept here (RFC 7643, 7), so that a directory need not guess. */

const CORE = 'urn:ietf:params:scim:schemas:core:2.0';

interface Attribute {
  name: string;
  type: 'string' | 'boolean' | 'complex' | 'reference';
  description: string;
  multiValued: boolean;
  required: boolean;
  mutability: 'readOnly' | 'readWrite' | 'immutable';
  returned: 'default' | 'always';
  caseExact?: boolean;
  uniqueness?: 'none' | 'server';
  subAttributes?: Attribute[];
  referenceTypes?: string[];
}

const attribute = (
  name: string,
  description: string,
  more: Partial<Omit<Attribute, 'name' | 'description'>> = {},
): Attribute => {
  const type = more.type ?? 'string';
  return {
    name,
    type,
    description,
    multiValued: false,
    required: false,
    mutability: 'readWrite',
    returned: 'default',
    ...(type === 'string' || type === 'reference' ? { caseExact: true, uniqueness: 'none' as const } : {}),
    ...more,
  };
};

const schema = (name: string, description: string, attributes: Attribute[]) => ({
  schemas: [`${CORE}:Schema`],
  id: `${CORE}:${name}`,
  name,
  description,
  attributes,
  meta: { resourceType: 'Schema', location: `/scim/v2/Schemas/${CORE}:${name}` },
});

export const SCHEMAS = [
  schema('User', 'A person', [
    attribute('userName', 'What they sign in with; small letters', {
      required: true,
      caseExact: false,
      uniqueness: 'server',
    }),
    attribute('name', 'Their name', {
      type: 'complex',
      subAttributes: [attribute('formatted', 'As it is shown; else given and family name')],
    }),
    attribute('displayName', 'Their name, as it is shown'),
    attribute('active', 'Whether anything of theirs opens', { type: 'boolean' }),
  ]),
  schema('Group', 'A group of people', [
    attribute('displayName', 'Its name', { required: true, uniqueness: 'server' }),
    attribute('members', 'Who is in it', {
      type: 'complex',
      multiValued: true,
      subAttributes: [
        attribute('value', 'Id of a person', { mutability: 'immutable' }),
        attribute('display', 'What they sign in with', { mutability: 'readOnly' }),
        attribute('$ref', 'Where they are found', {
          type: 'reference',
          mutability: 'readOnly',
          referenceTypes: ['User'],
        }),
      ],
    }),
  ]),
];

export const RESOURCE_TYPES = ['User', 'Group'].map((name) => ({
  schemas: [`${CORE}:ResourceType`],
  id: name,
  name,
  endpoint: `/${name}s`,
  schema: `${CORE}:${name}`,
  meta: { resourceType: 'ResourceType', location: `/scim/v2/ResourceTypes/${name}` },
}));

/** One of a list that never changes. */
export function oneOf<T extends { id: string }>(list: readonly T[], id: string, what: string): T {
  const found = list.find((one) => one.id === id);
  if (!found)
    throw missing(`there is no ${what} '${id}'`, {
      field: 'id',
      hint: `there are ${list.map((one) => one.id).join(', ')}`,
    });
  return found;
}
