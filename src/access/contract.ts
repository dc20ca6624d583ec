import { Type, type Static } from 'typebox';
import { endpoint, Millis, Page, Strict } from '../platform/http/contract.ts';

export const RoleName = Type.Union(
  [
    Type.Literal('viewer'),
    Type.Literal('editor'),
    Type.Literal('approver'),
    Type.Literal('admin'),
    Type.Literal('owner'),
  ],
  {
    description:
      'viewer reads; editor also writes; approver reads, and approves what others made; admin also manages the tokens, people and webhooks of the workspace; owner enters every workspace and makes new ones.',
  },
);

/** What somebody can have in a workspace: `owner` is of the whole server. */
export const WorkspaceRole = Type.Union(
  [Type.Literal('viewer'), Type.Literal('editor'), Type.Literal('approver'), Type.Literal('admin')],
  {
    description:
      'viewer reads; editor also writes; approver reads, and approves what others made; admin does all of it, and manages tokens, who has which role, and webhooks.',
  },
);
export type WorkspaceRole = Static<typeof WorkspaceRole>;
const Roles = Type.Array(WorkspaceRole, { maxItems: 4, uniqueItems: true });

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
  person: Type.Optional(
    Type.String({ description: 'Id of whose it is: it opens no more than what they may now.' }),
  ),
  of: Type.Optional(Type.String({ description: 'What they are called; absent where they are removed.' })),
  shut: Type.Optional(
    Type.Union([Type.Literal('disabled'), Type.Literal('removed')], {
      description: 'It opens nothing, for whose it is are disabled or removed.',
    }),
  ),
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
  service: Type.Optional(
    Type.String({
      maxLength: 128,
      description: 'Name of the service account that it is for; without one it is yours.',
    }),
  ),
  days: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 3650, description: 'Days until it expires; 90 unless said.' }),
  ),
});
export type NewToken = Static<typeof NewToken>;

export const GrantKind = Type.Union(
  [
    Type.Literal('dataset'),
    Type.Literal('model'),
    Type.Literal('endpoint'),
    Type.Literal('environment'),
    Type.Literal('experiment'),
  ],
  {
    description:
      'What a grant is about: of an experiment its runs, too; of an environment what is promoted to it, and not its settings.',
  },
);
export type GrantKind = Static<typeof GrantKind>;
const GrantLevel = Type.Union(
  [Type.Literal('viewer'), Type.Literal('editor'), Type.Literal('approver'), Type.Literal('admin')],
  {
    description:
      'viewer reads the thing, and asks an endpoint; editor also changes it; approver reads it, and approves what moves to it; admin does all of it, and grants it to others.',
  },
);
/** A name, or a pattern of names. Each `*` makes it slower to match, and three say everything that anybody has asked for. */
const GrantName = Type.String({
  minLength: 1,
  maxLength: 250,
  pattern: '^[^*\\u0000-\\u001f]*(\\*[^*\\u0000-\\u001f]*){0,3}$',
  description: 'A name, or a pattern in which * stands for any characters: flights*. Three * at most.',
});
const GrantSaid = Type.Object({
  level: GrantLevel,
  kind: GrantKind,
  name: Type.String(),
});

export const WhoAmI = Type.Object({
  name: Type.String(),
  kind: Type.String({ description: 'owner (local, without a token), user, service, token or system.' }),
  role: Type.Union([RoleName, Type.Literal('guest')], {
    description: 'The strongest; guest where the caller is here by grants on single things alone.',
  }),
  roles: Type.Array(RoleName, { description: 'All that the caller has in this workspace.' }),
  grants: Type.Array(GrantSaid, { description: 'What the caller may do besides, with single things.' }),
  workspace: Type.String(),
  workspaces: Type.Array(Type.String(), { description: 'Names of those that the caller may enter.' }),
  user: Type.Optional(Type.String({ description: 'Id of the person whose acts these are.' })),
  token: Type.Optional(
    Type.String({ description: 'What the token is called that somebody came in with, where it is theirs.' }),
  ),
  may: Type.Array(Type.String(), {
    description: 'What the caller may do here: read, write, approve, admin, own, server.',
  }),
});
export type WhoAmI = Static<typeof WhoAmI>;

