// The one statement of the nouns and endpoints of approvals.
import { Type, type Static } from 'typebox';
import { endpoint, listed, Millis, named, Page, Strict } from '../../platform/http/contract.ts';
import { EndpointName } from '../../serving/contract.ts';

const Id = Type.String({ pattern: '^[0-9a-f]{32}$', description: 'Id of a request, 32 hex digits.' });
const Digest = (description: string) => Type.String({ description: `${description} SHA-256, hex.` });
const Pattern = (description: string, most = 256) =>
  Type.String({ minLength: 1, maxLength: most, description: `${description} \`*\` stands for any letters.` });
const Why = (description: string) =>
  Type.String({ minLength: 1, maxLength: 2000, pattern: String.raw`\S`, description });

export const PolicyName = Type.String({
  pattern: '^[a-z0-9][a-z0-9._-]{0,62}$',
  description:
    'Name of a policy: small letters, digits, dot, dash and underscore; 63 characters at most. Mostly that of the environment which it guards.',
});

export const GuardedAlias = Strict({
  alias: Pattern('An alias of a model.'),
  model: Type.Optional(Pattern('Models; all unless said.')),
});
const StageName = Type.Union([Type.Literal('Staging'), Type.Literal('Production')], {
  description: 'A stage of MLflow’s older way.',
});
export const GuardedStage = Strict({
  stage: StageName,
  model: Type.Optional(Pattern('Models; all unless said.')),
});
export const GuardedEndpoint = Strict({ endpoint: Pattern('An endpoint.', 100) });
export const GuardedEnvironment = Strict({
  environment: Pattern('An environment: every endpoint of it.', 100),
});
export const Cover = Type.Union([GuardedAlias, GuardedStage, GuardedEndpoint, GuardedEnvironment], {
  description:
    'What is guarded: an alias or a stage of models, endpoints, or the endpoints of an environment.',
});
export type Cover = Static<typeof Cover>;

export const Check = Type.Union(
  [Type.Literal('gate'), Type.Literal('disjoint'), Type.Literal('card'), Type.Literal('scan')],
  {
    description:
      'gate: its newest evaluation passed; disjoint: that evaluation proved that no row which was judged on was trained on; card: model and version are described; scan: none of its files is of a kind that runs code when it is loaded (pickle and what stands on it), as its MLmodel file and the names of its files tell.',
  },
);
export type Check = Static<typeof Check>;
export const CHECKS = ['gate', 'disjoint', 'card', 'scan'] as const satisfies readonly Check[];

const TERMS = {
  covers: Type.Array(Cover, { minItems: 1, maxItems: 100 }),
  checks: Type.Optional(
    Type.Array(Check, {
      maxItems: 4,
      uniqueItems: true,
      description: 'What must hold before anybody’s word counts.',
    }),
  ),
  approvers: Type.Array(
    Strict({
      role: Type.String({
        pattern: '^[a-z][a-z0-9_-]{0,62}$',
        description: 'A role that people have: approver, admin.',
      }),
      count: Type.Integer({ minimum: 1, maximum: 20, description: 'So many different people.' }),
    }),
    { minItems: 1, maxItems: 5, description: 'Who must approve. Nobody counts twice.' },
  ),
  expires_h: Type.Optional(
    Type.Number({
      exclusiveMinimum: 0,
      maximum: 8784,
      description: 'Hours for which somebody’s approval counts; 168 unless said.',
    }),
  ),
  going_back: Type.Optional(
    Type.Boolean({
      description:
        'Whether what was there by an approval before may come back without a new one; true unless said.',
    }),
  ),
  break_glass: Type.Optional(
    Type.Boolean({
      description:
        'Whether an admin may let something through alone, with a reason, an alert and a review afterwards; true unless said.',
    }),
  ),
};
export const CountedMerges = Strict(
  {
    host: Type.String({ minLength: 1, maxLength: 63, description: 'A connection to a Git host.' }),
    people: Type.Record(
      Type.String({ minLength: 1, maxLength: 300 }),
      Type.String({ minLength: 1, maxLength: 256 }),
      {
        maxProperties: 500,
        description: 'Who they are here, by their account at the host: { "octo-ann": "ann" }.',
      },
    ),
  },
  {
    description:
      'Merged changes of desired state that count as the word of who merged them, as the host itself tells.',
  },
);
const merges = Type.Optional(Type.Array(CountedMerges, { maxItems: 20, description: 'None unless said.' }));
export const Terms = Strict({ ...TERMS, merges });
export type Terms = Static<typeof Terms>;

