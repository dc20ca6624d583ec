import { Type, type Static } from 'typebox';
import { endpoint, named, Page, Strict } from '../../platform/http/contract.ts';
import { Stated } from '../../tracking/contract.ts';
import { Assessment, Json } from './assessments.ts';

export const TraceStatus = Type.Union(
  [Type.Literal('OK'), Type.Literal('ERROR'), Type.Literal('IN_PROGRESS'), Type.Literal('STATE_UNSPECIFIED')],
  { description: 'IN_PROGRESS until the root of its spans has come.' },
);
export type TraceStatus = Static<typeof TraceStatus>;

const Counts = Type.Record(Type.String(), Type.Number());

export const TraceInfo = Type.Object({
  id: Type.String(),
  experiment: Type.String({ description: 'The id of the experiment it is of.' }),
  name: Type.Optional(Type.String()),
  status: TraceStatus,
  started_at: Stated('When its first span began.'),
  duration_ms: Type.Optional(
    Type.Integer({ description: 'From its first span’s begin to its last one’s end.' }),
  ),
  client_request_id: Type.Optional(Type.String({ description: 'What the application calls the request.' })),
  request_preview: Type.Optional(Type.String({ description: 'The beginning of what went in.' })),
  response_preview: Type.Optional(Type.String({ description: 'The beginning of what came out.' })),
  tokens: Type.Optional(Counts),
  cost: Type.Optional(Counts),
  session: Type.Optional(Type.String()),
  user: Type.Optional(Type.String()),
  runs: Type.Array(Type.String(), { description: 'Ids of the runs it belongs to.' }),
  prompts: Type.Array(Type.String(), { description: 'Versions of prompts that it used: name/version.' }),
  spans: Type.Integer({ description: 'How many spans have come.' }),
  tags: Type.Record(Type.String(), Type.String()),
  metadata: Type.Record(Type.String(), Type.String()),
  assessments: Type.Array(Assessment),
});
export type TraceInfo = Static<typeof TraceInfo>;

export const SpanView = Type.Object({
  id: Type.String(),
  parent: Type.Optional(Type.String()),
  name: Type.String(),
  type: Type.Optional(Type.String()),
  status: Type.Union([Type.Literal('unset'), Type.Literal('ok'), Type.Literal('error')]),
  message: Type.Optional(Type.String()),
  start: Type.String({ description: 'Nanoseconds since 1970, as text.' }),
  end: Type.Optional(Type.String({ description: 'Nanoseconds since 1970; absent while it runs.' })),
  model: Type.Optional(Type.String()),
  tokens: Type.Optional(Counts),
  cost: Type.Optional(Counts),
  inputs: Type.Optional(Json),
  outputs: Type.Optional(Json),
  attributes: Type.Record(Type.String(), Json),
  events: Type.Array(
    Type.Object({ name: Type.String(), time: Type.String(), attributes: Type.Record(Type.String(), Json) }),
  ),
  links: Type.Array(
    Type.Object({ trace: Type.String(), span: Type.String(), attributes: Type.Record(Type.String(), Json) }),
  ),
});
export type SpanView = Static<typeof SpanView>;

export const Trace = Type.Intersect([TraceInfo, Type.Object({ tree: Type.Array(SpanView) })]);
export type Trace = Static<typeof Trace>;

const ById = Strict({ trace: Type.String({ description: 'The trace’s id.' }) });

export const searchTraces = endpoint({
  method: 'POST',
  path: '/api/v1/traces/search',
  action: 'run:read',
  about: [{ kind: 'experiment', in: 'body', field: 'experiments' }],
  summary: 'Search traces',
  description:
    "The filter is MLflow's, with OR and parentheses besides: status = 'ERROR' AND span.name = 'retrieve' AND feedback.correct = 'false'.",
  body: Strict({
    experiments: Type.Array(Type.String(), { minItems: 1, maxItems: 100, description: 'Ids.' }),
    filter: Type.Optional(
      Type.String({ description: "Such as: execution_time_ms > 500 AND tags.team = 'ops'" }),
    ),
    order: Type.Optional(
      Type.Array(Type.String(), {
        description: 'Such as: execution_time_ms DESC. The newest first unless said.',
      }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    page: Type.Optional(Type.String()),
  }),
  response: Page(TraceInfo),
});

export const getTrace = endpoint({
  method: 'GET',
  path: '/api/v1/traces/:trace',
  action: 'run:read',
  about: [named('trace')],
  summary: 'Show a trace with its spans',
  params: ById,
  response: Trace,
});

export const tagTrace = endpoint({
  method: 'PATCH',
  path: '/api/v1/traces/:trace/tags',
  action: 'run:write',
  about: [named('trace')],
  summary: 'Set and remove tags of a trace',
  params: ById,
  body: Strict({
    set: Type.Optional(Type.Record(Type.String(), Type.String())),
    remove: Type.Optional(Type.Array(Type.String())),
  }),
  response: TraceInfo,
});

export const deleteTrace = endpoint({
  method: 'DELETE',
  path: '/api/v1/traces/:trace',
  action: 'run:write',
  about: [named('trace')],
  summary: 'Delete a trace for good',
  params: ById,
  response: Type.Object({ deleted: Type.Integer() }),
});
