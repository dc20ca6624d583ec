import { Type, type Static } from 'typebox';
import { DeployResult, GateResult, RolloutWish } from '../pipelines/contract.ts';
import { endpoint, Millis, Page, Strict } from '../platform/http/contract.ts';
import { EndpointName } from '../serving/contract.ts';
import { GateSpec } from '../validation/contract.ts';

const Id = Type.String({ pattern: '^[0-9a-f]{32}$', description: 'Id of a release, 32 hex digits.' });
const ModelName = Type.String({ minLength: 1, maxLength: 256, description: 'Name of a registered model.' });

export const ReleaseState = Type.Union(
  [
    Type.Literal('requested'),
    Type.Literal('judging'),
    Type.Literal('judged'),
    Type.Literal('awaiting_approval'),
    Type.Literal('awaiting_time'),
    Type.Literal('promoted'),
    Type.Literal('deploying'),
    Type.Literal('rolling_out'),
    Type.Literal('succeeded'),
    Type.Literal('rolled_back'),
    Type.Literal('rejected'),
    Type.Literal('held'),
    Type.Literal('failed'),
    Type.Literal('cancelled'),
  ],
  {
    description:
      'requested; judging: the gate scores it; judged: there is a verdict; awaiting_approval: what it would move is guarded by a policy, and people are asked; awaiting_time: the environment of its endpoint lets it in later, and it goes on by itself then; promoted: it passed, and the alias champion names it; deploying; rolling_out: it answers a part of the requests, and goes on by evidence; succeeded: all that was asked for is done; rolled_back: what answered before answers all again; rejected: the gate did not let it pass; held: a person decides: it had been taken away from the endpoint, which ended it, or its rollout (which has no end yet) has not enough evidence; failed; cancelled.',
  },
);
export type ReleaseState = Static<typeof ReleaseState>;
/** For whoever lets people choose one. */
export const RELEASE_STATES = [
  'requested',
  'judging',
  'judged',
  'awaiting_approval',
  'awaiting_time',
  'promoted',
  'deploying',
  'rolling_out',
  'succeeded',
  'rolled_back',
  'rejected',
  'held',
  'failed',
  'cancelled',
] as const satisfies readonly ReleaseState[];

export const Transition = Type.Object({
  state: ReleaseState,
  at: Millis('When it came to this.'),
  note: Type.Optional(Type.String({ description: 'What was done, or why, in a sentence.' })),
});
export type Transition = Static<typeof Transition>;

const Part = Type.Object({
  requests: Type.Integer({ description: 'Requests of the endpoint.' }),
  trial: Type.Integer({
    description: 'Those of them that the version on trial answered, or copies of them.',
  }),
});
const Proof = Type.Object(
  {
    errors: Type.Optional(Type.Number()),
    latency: Type.Optional(Type.Number()),
    loss: Type.Optional(Type.Number()),
  },
  { description: 'Evidence that it is good enough, in multiples of what a promotion needs; 1 is enough.' },
);
const Harm = Type.Number({
  description: 'Evidence that it is worse, in multiples of what a rollback needs.',
});
const Side = Type.Object({
  answers: Type.Integer(),
  errors: Type.Integer({ description: 'Answered 4xx or 5xx, or refused.' }),
  losses: Type.Integer({ description: 'Outcomes that are known.' }),
  loss: Type.Optional(Type.Number({ description: 'Their mean loss.' })),
});

export const Rollout = Type.Object(
  {
    stages: Type.Array(
      Type.Object({
        role: Type.Union([Type.Literal('shadow'), Type.Literal('canary'), Type.Literal('primary')]),
        percent: Type.Number({ description: 'Of the requests; of a shadow 100, as copies.' }),
        copies: Type.Optional(Type.Integer({ description: 'Of a shadow: so many, and the step is done.' })),
      }),
      { description: 'Its steps in their order; the last is all requests.' },
    ),
    stage: Type.Integer({ description: 'The step that it is at, from 0.' }),
    phase: Type.Union([Type.Literal('preparing'), Type.Literal('watching'), Type.Literal('back')], {
      description:
        'preparing: the revision of the step is being made ready; watching: it answers, and evidence is taken; back: it is, or was, rolled back.',
    }),
    percent: Type.Number({ description: 'Of the requests that it gets now.' }),
    base: Type.Integer({ description: 'The revision that answered before.' }),
    revision: Type.Integer({ description: 'The newest revision of it.' }),
    since: Millis('Since when this step goes on.'),
    every_s: Type.Number({ description: 'Least time of a step, s.' }),
    within_s: Type.Number({ description: 'Time in which the evidence of a step must be enough, s.' }),
    requests: Type.Optional(Type.Integer({ description: 'Requests in which it must be.' })),
    undecided: Type.Union([Type.Literal('hold'), Type.Literal('promote'), Type.Literal('rollback')]),
    losses: Type.Union([Type.Literal('watch'), Type.Literal('require')]),
    seen: { ...Part, description: 'Over all steps.' },
    step_seen: { ...Part, description: 'In this step.' },
    evidence: Type.Object({
      harm: Harm,
      proof: Proof,
      words: Type.String({ description: 'What it says, in a sentence.' }),
      primary: Side,
      trial: Side,
    }),
    held: Type.Optional(
      Type.Object(
        { why: Type.String(), since: Millis('Since when.'), by: Type.Optional(Type.String()) },
        { description: 'A person decides: promote, resume or roll back.' },
      ),
    ),
  },
  { description: 'How far a rollout has come, and on which evidence.' },
);
export type Rollout = Static<typeof Rollout>;

