// The one statement of the room's nouns and endpoints: longer than other files, and better in one piece.
import { Type, type Static } from 'typebox';
import { Dictionary, endpoint, listed, Millis, named, Page, Strict } from '../platform/http/contract.ts';

export const EndpointName = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$',
  description:
    'Name of an endpoint, and the model name its callers use: letters, digits, dot, dash and underscore; 100 characters at most.',
});
const Counting = Type.Integer({ minimum: 1, maximum: 1_000_000_000 });
const Note = Type.String({ maxLength: 2000, description: 'Why; kept in the ledger.' });
const Percent = (description: string) => Type.Number({ minimum: 0, maximum: 100, description });
const ModelName = Type.String({ minLength: 1, maxLength: 256, description: 'Name of a registered model.' });
const VersionSelector = Type.String({
  pattern: '^(v?[1-9][0-9]{0,8}|latest|@[^@/]{1,255})$',
  description: 'A version number (`3` or `v3`), `latest`, or an alias (`@champion`).',
});

export const Runtime = Type.Union([Type.Literal('onnx'), Type.Literal('python')], {
  description: 'onnx: in process, by ONNX Runtime; python: a host process in the model’s own environment.',
});
export type Runtime = Static<typeof Runtime>;

export const VariantRole = Type.Union(
  [Type.Literal('champion'), Type.Literal('canary'), Type.Literal('shadow')],
  {
    description:
      'champion: the primary, which answers all that no canary does; canary: answers its share; shadow: is asked with copies, and its answers are only compared. The alias `champion` of a model is something else.',
  },
);
export type VariantRole = Static<typeof VariantRole>;

/** What people read: `champion` is for them the alias of a model and nothing else. */
export const ROLE_WORDS: Readonly<Record<VariantRole, string>> = {
  champion: 'primary',
  canary: 'canary',
  shadow: 'shadow',
};

export const Variant = Type.Object({
  role: VariantRole,
  model: ModelName,
  version: Counting,
  version_ref: Type.String({ description: 'Its name in the ledger: `model_version:flights/3`.' }),
  percent: Percent('Primary and canary add up to 100; of a shadow: the share of requests that are copied.'),
  runtime: Runtime,
  evaluation: Type.Optional(
    Type.String({ description: 'The newest evaluation of the version when it was deployed.' }),
  ),
});
export type Variant = Static<typeof Variant>;

export const RevisionState = Type.Union(
  [Type.Literal('preparing'), Type.Literal('live'), Type.Literal('superseded'), Type.Literal('failed')],
  {
    description:
      'preparing: models are fetched, loaded and asked their sample; live: it answers; superseded: another one took over; failed: it never answered, or was rolled back by itself.',
  },
);
export type RevisionState = Static<typeof RevisionState>;

export const Revision = Type.Object(
  {
    ref: Type.String({ description: 'Its name in the ledger: `revision:<id>`.' }),
    id: Type.String(),
    endpoint: EndpointName,
    revision: Type.Integer({ minimum: 1, description: 'Counts up per endpoint; never used twice.' }),
    cause: Type.Union(
      [Type.Literal('deploy'), Type.Literal('rollback'), Type.Literal('automatic-rollback')],
      { description: 'Why it was made.' },
    ),
    restores: Type.Optional(
      Type.Integer({ description: 'A rollback: the revision whose traffic it takes up again.' }),
    ),
    variants: Type.Array(Variant),
    sticky: Type.Boolean({
      description: 'Whether the key of a request (header X-Treadle-Key) always leads to the same variant.',
    }),
    strict: Type.Boolean({
      description:
        'Whether `/invocations` refuses numbers that only fit after a lossy cast (long to int, double to float).',
    }),
    state: RevisionState,
    stage: Type.Optional(Type.String({ description: 'While preparing: what is going on now.' })),
    problem: Type.Optional(Type.String({ description: 'Why it failed.' })),
    unloadable: Type.Optional(
      Type.Object(
        {
          problem: Type.String({ description: 'Why.' }),
          hint: Type.String({ description: 'What to do.' }),
          since: Millis('When this server found it.'),
        },
        {
          description:
            'It should answer, or is what a rollback goes back to, and this server cannot load all its models.',
        },
      ),
    ),
    note: Type.Optional(Note),
    asked_by: Type.Optional(
      Type.String({ description: 'Who asked for it, where that was no person: `release:<id>`.' }),
    ),
    warnings: Type.Optional(
      Type.Array(Type.String(), {
        description:
          'What was known of it when it was asked for and forbade nothing: a gate that was not passed, other inputs.',
      }),
    ),
    created_at: Millis('When it was asked for.'),
    created_by: Type.String(),
    live_at: Type.Optional(Millis('When it began to answer.')),
    ended_at: Type.Optional(Millis('When it ended or failed.')),
    load_ms: Type.Optional(Type.Number({ description: 'Loading and warming all its models, ms.' })),
  },
  { description: 'What an endpoint answers with: numbered, never changed once it is live.' },
);
export type Revision = Static<typeof Revision>;