export const UserName = Type.String({
  pattern: '^[a-zA-Z0-9][a-zA-Z0-9._@+-]{0,127}$',
  description: 'What they sign in with. Letters, digits and ._@+-; kept in lower case.',
});
const Password = Type.String({
  minLength: 1,
  maxLength: 1024,
  writeOnly: true,
  description: '12 to 1,024 characters.',
});
const GroupName = Type.String({ minLength: 1, maxLength: 100, pattern: '^[^\\u0000-\\u001f]+$' });

export const User = Type.Object({
  id: Type.String(),
  name: Type.String({ description: 'What they sign in with.' }),
  full_name: Type.Optional(Type.String()),
  kind: Type.Union([Type.Literal('user'), Type.Literal('service')], {
    description:
      'user: a person; service: an account of programs, which has tokens only and approves nothing.',
  }),
  owner: Type.Boolean({ description: 'An owner of the whole server.' }),
  has_password: Type.Boolean(),
  roles: Type.Array(WorkspaceRole, { description: 'Their own in this workspace.' }),
  groups: Type.Array(Type.Object({ name: Type.String(), roles: Type.Array(WorkspaceRole) }), {
    description: 'Groups that bring them roles in this workspace.',
  }),
  created_at: Millis('When it was made.'),
  created_by: Type.String(),
  disabled_at: Type.Optional(Millis('When it was disabled: nothing of theirs opens anything since.')),
});
export type User = Static<typeof User>;

export const NewUser = Strict({
  name: UserName,
  full_name: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  password: Type.Optional(Password),
  owner: Type.Optional(Type.Boolean({ description: 'Of the whole server. Not unless said.' })),
  roles: Type.Optional(Roles),
});
export type NewUser = Static<typeof NewUser>;

export const Group = Type.Object({
  id: Type.String(),
  name: Type.String(),
  roles: Type.Array(WorkspaceRole, { description: 'What it brings its members in this workspace.' }),
  members: Type.Array(Type.String({ description: 'Name of a user.' }), {
    description: 'Those who have a role in this workspace; an owner of the server sees all.',
  }),
  created_at: Millis('When it was made.'),
});
export type Group = Static<typeof Group>;

const OfUser = Strict({ user: Type.String({ minLength: 1, maxLength: 128, description: 'Name or id.' }) });
const OfGroup = Strict({ group: Type.String({ minLength: 1, maxLength: 100, description: 'Name or id.' }) });

export const Grant = Type.Object({
  id: Type.String(),
  user: Type.Optional(Type.String({ description: 'Name of the user or service who has it.' })),
  user_kind: Type.Optional(Type.Union([Type.Literal('user'), Type.Literal('service')])),
  group: Type.Optional(Type.String({ description: 'Or of the group whose members have it.' })),
  level: GrantLevel,
  kind: GrantKind,
  name: Type.String({ description: 'A name, or a pattern in which * stands for any characters.' }),
  created_at: Millis('When it was made.'),
  created_by: Type.String(),
});
export type Grant = Static<typeof Grant>;

export const listGrants = endpoint({
  method: 'GET',
  path: '/api/v1/grants',
  action: 'grant:read',
  summary: 'List the grants of the workspace on single things',
  query: Strict({
    search: Type.Optional(
      Type.String({ maxLength: 250, description: 'Those whose name, or whose bearer’s, holds it.' }),
    ),
    kind: Type.Optional(GrantKind),
    level: Type.Optional(GrantLevel),
    user: Type.Optional(Type.String({ maxLength: 128, description: 'Name or id of a user or service.' })),
    group: Type.Optional(Type.String({ maxLength: 100, description: 'Name or id of a group.' })),
    sort: Type.Optional(
      Type.Union([Type.Literal('name'), Type.Literal('made')], {
        description: 'By what they are about, or the newest first; name unless said.',
      }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    page: Type.Optional(Type.String({ maxLength: 400 })),
  }),
  response: Page(Grant),
});

export const addGrant = endpoint({
  method: 'POST',
  path: '/api/v1/grants',
  action: 'grant:admin',
  about: [{ kind: 'granted', in: 'body', field: '' }],
  summary: 'Grant somebody, or a group, a thing or all of a pattern of names',
  description:
    'It adds to what their role in the workspace says; who has no role here sees and does what is granted and nothing else. An admin of a thing by a grant grants it on, and no more than what their own covers.',
  body: Strict({
    user: Type.Optional(Type.String({ minLength: 1, maxLength: 128, description: 'Name or id.' })),
    group: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: 'Name or id.' })),
    level: GrantLevel,
    kind: GrantKind,
    name: GrantName,
  }),
  response: Grant,
});