export const Decision = Type.Union(
  [Type.Literal('promote'), Type.Literal('hold'), Type.Literal('resume'), Type.Literal('rollback')],
  {
    description:
      'promote: it gets all requests now; hold: it stays where it is; resume: it goes on by evidence; rollback: what answered before answers all again.',
  },
);
export type Decision = Static<typeof Decision>;

export const Release = Type.Object(
  {
    ref: Type.String({ description: 'Its name in the ledger: `release:<id>`.' }),
    id: Id,
    model: ModelName,
    version: Type.Integer({ minimum: 1 }),
    version_ref: Type.String(),
    state: ReleaseState,
    asked_by: Type.Union([Type.Literal('pipeline'), Type.Literal('hand')], {
      description: 'pipeline: `gate:` and `deploy:` of its file.',
    }),
    execution: Type.Optional(
      Type.Object({ id: Type.String(), pipeline: Type.String(), number: Type.Integer() }),
    ),
    endpoint: Type.Optional(Type.String({ description: 'Where it shall answer.' })),
    expects: Type.Optional(
      Type.Integer({
        description: 'The revision of the endpoint that it is meant to replace; 0: none answered.',
      }),
    ),
    gate: Type.Optional(GateResult),
    deployment: Type.Optional(DeployResult),
    rollout: Type.Optional(Rollout),
    reason: Type.Optional(Type.String({ description: 'Why it ended as it did.' })),
    created_at: Millis('When it was asked for.'),
    created_by: Type.String(),
    updated_at: Millis('When it last came to another state.'),
    ended_at: Type.Optional(Millis('When it ended.')),
  },
  { description: 'A model version on its way to its users: judged, promoted, deployed.' },
);
export type Release = Static<typeof Release>;

export const ReleaseDetail = Type.Intersect([
  Release,
  Type.Object({
    transitions: Type.Array(Transition, { description: 'In their order, from the request on.' }),
    evidence: Type.Optional(
      Type.Array(
        Type.Object({
          at: Millis('When.'),
          stage: Type.Integer(),
          ...Part.properties,
          harm: Harm,
          proof: Proof,
        }),
        { description: 'Of a rollout: its evidence over time, oldest first; some hundred at most.' },
      ),
    ),
  }),
]);
export type ReleaseDetail = Static<typeof ReleaseDetail>;

export const NewRelease = Strict({
  model: ModelName,
  version: Type.String({ minLength: 1, maxLength: 300, description: '`3`, `v3`, `latest` or `@alias`.' }),
  gate: Type.Optional(
    Strict(
      {
        data: Type.String({
          minLength: 1,
          maxLength: 5000,
          description: 'A dataset ref with a file of it where it has several: `flights@v4:holdout.parquet`.',
        }),
        ...GateSpec,
      },
      { description: 'What judges it; passing moves the alias `champion`. Without it nothing is judged.' },
    ),
  ),
  deploy: Type.Optional(
    Strict({
      endpoint: EndpointName,
      sticky: Type.Optional(Type.Boolean()),
      rollout: Type.Optional(RolloutWish),
      expects: Type.Optional(
        Type.Integer({
          minimum: 0,
          description:
            'The revision that it is meant to replace, 0 for none; what answers when it is asked for, unless said.',
        }),
      ),
      replace: Type.Optional({
        ...ModelName,
        description: 'The other model, with other inputs, that the endpoint is meant to be taken from.',
      }),
    }),
  ),
});
export type NewRelease = Static<typeof NewRelease>;

const OfRelease = Strict({ release: Id });

export const createRelease = endpoint({
  method: 'POST',
  path: '/api/v1/releases',
  action: 'release:write',
  summary: 'Release a model version: judge it, make it champion, deploy it',
  description: 'Answers at once; the work is a job. At least one of `gate` and `deploy` is asked for.',
  body: NewRelease,
  response: ReleaseDetail,
});

export const listReleases = endpoint({
  method: 'GET',
  path: '/api/v1/releases',
  action: 'release:read',
  summary: 'List releases, newest first',
  query: Strict({
    model: Type.Optional(ModelName),
    endpoint: Type.Optional(EndpointName),
    execution: Type.Optional(Type.String({ maxLength: 64 })),
    state: Type.Optional(ReleaseState),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 500, description: 'At most 500; 100 unless said.' }),
    ),
    page: Type.Optional(Type.String({ maxLength: 100 })),
  }),
  response: Page(Release),
});

export const getRelease = endpoint({
  method: 'GET',
  path: '/api/v1/releases/:release',
  action: 'release:read',
  summary: 'Show a release with each step of its way',
  params: OfRelease,
  response: ReleaseDetail,
});

export const cancelRelease = endpoint({
  method: 'POST',
  path: '/api/v1/releases/:release/cancel',
  action: 'release:write',
  summary: 'Cancel a release; what is done by then stays done',
  params: OfRelease,
  response: ReleaseDetail,
});

export const decideRelease = endpoint({
  method: 'POST',
  path: '/api/v1/releases/:release/decide',
  action: 'release:write',
  summary: 'Decide about a rollout under way: promote, hold, resume or roll back',
  params: OfRelease,
  body: Strict({
    decision: Decision,
    reason: Type.String({ minLength: 1, maxLength: 2000, description: 'Why; kept in the ledger.' }),
  }),
  response: ReleaseDetail,
});