export const Batching = Type.Object(
  {
    joined: Type.Boolean({ description: 'Whether requests that wait together are asked as one batch.' }),
    why: Type.String({ description: 'What that rests on, in a sentence.' }),
    rows: Type.Optional(
      Type.Record(Type.String(), Type.Integer(), {
        description:
          'Rows compared alone and joined: of the `example`, `near` it, `far` from it, with a value `missing`.',
      }),
    ),
    difference: Type.Optional(
      Type.Number({
        description: 'Largest difference of a number between a row alone and in a batch, relative above 1.',
      }),
    ),
    most: Type.Optional(
      Type.Integer({
        description: 'Most rows that are joined, where the trial had no time for a whole batch.',
      }),
    ),
  },
  {
    description:
      'Requests of different callers are joined only where a trial showed that each row is answered as it is alone.',
  },
);
export type Batching = Static<typeof Batching>;

export const Recording = Type.Union([Type.Literal('all'), Type.Literal('outputs'), Type.Literal('none')], {
  description:
    'What is kept of predictions: `all`: inputs, outputs, latency, params and sticky key; `outputs`: all but what callers sent (inputs, params, key); `none`: nothing.',
});
export type Recording = Static<typeof Recording>;

export const KeepMs = Type.Integer({
  minimum: 3_600_000,
  maximum: 3_153_600_000_000,
  description:
    'How long predictions are kept, ms: whole hours, from one hour to 100 years. Those of hours that are older are deleted, with their outcomes and the signals of their time.',
});

const SampleShare = Type.Number({
  exclusiveMinimum: 0,
  maximum: 1,
  description:
    'Share of predictions that are recorded, above 0 and up to 1. Which ones is decided by their ids, so that all rows of one, its shadow and its outcome go together. What is counted of traffic is of all of them.',
});

export const Endpoint = Type.Object({
  ref: Type.String({ description: 'Its name in the ledger: `endpoint:<id>`.' }),
  id: Type.String(),
  name: EndpointName,
  description: Type.Optional(Type.String()),
  created_at: Millis('When it was made.'),
  updated_at: Millis('When a revision last began, failed or ended.'),
  created_by: Type.String(),
  revisions: Type.Integer({ description: 'How many revisions there are.' }),
  current: Type.Optional(Revision),
  latest: Type.Optional(Revision),
  address: Type.String({
    description: 'Where Open Inference Protocol clients ask: `http://127.0.0.1:5001`.',
  }),
  batching: Type.Optional(Batching),
  records: Recording,
  keep_ms: KeepMs,
  sample: SampleShare,
  columns: Type.Record(Type.String(), Type.Union([Type.Literal('drop'), Type.Literal('hash')]), {
    description:
      'What is not recorded as it is, by what the prediction log calls it: `in_email`, `key`, `params`. drop: it is never written; hash: a keyed hash stands for it.',
  }),
  recent: Type.Optional(
    Type.Object(
      {
        requests: Type.Array(Type.Integer(), {
          maxItems: 60,
          description: 'Requests in each of the last seconds, oldest first.',
        }),
        p95_ms: Type.Optional(Type.Number({ description: 'Highest 95th percentile of those seconds.' })),
        failed: Type.Integer({ description: 'Of them answered 5xx, or refused because too much waited.' }),
      },
      { description: 'The last minute; absent when nothing was asked.' },
    ),
  ),
});
export type Endpoint = Static<typeof Endpoint>;