export const removeGrant = endpoint({
  method: 'DELETE',
  path: '/api/v1/grants/:grant',
  action: 'grant:admin',
  about: [{ kind: 'grant', in: 'params', field: 'grant' }],
  summary: 'Take a grant back',
  params: Strict({ grant: Type.String({ maxLength: 100 }) }),
  response: Type.Object({}),
});

export const listUsers = endpoint({
  method: 'GET',
  path: '/api/v1/users',
  action: 'user:read',
  summary: 'List the people and service accounts of the workspace',
  query: Strict({
    all: Type.Optional(Type.Boolean({ description: 'Of the whole server; for its owners.' })),
  }),
  response: Page(User),
});

export const addUser = endpoint({
  method: 'POST',
  path: '/api/v1/users',
  action: 'server:admin',
  summary: 'Add a person',
  description: 'Without a password they cannot sign in with one. There is never a default.',
  body: NewUser,
  response: User,
});

export const updateUser = endpoint({
  method: 'PATCH',
  path: '/api/v1/users/:user',
  action: 'server:admin',
  summary: 'Disable or enable a person or service account, or make a person an owner of the server',
  description: 'From the moment it is disabled no session, password or token of it opens anything.',
  params: OfUser,
  body: Strict({
    disabled: Type.Optional(Type.Boolean()),
    owner: Type.Optional(Type.Boolean()),
    full_name: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  }),
  response: User,
});

export const resetPassword = endpoint({
  method: 'POST',
  path: '/api/v1/users/:user/password',
  action: 'server:admin',
  summary: 'Set the password of a person',
  params: OfUser,
  body: Strict({ password: Password }),
  response: User,
});

export const setRoles = endpoint({
  method: 'PUT',
  path: '/api/v1/users/:user/roles',
  action: 'user:admin',
  summary: 'Say which roles a person or service account has in this workspace; none takes them out',
  params: OfUser,
  body: Strict({ roles: Roles }),
  response: User,
});

export const addService = endpoint({
  method: 'POST',
  path: '/api/v1/services',
  action: 'user:admin',
  summary: 'Add a service account to this workspace',
  description: 'It has tokens only (`POST /api/v1/tokens` with `service`), and approves nothing.',
  body: Strict({ name: UserName, roles: Roles }),
  response: User,
});

export const listGroups = endpoint({
  method: 'GET',
  path: '/api/v1/groups',
  action: 'user:read',
  summary: 'List the groups that bring roles in this workspace; an owner of the server sees all',
  response: Page(Group),
});

export const addGroup = endpoint({
  method: 'POST',
  path: '/api/v1/groups',
  action: 'server:admin',
  summary: 'Make a group of people',
  body: Strict({ name: GroupName }),
  response: Group,
});

export const setMembers = endpoint({
  method: 'PUT',
  path: '/api/v1/groups/:group/members',
  action: 'server:admin',
  summary: 'Say who is in a group',
  params: OfGroup,
  body: Strict({
    members: Type.Array(Type.String({ maxLength: 128 }), { maxItems: 1000, uniqueItems: true }),
  }),
  response: Group,
});

export const setGroupRoles = endpoint({
  method: 'PUT',
  path: '/api/v1/groups/:group/roles',
  action: 'user:admin',
  summary: 'Say which roles a group brings its members in this workspace',
  params: OfGroup,
  body: Strict({ roles: Roles }),
  response: Group,
});

export const removeGroup = endpoint({
  method: 'DELETE',
  path: '/api/v1/groups/:group',
  action: 'server:admin',
  summary: 'Remove a group, and with it what it brought',
  params: OfGroup,
  response: Type.Object({}),
});

