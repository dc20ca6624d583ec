// The one statement of the nouns and endpoints of deployment environments.
import { Type, type Static } from 'typebox';
import { RolloutWish } from '../pipelines/contract.ts';
import { Dictionary, endpoint, listed, Millis, named, Page, Strict } from '../platform/http/contract.ts';
import { ReleaseDetail, ReleaseState } from '../releases/contract.ts';
import { EndpointName } from '../serving/contract.ts';

export const EnvironmentName = Type.String({
  pattern: '^[a-z0-9][a-z0-9-]{0,39}$',
  description: 'Name of an environment: small letters, digits and dashes; 40 characters at most.',
});
const ModelName = Type.String({ minLength: 1, maxLength: 256, description: 'Name of a registered model.' });

const Day = Type.Union([
  Type.Literal('mon'),
  Type.Literal('tue'),
  Type.Literal('wed'),
  Type.Literal('thu'),
  Type.Literal('fri'),
  Type.Literal('sat'),
  Type.Literal('sun'),
]);
const Clock = (description: string) =>
  Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$', description: `${description} HH:MM.` });

export const Window = Strict(
  {
    days: Type.Array(Day, {
      minItems: 1,
      maxItems: 7,
      uniqueItems: true,
      description: 'On which it begins.',
    }),
    from: Clock('When it begins.'),
    to: Clock('When it ends; on the next day where that is not later than its beginning.'),
  },
  { description: 'When versions may come to the environment, each week.' },
);
export type Window = Static<typeof Window>;

export const Freeze = Strict(
  {
    from: Millis('Since when.'),
    to: Millis('Until when.'),
    why: Type.String({ minLength: 1, maxLength: 500 }),
  },
  { description: 'A time in which no other version comes, whatever the windows say.' },
);
export type Freeze = Static<typeof Freeze>;

export const EnvironmentSettings = Strict({
  position: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1000,
      description: 'Its place in the order that versions go through; behind all others unless said.',
    }),
  ),
  endpoints: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9._-]*\\{model\\}[A-Za-z0-9._-]*$',
      maxLength: 100,
      description:
        'How its endpoints are called: `{model}` stands for the name of a model; {model}-NAME unless said.',
    }),
  ),
  models: Type.Optional(
    Dictionary(ModelName, EndpointName, {
      maxProperties: 200,
      description: 'Endpoints of models that are called otherwise.',
    }),
  ),
  variables: Type.Optional(
    Dictionary(Type.String({ pattern: '^[A-Z][A-Z0-9_]{0,63}$' }), Type.String({ maxLength: 2000 }), {
      maxProperties: 100,
      description: 'What differs between environments and is no secret; shown to everybody who may look.',
    }),
  ),
  windows: Type.Optional(
    Type.Array(Window, {
      maxItems: 20,
      description: 'When versions may come; at any time where there is none.',
    }),
  ),
  time_zone: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 64,
      description: 'Of the windows: Europe/Berlin; UTC unless said.',
    }),
  ),
  freezes: Type.Optional(Type.Array(Freeze, { maxItems: 50 })),
  hold_min: Type.Optional(
    Type.Number({
      minimum: 0,
      maximum: 525_600,
      description:
        'So many minutes a version must have answered here before it may go on to the next environment; 0 unless said: it must have answered at all.',
    }),
  ),
  rollout: Type.Optional(RolloutWish),
});
export type EnvironmentSettings = Static<typeof EnvironmentSettings>;

export const Environment = Type.Object(
  {
    name: EnvironmentName,
    position: Type.Integer({ description: 'Versions go from low to high.' }),
    terms: Type.Object({
      endpoints: Type.String(),
      models: Type.Record(Type.String(), Type.String()),
      variables: Type.Record(Type.String(), Type.String()),
      windows: Type.Array(Window),
      time_zone: Type.String(),
      freezes: Type.Array(Freeze),
      hold_min: Type.Number(),
      rollout: Type.Optional(RolloutWish),
    }),
    open: Type.Boolean({ description: 'Whether versions may come now.' }),
    opens_at: Type.Optional(Millis('When versions may come again, where they may not now.')),
    closed: Type.Optional(Type.String({ description: 'Why versions may not come now.' })),
    created_at: Millis('When it was made.'),
    created_by: Type.String(),
    updated_at: Millis('When it was last changed.'),
  },
  { description: 'A place that model versions are promoted to: dev, staging, production.' },
);
export type Environment = Static<typeof Environment>;

export const NextStep = Type.Object(
  {
    environment: EnvironmentName,
    endpoint: Type.String(),
    ok: Type.Boolean({ description: 'Whether it may go there now; people’s approval is asked for besides.' }),
    there: Type.Boolean({ description: 'It answers there already.' }),
    why: Type.Optional(Type.String({ description: 'Why it may not.' })),
    at: Type.Optional(Millis('When it may, where time is what is missing.')),
  },
  { description: 'Where a version would go from here.' },
);