const TensorField = Type.Object({
  name: Type.String(),
  datatype: Type.String({ description: 'Open Inference Protocol datatype: FP32, INT64, BYTES …' }),
  shape: Type.Array(Type.Integer({ minimum: -1 })),
  optional: Type.Optional(Type.Boolean()),
  column: Type.Optional(Type.String()),
});

export const EndpointDetail = Type.Object({
  endpoint: Endpoint,
  notes: Type.Optional(
    Type.Array(Type.String(), {
      description:
        'After a change of what is recorded: what it does not do, such as to what was recorded before.',
    }),
  ),
  previous: Type.Optional(Revision),
  /** For the try-it form. */
  spec: Type.Optional(
    Type.Object({
      platform: Type.String(),
      inputs: Type.Array(TensorField),
      outputs: Type.Array(TensorField),
      params: Type.Array(
        Type.Object({ name: Type.String(), type: Type.String(), default: Type.Optional(Type.Unknown()) }),
      ),
      sample: Type.Optional(
        Type.Array(
          Type.Object({
            name: Type.String(),
            datatype: Type.String(),
            shape: Type.Array(Type.Integer()),
            data: Type.Array(Type.Unknown()),
          }),
          { description: 'A request of the model’s own, as Open Inference Protocol inputs.' },
        ),
      ),
    }),
  ),
});
export type EndpointDetail = Static<typeof EndpointDetail>;

export const LiveVariant = Type.Object({
  revision: Type.Integer(),
  role: VariantRole,
  model: ModelName,
  version: Type.Integer(),
  requests: Type.Integer(),
  rows: Type.Integer(),
  batches: Type.Integer(),
  bad: Type.Integer({ description: 'Answered 4xx because the request was wrong.' }),
  errors: Type.Integer({ description: 'Answered 5xx because the model failed.' }),
  refused: Type.Integer({ description: 'Answered 429 or 503 because too much was waiting.' }),
  waiting: Type.Integer({ description: 'In the queue at the end of the second.' }),
  p50_ms: Type.Optional(Type.Number()),
  p95_ms: Type.Optional(Type.Number()),
  p99_ms: Type.Optional(Type.Number()),
  shadow: Type.Optional(
    Type.Object({
      pairs: Type.Integer({ description: 'Answers compared with the primary’s.' }),
      different: Type.Integer({ description: 'Of them, differing by more than 1e-6.' }),
      largest: Type.Number({ description: 'Largest difference of a number.' }),
      dropped: Type.Integer({ description: 'Copies not asked, because the shadow was busy.' }),
      examples: Type.Array(
        Type.Object({
          prediction: Type.String(),
          at: Millis('When.'),
          champion: Type.Unknown(),
          shadow: Type.Unknown(),
        }),
      ),
    }),
  ),
});
export type LiveVariant = Static<typeof LiveVariant>;

export const LiveSecond = Type.Object({
  at: Millis('End of the second.'),
  variants: Type.Array(LiveVariant),
});
export type LiveSecond = Static<typeof LiveSecond>;

export const PredictionSegment = Type.Object(
  {
    id: Type.String(),
    revision: Type.Integer(),
    role: VariantRole,
    from: Millis('When its first prediction was answered.'),
    to: Millis('When its last one was.'),
    predictions: Type.Integer(),
    rows: Type.Integer({
      description: 'Rows of the file: a prediction has one for each row that was asked.',
    }),
    bytes: Type.Integer({ description: 'Size of the file.' }),
    kind: Type.Union([Type.Literal('segment'), Type.Literal('hour')], {
      description:
        'segment: as a process wrote it; hour: the segments of an hour that is over, made one file, sorted by time.',
    }),
    file: Type.String({ description: 'A Parquet file below the data folder of the server.' }),
    created_at: Millis('When it was written down.'),
  },
  { description: 'A file of recorded predictions of one variant of one revision.' },
);
export type PredictionSegment = Static<typeof PredictionSegment>;

