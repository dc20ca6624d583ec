// The one statement of the nouns and endpoints of GitOps.
import { Type, type Static } from 'typebox';
import { RolloutWish } from '../pipelines/contract.ts';
import { Dictionary, endpoint, listed, Millis, named, Page, Strict } from '../platform/http/contract.ts';
import { EnvironmentName } from '../promotions/contract.ts';
import { EndpointName } from '../serving/contract.ts';

const Branch = Type.String({
  pattern: '^(?!-)(?!.*(?:\\.\\.|//|@\\{|\\.lock$|/$|\\.$))[A-Za-z0-9._/-]{1,200}$',
  description: 'A branch of the repository.',
});
const File = Type.String({
  pattern: '^(?!/)(?!.*(?:^|/)\\.{0,2}(?:/|$))[A-Za-z0-9._/ -]{1,300}$',
  description: 'Path of the file in the repository.',
});

const VersionNumber = Type.Integer({ minimum: 1, description: 'A version by its number.' });
const VersionDigest = Type.String({
  pattern: '^[0-9a-f]{64}$',
  description: 'A version by the digest over its files.',
});
const Which = Type.Union([VersionNumber, VersionDigest]);
const Rollout = Type.Union([RolloutWish, Type.Literal(false)], {
  description: 'How it comes; as the environment says unless said. false: it answers all requests at once.',
});
export const PinnedVersion = Strict({ version: Which, rollout: Type.Optional(Rollout) });
export const PinnedEndpoint = Strict({
  model: Type.String({ minLength: 1, maxLength: 256 }),
  version: Which,
  rollout: Type.Optional(Rollout),
});
const ModelWish = Type.Union([Which, PinnedVersion]);
const EndpointWish = Type.Union([
  Type.String({ pattern: '^[^@\\s]{1,256}@v?[1-9]\\d{0,8}$', description: 'flights@7' }),
  PinnedEndpoint,
]);
/** The file in the repository. */
export const DesiredState = Strict(
  {
    environment: { ...EnvironmentName, description: 'Which environment this is about.' },
    models: Type.Optional(
      Dictionary(Type.String({ minLength: 1, maxLength: 256 }), ModelWish, {
        maxProperties: 200,
        description: 'Which version of each model answers at the endpoint that it has there.',
      }),
    ),
    endpoints: Type.Optional(
      Dictionary(EndpointName, EndpointWish, {
        maxProperties: 200,
        description: 'Endpoints of the environment that are called otherwise.',
      }),
    ),
  },
  { description: 'What shall answer in one environment. What is not named is left as it is.' },
);
export type DesiredState = Static<typeof DesiredState>;

export const TargetState = Type.Union(
  [
    Type.Literal('in_sync'),
    Type.Literal('on_the_way'),
    Type.Literal('waiting'),
    Type.Literal('blocked'),
    Type.Literal('drift'),
  ],
  {
    description:
      'in_sync: what runs is what Git says; on_the_way: a release brings it there; waiting: for people, or for time; blocked: it was refused, rolled back or taken away, and is not tried again before Git says something else or somebody says so; drift: they differ, and nothing is done about it.',
  },
);
export type TargetState = Static<typeof TargetState>;

const OneVersion = Type.Object({ model: Type.String(), version: Type.Integer(), version_ref: Type.String() });

export const GitOpsTarget = Type.Object({
  endpoint: Type.String(),
  wanted: Type.Object({
    model: Type.String(),
    version: Type.Optional(Type.Integer({ description: 'Absent where there is no such version.' })),
    version_ref: Type.Optional(Type.String()),
  }),
  runs: Type.Optional(OneVersion),
  state: TargetState,
  says: Type.String({ description: 'Where it stands, in a sentence.' }),
  at: Type.Optional(Millis('When it goes on, where that is known.')),
  release: Type.Optional(Type.String({ description: 'The last one that brought it there, or tries to.' })),
});
export type GitOpsTarget = Static<typeof GitOpsTarget>;

