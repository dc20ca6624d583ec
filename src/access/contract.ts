import { Type, type Static } from 'typebox';
import { endpoint, Millis, Page, Strict } from '../platform/http/contract.ts';

export const RoleName = Type.Union(
  [Type.Literal('viewer'), Type.Literal('editor'), Type.Literal('admin'), Type.Literal('owner')],
  {
    description:
      'viewer reads; editor also writes; admin also manages the tokens and webhooks of the workspace; owner enters every workspace and makes new ones.',
  },
);

export const WorkspaceName = Type.String({
  pattern: '^[a-z0-9][a-z0-9-]{0,62}$',
  description: 'Lower-case letters, digits and dashes; 63 characters at most.',
});

export const Workspace = Type.Object({ name: WorkspaceName, created_at: Millis('When it was made.') });
export type Workspace = Static<typeof Workspace>;

export const Token = Type.Object({
  id: Type.String(),
  name: Type.String({ description: 'What it is for.' }),
  workspace: WorkspaceName,
  role: RoleName,
  prefix: Type.String({ description: 'The first characters, to recognise it by.' }),
  created_at: Millis('When it was made.'),
  created_by: Type.String(),
  expires_at: Millis('When it stops working.'),
  last_used_at: Type.Optional(Millis('Last use, to the minute.')),
  revoked_at: Type.Optional(Millis('When it was revoked.')),
  execution: Type.Optional(
    Type.String({
      description: 'Of the steps of this execution: writes to its runs alone, and ends with it.',
    }),
  ),
});
export type Token = Static<typeof Token>;

export const NewToken = Strict({
  name: Type.String({ minLength: 1, maxLength: 100, description: 'What it is for.' }),
  role: RoleName,
  workspace: Type.Optional(WorkspaceName),
  days: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 3650, description: 'Days until it expires; 90 unless said.' }),
  ),
});
export type NewToken = Static<typeof NewToken>;

export const WhoAmI = Type.Object({
  name: Type.String(),
  kind: Type.String({ description: 'owner (local, without a token), token or system.' }),
  role: RoleName,
  workspace: Type.String(),
});
export type WhoAmI = Static<typeof WhoAmI>;

export const whoAmI = endpoint({
  method: 'GET',
  path: '/api/v1/me',
  action: 'workspace:read',
  summary: 'Say who the caller is',
  response: WhoAmI,
});

export const listWorkspaces = endpoint({
  method: 'GET',
  path: '/api/v1/workspaces',
  action: 'workspace:read',
  summary: 'List the workspaces the caller may enter',
  response: Page(Workspace),
});

export const createWorkspace = endpoint({
  method: 'POST',
  path: '/api/v1/workspaces',
  action: 'server:admin',
  summary: 'Make a workspace',
  body: Strict({ name: WorkspaceName }),
  response: Workspace,
});

export const listTokens = endpoint({
  method: 'GET',
  path: '/api/v1/tokens',
  action: 'token:admin',
  summary: 'List tokens',
  response: Page(Token),
});

export const createToken = endpoint({
  method: 'POST',
  path: '/api/v1/tokens',
  action: 'token:admin',
  summary: 'Make a token; its secret is shown this once',
  body: NewToken,
  response: Type.Object({
    token: Token,
    secret: Type.String({ description: 'Keep it; it cannot be shown again.' }),
  }),
});

export const revokeToken = endpoint({
  method: 'DELETE',
  path: '/api/v1/tokens/:id',
  action: 'token:admin',
  summary: 'Revoke a token at once',
  params: Strict({ id: Type.String() }),
  response: Token,
});