export const listOwnTokens = endpoint({
  method: 'GET',
  path: '/api/v1/me/tokens',
  action: 'token:own',
  summary: 'List your own tokens, of all workspaces',
  response: Page(Token),
});

export const createOwnToken = endpoint({
  method: 'POST',
  path: '/api/v1/me/tokens',
  action: 'token:own',
  summary: 'Make a token of your own; its secret is shown this once',
  description: 'It opens at every request what its role says and you may do then, and no more.',
  body: Strict({
    name: Type.String({ minLength: 1, maxLength: 100, description: 'What it is for.' }),
    role: RoleName,
    days: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 3650, description: 'Days until it expires; 90 unless said.' }),
    ),
  }),
  response: Type.Object({
    token: Token,
    secret: Type.String({ description: 'Keep it; it cannot be shown again.' }),
  }),
});

export const revokeOwnToken = endpoint({
  method: 'DELETE',
  path: '/api/v1/me/tokens/:id',
  action: 'token:own',
  summary: 'Revoke a token of your own at once',
  params: Strict({ id: Type.String() }),
  response: Token,
});

export const changePassword = endpoint({
  method: 'POST',
  path: '/api/v1/me/password',
  action: 'user:own',
  summary: 'Change your own password',
  body: Strict({ current: Password, password: Password }),
  response: Type.Object({}),
});

export const Session = Type.Object({
  id: Type.String(),
  workspace: WorkspaceName,
  agent: Type.String({ description: 'What the browser calls itself.' }),
  created_at: Millis('When they signed in.'),
  used_at: Millis('Last use, to the minute.'),
  expires_at: Millis('When it ends, however much it is used; unused for 12 hours it ends before.'),
  current: Type.Boolean({ description: 'The one that asks.' }),
});
export type Session = Static<typeof Session>;

export const signIn = endpoint({
  method: 'POST',
  path: '/api/v1/session',
  action: 'public',
  summary: 'Sign in with name and password; a cookie keeps the session',
  description:
    'The cookie is `__Host-treadle-session` and needs https, but on a loopback address. After too many wrong passwords the answer is 429 with Retry-After.',
  body: Strict({
    name: Type.String({ minLength: 1, maxLength: 128 }),
    password: Password,
    workspace: Type.Optional(WorkspaceName),
  }),
  response: Type.Object({ workspace: WorkspaceName }),
});

export const signInWays = endpoint({
  method: 'GET',
  path: '/api/v1/session/ways',
  action: 'public',
  summary: 'Say how people sign in here',
  response: Type.Object({
    provider: Type.Boolean({ description: 'By an OpenID Connect provider, at /sign-in/oidc.' }),
  }),
});

export const beginOidc = endpoint({
  method: 'GET',
  path: '/sign-in/oidc',
  action: 'public',
  summary: 'Send the browser to the OpenID Connect provider',
  response: 'text',
});

export const endOidc = endpoint({
  method: 'GET',
  path: '/sign-in/oidc/callback',
  action: 'public',
  summary: 'Take what the OpenID Connect provider says of somebody, and begin a session',
  // A provider may add what it likes; the rest is not read.
  query: Type.Object({
    code: Type.Optional(Type.String({ maxLength: 4000 })),
    state: Type.Optional(Type.String({ maxLength: 500 })),
    iss: Type.Optional(Type.String({ maxLength: 1000 })),
    error: Type.Optional(Type.String({ maxLength: 200 })),
  }),
  response: 'text',
});

export const signOut = endpoint({
  method: 'DELETE',
  path: '/api/v1/session',
  action: 'public',
  summary: 'End the session of this browser, if there is one, and take its cookie away',
  response: Type.Object({}),
});

export const switchWorkspace = endpoint({
  method: 'PUT',
  path: '/api/v1/session/workspace',
  action: 'session:own',
  unmetered: true,
  summary: 'Go on in another workspace with the session of this browser',
  body: Strict({ workspace: WorkspaceName }),
  response: Type.Object({ workspace: WorkspaceName }),
});