const Mode = Type.Union([Type.Literal('apply'), Type.Literal('report')], {
  description: 'apply: what runs is made what Git says; report: only the difference is shown.',
});

export const GitOps = Type.Object(
  {
    environment: EnvironmentName,
    host: Type.String({ description: 'The connection to the Git host.' }),
    branch: Type.String(),
    file: Type.String(),
    mode: Mode,
    commit: Type.Optional(Type.String({ description: 'The commit that was read last.' })),
    problem: Type.Optional(
      Type.String({ description: 'Why the branch or the file cannot be read; nothing is applied then.' }),
    ),
    looked_at: Type.Optional(Millis('When the branch was last looked at.')),
    late: Type.Optional(
      Type.Boolean({
        description: 'That was some minutes ago: its host does not answer. What was read last holds.',
      }),
    ),
    in_sync: Type.Boolean({ description: 'Whether all that it names runs.' }),
    targets: Type.Array(GitOpsTarget),
    unnamed: Type.Array(Type.Object({ endpoint: Type.String(), ...OneVersion.properties }), {
      description: 'What answers in the environment, and the file says nothing of.',
    }),
    created_at: Millis('When it was set.'),
    created_by: Type.String(),
  },
  { description: 'An environment that follows a file in a Git repository.' },
);
export type GitOps = Static<typeof GitOps>;

const OfEnvironment = Strict({ environment: EnvironmentName });

export const listGitOps = endpoint({
  method: 'GET',
  path: '/api/v1/gitops',
  action: 'environment:read',
  about: [listed('environment')],
  summary: 'List the environments that follow a file in Git, with what differs',
  response: Page(GitOps),
});
export const setGitOps = endpoint({
  method: 'PUT',
  path: '/api/v1/gitops/:environment',
  action: 'environment:admin',
  summary: 'Let an environment follow a file in a Git repository',
  params: OfEnvironment,
  body: Strict({
    host: Type.String({ minLength: 1, maxLength: 63, description: 'A connection to a Git host.' }),
    branch: Type.Optional({ ...Branch, description: 'main unless said.' }),
    file: File,
    mode: Type.Optional(Mode),
  }),
  response: GitOps,
});
export const deleteGitOps = endpoint({
  method: 'DELETE',
  path: '/api/v1/gitops/:environment',
  action: 'environment:admin',
  summary: 'Let an environment follow nothing any more; what runs stays',
  params: OfEnvironment,
  response: Type.Object({}),
});
export const syncGitOps = endpoint({
  method: 'POST',
  path: '/api/v1/gitops/:environment/sync',
  action: 'release:write',
  about: [named('environment')],
  summary: 'Look at the branch now; what was blocked is tried again where that is said',
  params: OfEnvironment,
  body: Strict({
    retry: Type.Optional(Type.Boolean({ description: 'Try again what is blocked.' })),
  }),
  response: GitOps,
});
export const proposeGitOps = endpoint({
  method: 'POST',
  path: '/api/v1/gitops/:environment/propose',
  action: 'release:write',
  about: [
    named('environment'),
    { kind: 'model', in: 'body', field: 'models.{}', verb: 'read', optional: true },
  ],
  summary: 'Push a branch on which the file says what is wanted, or what runs',
  params: OfEnvironment,
  body: Strict({
    as: Type.Optional({
      ...Branch,
      description: 'The branch that is made; treadle/ENVIRONMENT-… unless said.',
    }),
    models: Type.Optional(
      Dictionary(Type.String({ minLength: 1, maxLength: 256 }), VersionNumber, {
        maxProperties: 200,
        description: 'Which versions the file shall say; those that run unless said.',
      }),
    ),
    why: Type.Optional(Type.String({ minLength: 1, maxLength: 2000, description: 'For the commit.' })),
  }),
  response: Type.Object({
    branch: Type.String(),
    commit: Type.String(),
    text: Type.String({ description: 'What the file says on it.' }),
  }),
});
