// The one statement of the room's nouns and endpoints.
import { Type, type Static } from 'typebox';
import { endpoint, Millis, Page, Strict } from '../platform/http/contract.ts';

const Name = Type.String({
  pattern: '^[a-z0-9][a-z0-9._-]{0,62}$',
  description:
    'Name of a connection: small letters, digits, dot, dash and underscore; 63 characters at most.',
});

export const GitHostKind = Type.Union(
  [Type.Literal('github'), Type.Literal('gitlab'), Type.Literal('gitea')],
  {
    description: 'Which API it speaks; gitea is also that of Forgejo.',
  },
);
export type GitHostKind = Static<typeof GitHostKind>;

export const GitHostSettings = Strict({
  kind: GitHostKind,
  url: Type.String({
    minLength: 8,
    maxLength: 500,
    description: 'Address of the host: https://github.com, https://gitlab.example.org.',
  }),
  repository: Type.String({
    pattern: '^(?!(?:.*/)?\\.{1,2}(?:/|$))[A-Za-z0-9_.-]{1,100}(/[A-Za-z0-9_.-]{1,100}){1,10}$',
    maxLength: 500,
    description: 'The repository: owner/name; no part of it is `.` or `..`.',
  }),
  file: Type.Optional(
    Type.String({
      pattern: '^(?!/)(?!.*(?:^|/)\\.{0,2}(?:/|$))[^\\u0000-\\u001f\\u007f\\\\]+$',
      maxLength: 500,
      description:
        'The pipeline file in the repository; its folder is the project. treadle.yaml unless said.',
    }),
  ),
  token: Type.Optional(
    Type.String({
      pattern: '^[\\u0021-\\u007e]+$',
      maxLength: 2000,
      writeOnly: true,
      description:
        'A token of the host that reads the repository, and writes commit statuses and comments. Never shown again; another address drops it.',
    }),
  ),
});
export type GitHostSettings = Static<typeof GitHostSettings>;

export const GitHost = Type.Object(
  {
    id: Type.String(),
    name: Name,
    kind: GitHostKind,
    url: Type.String(),
    repository: Type.String(),
    file: Type.String(),
    has_token: Type.Boolean(),
    has_secret: Type.Boolean({ description: 'Pushes and pull requests can be told.' }),
    hook: Type.String({ description: 'Path of its webhook on this server.' }),
    created_at: Millis('When it was made.'),
    created_by: Type.String(),
    updated_at: Millis('When it was last changed.'),
  },
  { description: 'A repository on a Git host whose commits are checked.' },
);
export type GitHost = Static<typeof GitHost>;

export const CheckState = Type.Union(
  [Type.Literal('waiting'), Type.Literal('running'), Type.Literal('done'), Type.Literal('failed')],
  {
    description:
      'waiting: its commit is to be fetched; running: its execution goes on; done: the host was told the verdict; failed: the commit could not be fetched or run.',
  },
);
export type CheckState = Static<typeof CheckState>;

export const CommitCheck = Type.Object(
  {
    id: Type.String(),
    host: Name,
    commit: Type.String(),
    branch: Type.String(),
    base: Type.Optional(Type.String()),
    pull_request: Type.Optional(Type.Integer()),
    state: CheckState,
    execution: Type.Optional(Type.String()),
    verdict: Type.Optional(Type.String({ description: 'pass, fail or undecided.' })),
    problem: Type.Optional(
      Type.String({
        description: 'Why it failed, what the host did not take, or while it goes on: what went wrong last.',
      }),
    ),
    created_at: Millis('When the host told of the commit.'),
    ended_at: Type.Optional(Millis('When it ended.')),
  },
  { description: 'One commit that a host told of, and what became of it.' },
);
export type CommitCheck = Static<typeof CommitCheck>;

const OfHost = Strict({ host: Name });

export const listGitHosts = endpoint({
  method: 'GET',
  path: '/api/v1/git-hosts',
  action: 'githost:read',
  summary: 'List the repositories whose commits are checked',
  response: Page(GitHost),
});

export const setGitHost = endpoint({
  method: 'PUT',
  path: '/api/v1/git-hosts/:host',
  action: 'githost:admin',
  summary: 'Check the commits of a repository on GitHub, GitLab, Gitea or Forgejo',
  description:
    'What is not said of the token stays, as long as the address, the kind and the repository do: no token ever follows to another place.',
  params: OfHost,
  body: GitHostSettings,
  response: GitHost,
});

export const deleteGitHost = endpoint({
  method: 'DELETE',
  path: '/api/v1/git-hosts/:host',
  action: 'githost:admin',
  summary: 'Check the commits of a repository no longer',
  params: OfHost,
  response: Type.Object({}),
});

export const makeGitHostSecret = endpoint({
  method: 'POST',
  path: '/api/v1/git-hosts/:host/secret',
  action: 'githost:admin',
  summary: 'Make the secret of the webhook; shown once, and the one before is worth nothing from then on',
  params: OfHost,
  response: Type.Object({ secret: Type.String(), path: Type.String() }),
});

const GitHostTest = Type.Object({
  ok: Type.Boolean(),
  says: Type.String({ description: 'What the token may there, or what is wrong, in a sentence.' }),
  ms: Type.Integer({ description: 'How long the host took.' }),
});
export type GitHostTest = Static<typeof GitHostTest>;

export const testGitHost = endpoint({
  method: 'POST',
  path: '/api/v1/git-hosts/:host/test',
  action: 'githost:admin',
  summary: 'Ask the host for the repository with the token of the connection, and say what it answers',
  params: OfHost,
  response: GitHostTest,
});

export const listCommitChecks = endpoint({
  method: 'GET',
  path: '/api/v1/git-checks',
  action: 'githost:read',
  summary: 'List commits that hosts told of, newest first',
  query: Strict({
    host: Type.Optional(Name),
    state: Type.Optional(CheckState),
    verdict: Type.Optional(
      Type.Union([Type.Literal('pass'), Type.Literal('fail'), Type.Literal('undecided')]),
    ),
    branch: Type.Optional(Type.String({ maxLength: 255, description: 'Its whole name.' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
    page: Type.Optional(Type.String({ maxLength: 100 })),
  }),
  response: Page(CommitCheck),
});

export const checkCommitAgain = endpoint({
  method: 'POST',
  path: '/api/v1/git-checks/:check/again',
  action: 'githost:admin',
  summary: 'Check a commit again whose check has ended',
  description:
    'For what was not there then: the commit on its host, a dataset, a machine that answers. It waits, as a new one does.',
  params: Strict({ check: Type.String({ pattern: '^[0-9a-f]{32}$', description: 'Id of the check.' }) }),
  response: Type.Object({}),
});

export const hearGitHost = endpoint({
  method: 'POST',
  path: '/api/v1/hooks/git/:id',
  action: 'public',
  summary: 'Hear of a push or a pull request, as GitHub, GitLab, Gitea and Forgejo tell of it',
  description:
    'The secret of the connection signs the body (X-Hub-Signature-256, or Standard Webhooks), or is shown (X-Gitlab-Token). A delivery is heard once, and a commit is checked once; sent again, either has a check that failed tried again.',
  params: Strict({ id: Type.String({ pattern: '^[0-9a-f]{32}$', description: 'Id of the connection.' }) }),
  body: 'bytes',
  response: Type.Object({
    said: Type.String({ description: 'What came of it, in a sentence.' }),
    check: Type.Optional(Type.String({ description: 'Id of the check.' })),
  }),
  maxBody: 8 * 1024 * 1024,
});