export const Policy = Type.Object(
  {
    name: PolicyName,
    revision: Type.Integer({
      minimum: 1,
      description: 'A policy is never edited: each change is a revision of its own.',
    }),
    digest: Digest('Over name, revision and terms.'),
    terms: Strict({ ...Type.Required(Strict(TERMS)).properties, merges }),
    created_at: Millis('When this revision was made.'),
    created_by: Type.String(),
    ended_at: Type.Optional(Millis('Since when it holds no more.')),
  },
  { description: 'What must be true before a guarded alias, stage or endpoint may point at a version.' },
);
export type Policy = Static<typeof Policy>;

export const AliasTarget = Strict({ alias: Type.String({ minLength: 1, maxLength: 255 }) });
export const StageTarget = Strict({ stage: StageName });
export const EndpointTarget = Strict({ endpoint: EndpointName });
export const Target = Type.Union([AliasTarget, StageTarget, EndpointTarget], {
  description: 'What shall point at the version: an alias or a stage of its model, or an endpoint.',
});
export type Target = Static<typeof Target>;
export const EnvironmentTarget = Strict({
  environment: Type.String({
    minLength: 1,
    maxLength: 40,
    description: 'An environment: the endpoint that the model has there, as it is called now.',
  }),
});
export const WishedTarget = Type.Union([AliasTarget, StageTarget, EndpointTarget, EnvironmentTarget], {
  description:
    'What shall point at the version: an alias or a stage of its model, an endpoint, or its endpoint in an environment.',
});
export type WishedTarget = Static<typeof WishedTarget>;

export const Approved = Type.Object(
  {
    target: Type.String({
      description: 'In the words of the ledger: `alias:model:flights/champion`, `endpoint:flights`.',
    }),
    version: Type.String({ description: '`model_version:flights/3`.' }),
    content: Digest('Over the files of the version.'),
    evaluation: Type.Optional(
      Type.Object(
        { ref: Type.String(), digest: Digest('Over what it found.') },
        { description: 'The newest one.' },
      ),
    ),
    card: Digest('Over what people wrote of the version and its model.'),
    policies: Type.Array(
      Type.Object({ name: Type.String(), revision: Type.Integer(), digest: Type.String() }),
    ),
  },
  { description: 'All that is approved, together. When any of it changes, nobody has approved it.' },
);
export type Approved = Static<typeof Approved>;

export const CheckResult = Type.Object({
  check: Check,
  holds: Type.Boolean(),
  says: Type.String({ description: 'What was found, in a sentence.' }),
  wanted: Type.Boolean({ description: 'Whether a policy asks for it.' }),
});
export type CheckResult = Static<typeof CheckResult>;

export const RequestState = Type.Union(
  [
    Type.Literal('open'),
    Type.Literal('approved'),
    Type.Literal('rejected'),
    Type.Literal('void'),
    Type.Literal('promoted'),
    Type.Literal('withdrawn'),
  ],
  {
    description:
      'open: people’s words, or checks, are missing; approved: the move may be made; rejected: somebody who may approve refused; void: what was to be approved has changed since; promoted: the move was made; withdrawn: it is not wanted any more.',
  },
);
export type RequestState = Static<typeof RequestState>;

export const Verdict = Type.Union(
  [Type.Literal('approve'), Type.Literal('reject'), Type.Literal('break_glass')],
  { description: 'break_glass: an admin lets it through alone; somebody else reviews it afterwards.' },
);
export type Verdict = Static<typeof Verdict>;

export const ApprovalDecision = Type.Object({
  verdict: Verdict,
  user: Type.String({ description: 'Id of the person.' }),
  name: Type.String({ description: 'As they were called then.' }),
  why: Type.String(),
  at: Millis('When.'),
  digest: Digest('What they decided about.'),
  counts: Type.Boolean({ description: 'Whether it counts now.' }),
  not: Type.Optional(Type.String({ description: 'Why it does not.' })),
});
export type ApprovalDecision = Static<typeof ApprovalDecision>;