export const chooseWorkspace = endpoint({
  method: 'PUT',
  path: '/api/v1/me/workspace',
  action: 'server:admin',
  summary: 'Go on in another workspace in this browser, as the owner of the machine, who has no session',
  body: Strict({ workspace: WorkspaceName }),
  response: Type.Object({ workspace: WorkspaceName }),
});

export const listSessions = endpoint({
  method: 'GET',
  path: '/api/v1/me/sessions',
  action: 'session:own',
  summary: 'List the browsers where you are signed in',
  response: Page(Session),
});

export const endSession = endpoint({
  method: 'DELETE',
  path: '/api/v1/me/sessions/:id',
  action: 'session:own',
  summary: 'End a session of your own at once',
  params: Strict({ id: Type.String() }),
  response: Type.Object({}),
});

export const explainAccess = endpoint({
  method: 'POST',
  path: '/api/v1/access/explain',
  action: 'user:read',
  summary: 'Say whether somebody may do something here, and why',
  body: Strict({
    user: Type.Optional(Type.String({ maxLength: 128, description: 'Name or id; the caller unless said.' })),
    action: Type.String({
      maxLength: 100,
      description: 'As a route carries it: `run:write`, `model:approve`.',
    }),
    kind: Type.Optional(GrantKind),
    name: Type.Optional(
      Type.String({ minLength: 1, maxLength: 250, description: 'Of the thing of that kind; with `kind`.' }),
    ),
  }),
  response: Type.Object({
    allowed: Type.Boolean(),
    because: Type.String(),
    roles: Type.Array(
      Type.Object({ role: RoleName, from: Type.String({ description: 'itself, group NAME, or server.' }) }),
      { description: 'What they have in this workspace, and what brings it.' },
    ),
    grants: Type.Array(
      Type.Object({
        ...GrantSaid.properties,
        from: Type.String({ description: 'itself, or group NAME.' }),
      }),
      { description: 'What they were granted besides: on the thing, where one is named.' },
    ),
    rules: Type.Array(
      Type.Object({
        verb: Type.String(),
        roles: Type.Array(RoleName),
        says: Type.String(),
        granted: Type.Boolean({ description: 'Whether a grant may say so, too, of what it is about.' }),
      }),
      { description: 'The whole policy: which roles may do what ends in which verb.' },
    ),
  }),
});

export const Trust = Type.Object({
  id: Type.String(),
  service: Type.String({ description: 'Name of the service account.' }),
  issuer: Type.String({ description: 'As its tokens write it.' }),
  subject: Type.String({ description: 'Whom it speaks of; * stands for any characters.' }),
  audience: Type.String({ description: 'Whom its tokens must be meant for.' }),
  created_at: Millis('When it was made.'),
  created_by: Type.String(),
});
export type Trust = Static<typeof Trust>;

export const exchangeToken = endpoint({
  method: 'POST',
  path: '/api/v1/token-exchange',
  action: 'public',
  summary: 'Exchange an identity token of a trusted issuer for a token of a service account',
  description:
    'In the words of RFC 8693, as JSON. A CI system’s job shows its own identity token and gets one of the service account that trusts it, for 15 minutes. A token with a `jti` is exchanged once.',
  body: Strict({
    grant_type: Type.Literal('urn:ietf:params:oauth:grant-type:token-exchange'),
    subject_token: Type.String({ minLength: 1, maxLength: 16_384, writeOnly: true }),
    subject_token_type: Type.Union([
      Type.Literal('urn:ietf:params:oauth:token-type:id_token'),
      Type.Literal('urn:ietf:params:oauth:token-type:jwt'),
    ]),
    service: Type.Optional(
      Type.String({ maxLength: 128, description: 'Which service account, where several trust the token.' }),
    ),
    workspace: Type.Optional(WorkspaceName),
    scope: Type.Optional(
      Type.Union([Type.Literal('viewer'), Type.Literal('editor'), Type.Literal('admin')], {
        description:
          'A role: no more than that, and no more than the service account may. All of it unless said.',
      }),
    ),
  }),
  response: Type.Object({
    access_token: Type.String(),
    issued_token_type: Type.Literal('urn:ietf:params:oauth:token-type:access_token'),
    token_type: Type.Literal('Bearer'),
    expires_in: Type.Integer({ description: 'Seconds.' }),
    service: Type.String(),
    workspace: WorkspaceName,
  }),
});