export const LiveMinute = Type.Object({
  at: Millis('Start of the minute.'),
  variants: Type.Array(LiveVariant),
});
export type LiveMinute = Static<typeof LiveMinute>;

const OfEndpoint = Strict({ endpoint: EndpointName });
const OfRevision = Strict({ endpoint: EndpointName, revision: Counting });
const Paging = {
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 500, description: 'At most 500; 100 unless said.' }),
  ),
  page: Type.Optional(Type.String({ maxLength: 1000 })),
};
const Target = {
  model: Type.Optional(ModelName),
  version: VersionSelector,
  runtime: Type.Optional(Runtime),
};

export const listEndpoints = endpoint({
  method: 'GET',
  path: '/api/v1/endpoints',
  action: 'endpoint:read',
  about: [listed('endpoint')],
  summary: 'List endpoints with what they answer with',
  query: Strict({
    name: Type.Optional(Type.String({ maxLength: 100, description: 'A part of the name.' })),
    model: Type.Optional(ModelName),
    ...Paging,
  }),
  response: Page(Endpoint),
});

export const getEndpoint = endpoint({
  method: 'GET',
  path: '/api/v1/endpoints/:endpoint',
  action: 'endpoint:read',
  about: [named('endpoint')],
  summary: 'Show an endpoint',
  params: OfEndpoint,
  response: EndpointDetail,
});

export const updateEndpoint = endpoint({
  method: 'PATCH',
  path: '/api/v1/endpoints/:endpoint',
  action: 'endpoint:write',
  about: [named('endpoint')],
  summary: 'Say what is kept of the predictions of an endpoint from now on, and how long',
  params: OfEndpoint,
  description:
    'Holds for each answer that is given after this one. What was recorded before stays as it is until its time is over.',
  body: Strict({
    records: Type.Optional(Recording),
    keep_ms: Type.Optional(KeepMs),
    sample: Type.Optional(SampleShare),
    columns: Type.Optional(
      Dictionary(
        Type.String({ minLength: 1, maxLength: 300 }),
        Type.Union([Type.Literal('keep'), Type.Literal('drop'), Type.Literal('hash')]),
        {
          description:
            'What becomes of values of an input column, of the sticky key (`key`) and of params (`params`): keep, as they are; drop, they are never written; hash, a keyed hash of 128 bits stands for them, by which equal ones are told. Columns that are not named stay as they are. A name that an input shares with `key` or `params` means both; `in_key` is the input alone.',
        },
      ),
    ),
    note: Type.Optional(Note),
  }),
  response: EndpointDetail,
});

export const listSegments = endpoint({
  method: 'GET',
  path: '/api/v1/endpoints/:endpoint/segments',
  action: 'endpoint:read',
  about: [named('endpoint')],
  summary: 'List the files of recorded predictions of an endpoint, newest first',
  params: OfEndpoint,
  query: Strict({
    from: Type.Optional(Millis('Only those with predictions at this time or later.')),
    to: Type.Optional(Millis('Only those with predictions before this time.')),
    revision: Type.Optional(Counting),
    ...Paging,
  }),
  response: Page(PredictionSegment),
});

export const deleteEndpoint = endpoint({
  method: 'DELETE',
  path: '/api/v1/endpoints/:endpoint',
  action: 'endpoint:admin',
  about: [named('endpoint')],
  summary: 'Take an endpoint away; its revisions stay, so that its predictions keep their story',
  params: OfEndpoint,
  response: Type.Object({}),
});