export const ApprovalRequest = Type.Object(
  {
    ref: Type.String({ description: 'Its name in the ledger: `request:<id>`.' }),
    id: Id,
    target: Target,
    model: Type.String(),
    version: Type.Integer(),
    version_ref: Type.String(),
    digest: Digest('Over all that is approved.'),
    state: RequestState,
    says: Type.String({ description: 'Where it stands, in a sentence.' }),
    why: Type.String({ description: 'Why it is asked for.' }),
    broke_glass: Type.Boolean(),
    requested_by: Type.String(),
    requested_user: Type.Optional(
      Type.String({ description: 'Id of the person; absent where a program asked.' }),
    ),
    asked_by: Type.Optional(
      Type.String({ description: 'What asked, where it was no person: `release:<id>`.' }),
    ),
    created_at: Millis('When it was asked for.'),
    ended_at: Type.Optional(Millis('When it was promoted or withdrawn.')),
  },
  { description: 'That an alias, a stage or an endpoint may point at one version.' },
);
export type ApprovalRequest = Static<typeof ApprovalRequest>;

export const ApprovalRequestDetail = Type.Intersect([
  ApprovalRequest,
  Type.Object({
    approved: Approved,
    authors: Type.Array(Type.String(), {
      description:
        'Ids of the people who registered the version, or made its run: none of them may approve it.',
    }),
    checks: Type.Array(CheckResult),
    needs: Type.Array(
      Type.Object({
        policy: Type.String(),
        role: Type.String(),
        count: Type.Integer(),
        have: Type.Integer({ description: 'Different people with that role whose word counts now.' }),
      }),
    ),
    decisions: Type.Array(ApprovalDecision, {
      description: 'In their order; the last word of a person counts.',
    }),
    now: Type.Optional(
      Type.Object(
        {
          versions: Type.Array(
            Type.Object({ model: Type.String(), version: Type.Integer(), ref: Type.String() }),
          ),
        },
        { description: 'What it points at now.' },
      ),
    ),
    before: Type.Optional(
      Type.Object(
        {
          versions: Type.Array(
            Type.Object({ model: Type.String(), version: Type.Integer(), ref: Type.String() }),
          ),
        },
        { description: 'Of what was promoted: what it pointed at until then.' },
      ),
    ),
    changed: Type.Array(Type.String(), { description: 'What changed since it was asked for.' }),
  }),
]);
export type ApprovalRequestDetail = Static<typeof ApprovalRequestDetail>;

export const Review = Type.Object(
  {
    request: Id,
    model: Type.String(),
    version: Type.Integer(),
    target: Target,
    broken_by: Type.String({ description: 'Id of the person.' }),
    why: Type.String(),
    state: Type.Union(
      [Type.Literal('not_moved'), Type.Literal('open'), Type.Literal('closed'), Type.Literal('not_used')],
      {
        description:
          'not_moved: the glass is broken, and the move not made yet; open: it was made, and nobody has looked at it; closed: somebody has; not_used: the glass expired, the request ended otherwise, or enough people approved it before the move.',
      },
    ),
    opened_at: Millis('When the glass was broken.'),
    closed_at: Type.Optional(Millis('When it was reviewed.')),
    closed_by: Type.Optional(Type.String({ description: 'Id of the person.' })),
    finding: Type.Optional(Type.String()),
  },
  { description: 'What was let through by one person alone, for another to look at afterwards.' },
);
export type Review = Static<typeof Review>;

const Limit = Type.Optional(
  Type.Integer({ minimum: 1, maximum: 500, description: 'At most 500; 100 unless said.' }),
);
const OfPolicy = Strict({ policy: PolicyName });
const OfRequest = Strict({ request: Id });