export const listTrusts = endpoint({
  method: 'GET',
  path: '/api/v1/trusts',
  action: 'user:admin',
  summary: 'List whose identity tokens the service accounts of the workspace trust',
  response: Page(Trust),
});

export const addTrust = endpoint({
  method: 'POST',
  path: '/api/v1/trusts',
  action: 'user:admin',
  summary: 'Let a service account trust an issuer’s identity tokens of a subject',
  body: Strict({
    service: Type.String({ minLength: 1, maxLength: 128, description: 'Name of the service account.' }),
    issuer: Type.String({ minLength: 1, maxLength: 500, description: 'Exactly as its tokens write it.' }),
    subject: Type.String({
      minLength: 1,
      maxLength: 500,
      pattern: '^[^*\\u0000-\\u001f]*(\\*[^*\\u0000-\\u001f]*){0,3}$',
      description:
        'Whom it must speak of; * stands for any characters: three at most, and none at the beginning.',
    }),
    audience: Type.String({
      minLength: 1,
      maxLength: 500,
      description: 'Whom a token must be meant for: mostly the address of this server.',
    }),
  }),
  response: Trust,
});

export const removeTrust = endpoint({
  method: 'DELETE',
  path: '/api/v1/trusts/:trust',
  action: 'user:admin',
  summary: 'Trust an issuer’s tokens no longer; what was exchanged ends within 15 minutes',
  params: Strict({ trust: Type.String({ maxLength: 100 }) }),
  response: Type.Object({}),
});

export const whoAmI = endpoint({
  method: 'GET',
  path: '/api/v1/me',
  action: 'workspace:read',
  unmetered: true,
  about: [{ kind: 'workspace', listed: true }],
  summary: 'Say who the caller is',
  response: WhoAmI,
});

export const listWorkspaces = endpoint({
  method: 'GET',
  path: '/api/v1/workspaces',
  action: 'workspace:read',
  unmetered: true,
  about: [{ kind: 'workspace', listed: true }],
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

export const QuotaName = Type.Union(
  [Type.Literal('bytes'), Type.Literal('runs'), Type.Literal('endpoints'), Type.Literal('requests')],
  {
    description:
      'bytes: of files in datasets, of runs and models, and of code and outputs of pipelines; runs: those that are kept, deleted ones until gc takes them; endpoints; requests: to the API in a minute.',
  },
);
export type QuotaName = Static<typeof QuotaName>;

export const Quota = Type.Object({
  quota: QuotaName,
  limit: Type.Optional(Type.Integer({ description: 'At most so much; absent: as much as there is.' })),
  used: Type.Integer({ description: 'So much there is; of requests, in this minute.' }),
});
export type Quota = Static<typeof Quota>;

const Limit = Type.Optional(
  Type.Union([Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }), Type.Null()], {
    description: 'null: no limit; what is not said stays.',
  }),
);
export const QuotaChange = Strict({ bytes: Limit, runs: Limit, endpoints: Limit, requests: Limit });
export type QuotaChange = Static<typeof QuotaChange>;

export const listQuotas = endpoint({
  method: 'GET',
  path: '/api/v1/quotas',
  action: 'workspace:admin',
  unmetered: true,
  summary: 'Say how much this workspace may have, and has',
  response: Page(Quota),
});

export const setQuotas = endpoint({
  method: 'PATCH',
  path: '/api/v1/quotas',
  action: 'server:admin',
  summary: 'Say how much this workspace may have',
  description:
    'Where a limit is below what there is, nothing goes, and nothing more comes: it is refused as `forbidden` with the code `quota`, requests as `limited` until the minute is over.',
  body: QuotaChange,
  response: Page(Quota),
});

export const leaveWorkspace = endpoint({
  method: 'DELETE',
  path: '/api/v1/me/workspaces/:workspace',
  action: 'user:own',
  summary: 'Leave a workspace: give your own roles there back',
  params: Strict({ workspace: WorkspaceName }),
  response: Type.Object({}),
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