export const deploy = endpoint({
  method: 'POST',
  path: '/api/v1/endpoints/:endpoint/revisions',
  action: 'endpoint:write',
  about: [
    named('endpoint'),
    { kind: 'model', in: 'body', field: 'model', verb: 'read', optional: true },
    { kind: 'model', in: 'body', field: 'canary.model', verb: 'read', optional: true },
    { kind: 'model', in: 'body', field: 'shadow.model', verb: 'read', optional: true },
  ],
  summary: 'Deploy: make a new revision; it answers once its models are loaded and passed their sample',
  description:
    'The endpoint is made when it is not there. The old revision answers until the new one is ready, and stays when the new one fails. Answers at once with state `preparing`, or after `wait_s` at most.',
  params: OfEndpoint,
  body: Strict({
    ...Target,
    model: ModelName,
    canary: Type.Optional(Strict({ ...Target, percent: Percent('Its share of the requests.') })),
    shadow: Type.Optional(
      Strict({ ...Target, percent: Percent('Share of the requests that are copied to it.') }),
    ),
    sticky: Type.Optional(
      Type.Boolean({
        description: 'Lead equal keys (header X-Treadle-Key) to the same variant; true unless said.',
      }),
    ),
    strict: Type.Optional(
      Type.Boolean({ description: 'Refuse lossy casts in `/invocations`; false unless said.' }),
    ),
    load_timeout_s: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 3600,
        description:
          'Longest that loading a model and asking its sample may take, s; unless said 60 for ONNX, 120 for Python.',
      }),
    ),
    expects: Type.Optional(
      Type.Integer({
        minimum: 0,
        description:
          'The revision that answers now, 0 where none does: refused when that is no longer so. Not asked unless said.',
      }),
    ),
    replace: Type.Optional({
      ...ModelName,
      description:
        'The other model that the endpoint is meant to be taken from: without it, a model with other inputs than the one that answers is refused.',
    }),
    records: Type.Optional(Recording),
    note: Type.Optional(Note),
    wait_s: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 600, description: 'How long to wait for it to be live.' }),
    ),
  }),
  response: Revision,
});

export const listRevisions = endpoint({
  method: 'GET',
  path: '/api/v1/endpoints/:endpoint/revisions',
  action: 'endpoint:read',
  about: [named('endpoint')],
  summary: 'List the revisions of an endpoint, newest first',
  params: OfEndpoint,
  query: Strict({ state: Type.Optional(RevisionState), ...Paging }),
  response: Page(Revision),
});

export const getRevision = endpoint({
  method: 'GET',
  path: '/api/v1/endpoints/:endpoint/revisions/:revision',
  action: 'endpoint:read',
  about: [named('endpoint')],
  summary: 'Show a revision',
  params: OfRevision,
  response: Revision,
});

export const rollback = endpoint({
  method: 'POST',
  path: '/api/v1/endpoints/:endpoint/rollback',
  action: 'endpoint:write',
  about: [named('endpoint')],
  summary: 'Roll back: a new revision with the traffic of an earlier one',
  params: OfEndpoint,
  body: Strict({
    to: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: 'The revision to restore; the one that was live before, unless said.',
      }),
    ),
    note: Type.Optional(Note),
    wait_s: Type.Optional(Type.Integer({ minimum: 0, maximum: 600 })),
  }),
  response: Revision,
});

export const liveEndpoint = endpoint({
  method: 'GET',
  path: '/api/v1/endpoints/:endpoint/live',
  action: 'endpoint:read',
  about: [named('endpoint')],
  summary: 'Follow an endpoint: one event a second with requests and latency',
  description:
    'Begins with the last 5 minutes as far as this server saw them; `/minutes` reaches further back. Events: `second` {LiveSecond} and `revision` {Revision}.',
  params: OfEndpoint,
  response: 'events',
});

export const listMinutes = endpoint({
  method: 'GET',
  path: '/api/v1/endpoints/:endpoint/minutes',
  action: 'endpoint:read',
  about: [named('endpoint')],
  summary:
    'Show what an endpoint did minute by minute, oldest first; minutes in which nothing was asked are left out',
  description: 'Kept for 8 days, also over restarts of the server. The minute that goes on is the last one.',
  params: OfEndpoint,
  query: Strict({
    from: Type.Optional(Millis('The first minute; an hour before `to` unless said.')),
    to: Type.Optional(Millis('Before this time; now unless said. At most a day after `from`.')),
  }),
  response: Type.Object({ items: Type.Array(LiveMinute) }),
});

export { addressSeenFrom } from './address-seen.ts';
export { keptFor } from './kept-for.ts';
