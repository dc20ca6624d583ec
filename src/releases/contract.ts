import { Type, type Static } from 'typebox';
import { DeployResult, GateResult } from '../pipelines/contract.ts';
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
    Type.Literal('promoted'),
    Type.Literal('deploying'),
    Type.Literal('succeeded'),
    Type.Literal('rejected'),
    Type.Literal('held'),
    Type.Literal('failed'),
    Type.Literal('cancelled'),
  ],
  {
    description:
      'requested; judging: the gate scores it; judged: there is a verdict; promoted: it passed, and the alias champion names it; deploying; succeeded: all that was asked for is done; rejected: the gate did not let it pass; held: a person had taken it away from the endpoint; failed; cancelled.',
  },
);
export type ReleaseState = Static<typeof ReleaseState>;

export const Transition = Type.Object({
  state: ReleaseState,
  at: Millis('When it came to this.'),
  note: Type.Optional(Type.String({ description: 'What was done, or why, in a sentence.' })),
});
export type Transition = Static<typeof Transition>;

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