export const BoardCell = Type.Object(
  {
    environment: EnvironmentName,
    model: ModelName,
    endpoint: EndpointName,
    version: Type.Integer({ description: 'The version that answers.' }),
    version_ref: Type.String(),
    revision: Type.Integer(),
    since: Millis('Since when it answers there.'),
    held_ms: Type.Number({ description: 'How long it has answered there, all times together, ms.' }),
    beside: Type.Array(
      Type.Object({
        role: Type.String(),
        model: Type.String(),
        version: Type.Integer(),
        percent: Type.Number(),
      }),
      { description: 'What answers a part of the requests, or copies of them.' },
    ),
    next: Type.Optional(NextStep),
  },
  { description: 'What answers for a model in an environment.' },
);
export type BoardCell = Static<typeof BoardCell>;

export const OnTheWay = Type.Object(
  {
    environment: EnvironmentName,
    release: Type.String(),
    model: ModelName,
    version: Type.Integer(),
    state: ReleaseState,
    endpoint: Type.String(),
    since: Millis('Since when it is there.'),
    says: Type.Optional(Type.String({ description: 'What it waits for.' })),
  },
  { description: 'A release to an environment that has not ended.' },
);
export type OnTheWay = Static<typeof OnTheWay>;

export const Board = Type.Object({
  environments: Type.Array(Environment, { description: 'In their order.' }),
  cells: Type.Array(BoardCell),
  on_the_way: Type.Array(OnTheWay),
});
export type Board = Static<typeof Board>;

export const Promotion = Type.Object(
  {
    id: Type.String(),
    environment: EnvironmentName,
    endpoint: Type.String(),
    model: ModelName,
    version: Type.Integer(),
    version_ref: Type.String(),
    how: Type.Union([Type.Literal('promoted'), Type.Literal('going_back')], {
      description: 'going_back: it had answered there before.',
    }),
    at: Millis('When it was let in.'),
    by: Type.String(),
  },
  { description: 'That an environment let a version in.' },
);
export type Promotion = Static<typeof Promotion>;

const OfEnvironment = Strict({ environment: EnvironmentName });

export const listEnvironments = endpoint({
  method: 'GET',
  path: '/api/v1/environments',
  action: 'environment:read',
  about: [listed('environment')],
  summary: 'List the environments in their order',
  response: Page(Environment),
});
export const getBoard = endpoint({
  method: 'GET',
  path: '/api/v1/environment-board',
  action: 'environment:read',
  about: [listed('environment')],
  summary: 'Show what answers in each environment, since when, and where it may go',
  response: Board,
});
export const getEnvironment = endpoint({
  method: 'GET',
  path: '/api/v1/environments/:environment',
  action: 'environment:read',
  about: [named('environment')],
  summary: 'Show an environment',
  params: OfEnvironment,
  response: Environment,
});
export const setEnvironment = endpoint({
  method: 'PUT',
  path: '/api/v1/environments/:environment',
  action: 'environment:admin',
  summary: 'Make an environment, or say anew what holds for it',
  description:
    'What answers there already stays. What is not said is as it is by default, but its place in the order.',
  params: OfEnvironment,
  body: Strict({
    ...EnvironmentSettings.properties,
    unchanged_since: Type.Optional(
      Millis('Only if it was last changed then: what somebody else says meanwhile is not lost.'),
    ),
  }),
  response: Environment,
});
export const deleteEnvironment = endpoint({
  method: 'DELETE',
  path: '/api/v1/environments/:environment',
  action: 'environment:admin',
  summary: 'Remove an environment; its endpoints go on answering',
  params: OfEnvironment,
  query: Strict({
    reason: Type.String({ minLength: 1, maxLength: 2000, description: 'Why; kept in the ledger.' }),
  }),
  response: Type.Object({}),
});
export const promoteVersion = endpoint({
  method: 'POST',
  path: '/api/v1/environments/:environment/promotions',
  action: 'release:write',
  about: [named('environment'), { kind: 'model', in: 'body', field: 'model', verb: 'read' }],
  summary: 'Promote a model version to an environment',
  description:
    'Refused unless it answered in the environment before for as long as that one wants, and a window is open; what answered here before may always come back. A release does it, and waits where people’s approval is missing.',
  params: OfEnvironment,
  body: Strict({
    model: ModelName,
    version: Type.String({ minLength: 1, maxLength: 300, description: '`3`, `v3`, `latest` or `@alias`.' }),
    at_once: Type.Optional(
      Type.Boolean({
        description: 'Without the rollout that the environment says: it answers all requests at once.',
      }),
    ),
  }),
  response: ReleaseDetail,
});
export const listPromotions = endpoint({
  method: 'GET',
  path: '/api/v1/environments/:environment/promotions',
  action: 'environment:read',
  about: [named('environment')],
  summary: 'List which versions an environment let in, newest first',
  params: OfEnvironment,
  query: Strict({
    model: Type.Optional(ModelName),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, description: '100 unless said.' })),
  }),
  response: Page(Promotion),
});