export const listPolicies = endpoint({
  method: 'GET',
  path: '/api/v1/policies',
  action: 'policy:read',
  summary: 'List the policies that hold',
  response: Page(Policy),
});
export const getPolicy = endpoint({
  method: 'GET',
  path: '/api/v1/policies/:policy',
  action: 'policy:read',
  summary: 'Show all revisions of a policy, newest first',
  params: OfPolicy,
  response: Page(Policy),
});
export const setPolicy = endpoint({
  method: 'PUT',
  path: '/api/v1/policies/:policy',
  action: 'policy:admin',
  summary: 'Guard aliases, stages or endpoints: a new revision of a policy',
  description:
    'What stands there already stays. Every approval that was given under an earlier revision, and not used yet, is void.',
  params: OfPolicy,
  body: Terms,
  response: Policy,
});
export const endPolicy = endpoint({
  method: 'DELETE',
  path: '/api/v1/policies/:policy',
  action: 'policy:admin',
  summary: 'End a policy; its revisions stay',
  params: OfPolicy,
  query: Strict({ reason: Why('Why; kept in the ledger.') }),
  response: Policy,
});
export const createRequest = endpoint({
  method: 'POST',
  path: '/api/v1/requests',
  action: 'request:write',
  about: [
    { kind: 'wish', in: 'body', field: '' },
    { kind: 'model', in: 'body', field: 'model', verb: 'read' },
  ],
  summary: 'Ask that an alias, a stage or an endpoint may point at a version',
  body: Strict({
    model: Type.String({ minLength: 1, maxLength: 256 }),
    version: Type.String({ minLength: 1, maxLength: 300, description: '`3`, `v3`, `latest` or `@alias`.' }),
    target: WishedTarget,
    why: Why('Why; people read it before they decide.'),
  }),
  response: ApprovalRequestDetail,
});
export const listRequests = endpoint({
  method: 'GET',
  path: '/api/v1/requests',
  action: 'request:read',
  about: [listed('request')],
  summary: 'List requests, newest first',
  query: Strict({
    waiting: Type.Optional(
      Type.Boolean({
        description: 'Only those that are neither promoted nor withdrawn, of versions that are there.',
      }),
    ),
    model: Type.Optional(
      Type.String({ minLength: 1, maxLength: 256, description: 'Only those for versions of this model.' }),
    ),
    limit: Limit,
    page: Type.Optional(Type.String({ maxLength: 100 })),
  }),
  response: Page(ApprovalRequest),
});
export const getRequest = endpoint({
  method: 'GET',
  path: '/api/v1/requests/:request',
  action: 'request:read',
  about: [named('request')],
  summary: 'Show a request: what would change, what holds, who has decided',
  params: OfRequest,
  response: ApprovalRequestDetail,
});
export const decideRequest = endpoint({
  method: 'POST',
  path: '/api/v1/requests/:request/decisions',
  action: 'approval:approve',
  about: [named('request')],
  summary: 'Approve or reject what a request asks for, or break the glass',
  description:
    'Only people decide: neither who asked, nor who made the version or its run; and no token of a service. Their word is about the digest that they saw.',
  params: OfRequest,
  body: Strict({
    verdict: Verdict,
    digest: Type.String({
      pattern: '^[0-9a-f]{64}$',
      description: 'Digest of the request as it was looked at.',
    }),
    why: Why('Why; kept with the decision.'),
  }),
  response: ApprovalRequestDetail,
});
export const withdrawRequest = endpoint({
  method: 'DELETE',
  path: '/api/v1/requests/:request',
  action: 'request:write',
  about: [named('request')],
  summary: 'Withdraw a request',
  description: 'For whoever asked, and admins.',
  params: OfRequest,
  response: ApprovalRequestDetail,
});
export const promoteRequest = endpoint({
  method: 'POST',
  path: '/api/v1/requests/:request/promote',
  action: 'model:write',
  about: [named('request')],
  summary: 'Make the move that was approved: point the alias or stage at the version',
  description: 'Of an endpoint, deploy the version there instead: the approval is found by itself.',
  params: OfRequest,
  response: ApprovalRequestDetail,
});
export const listReviews = endpoint({
  method: 'GET',
  path: '/api/v1/reviews',
  action: 'request:read',
  summary: 'List what was let through by breaking the glass, newest first',
  query: Strict({
    open: Type.Optional(
      Type.Boolean({
        description: 'Only those in state open or not_moved: what nobody has reviewed yet.',
      }),
    ),
    limit: Limit,
  }),
  response: Page(Review),
});
export const closeReview = endpoint({
  method: 'POST',
  path: '/api/v1/reviews/:request/close',
  action: 'approval:approve',
  about: [named('request')],
  summary: 'Say what came of the review of a broken glass',
  description:
    'Once the move is made. Neither who asked for it, nor who made the version or its run, nor who broke the glass closes its review.',
  params: OfRequest,
  body: Strict({ finding: Why('What was found; kept in the ledger.') }),
  response: Review,
});
