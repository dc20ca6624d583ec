// The one statement of the nouns and endpoints of secrets.
import { Type, type Static } from 'typebox';
import { endpoint, Millis, Page, Strict } from '../platform/http/contract.ts';

export const SecretName = Type.String({
  pattern: '^[A-Z][A-Z0-9_]{0,63}$',
  description: 'Name of a secret, and of the variable that a step gets it in: DB_URL.',
});
const OfEnvironment = Type.String({
  pattern: '^[a-z0-9][a-z0-9-]{0,39}$',
  description: 'The environment that it is of; of the workspace unless said.',
});

export const Secret = Type.Object(
  {
    name: SecretName,
    environment: Type.Optional(OfEnvironment),
    version: Type.Integer({ description: 'Counts each value that it was given.' }),
    pipelines: Type.Array(Type.String(), {
      description: 'Pipelines that may name it, * for any letters.',
    }),
    created_at: Millis('When it was first given a value.'),
    updated_at: Millis('When it was given this one.'),
    updated_by: Type.String(),
  },
  { description: 'A value that steps of pipelines get, and nobody is ever shown.' },
);
export type Secret = Static<typeof Secret>;

const OfSecret = Strict({
  secret: Type.String({
    pattern: '^[A-Za-z0-9_]{1,64}$',
    description: 'Name of a secret, as the variable that a step gets it in: DB_URL; 64 characters at most.',
  }),
});
const Of = Strict({ environment: Type.Optional(OfEnvironment) });

export const listSecrets = endpoint({
  method: 'GET',
  path: '/api/v1/secrets',
  action: 'secret:read',
  summary: 'List secrets: their names, and never what they are',
  response: Page(Secret),
});
export const setSecret = endpoint({
  method: 'PUT',
  path: '/api/v1/secrets/:secret',
  action: 'secret:admin',
  summary: 'Give a secret a value, and say which pipelines may name it',
  description:
    'Never shown again. Which pipelines may name it is said with the value: a value never follows to others.',
  params: OfSecret,
  query: Of,
  body: Strict({
    value: Type.String({
      writeOnly: true,
      minLength: 8,
      pattern: '^[^\\u0000]*$',
      maxLength: 32_000,
      description: '8 to 32,000 characters: a shorter one could not be hidden in a log.',
    }),
    pipelines: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 128 }), {
        minItems: 1,
        maxItems: 100,
        description: 'Pipelines that may name it, * for any letters; all of the workspace unless said.',
      }),
    ),
  }),
  response: Secret,
});
export const deleteSecret = endpoint({
  method: 'DELETE',
  path: '/api/v1/secrets/:secret',
  action: 'secret:admin',
  summary: 'Remove a secret',
  params: OfSecret,
  query: Of,
  response: Type.Object({}),
});
export const rotateSecretsKey = endpoint({
  method: 'POST',
  path: '/api/v1/secrets-key/rotate',
  action: 'server:admin',
  summary: 'Make a new master key, and seal the keys of all secrets with it',
  response: Type.Object({
    key: Type.String({ description: 'What the new key is called: a digest, and nothing of the key.' }),
    secrets: Type.Integer({ description: 'So many secrets were sealed anew.' }),
  }),
});
