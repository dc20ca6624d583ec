import { Type, type Static } from 'typebox';
import { endpoint, named, Strict } from '../../platform/http/contract.ts';
import { MetricSummary } from './runs.ts';

const Columns = {
  steps: Type.Array(Type.Integer()),
  times: Type.Array(Type.Integer(), { description: 'Milliseconds since 1970, UTC.' }),
  values: Type.Array(Type.Union([Type.Number(), Type.Null()]), {
    description: 'Null where the value is not finite; `marks` says what it is.',
  }),
};

/** Points of a metric by step, thinned so that no extreme is lost. */
export const Series = Type.Object({
  run: Type.String(),
  key: Type.String(),
  ...Columns,
  marks: Type.Array(
    Type.Object({
      step: Type.Integer(),
      time: Type.Integer({ description: 'Milliseconds since 1970, UTC.' }),
      what: Type.Union([Type.Literal('NaN'), Type.Literal('Infinity'), Type.Literal('-Infinity')]),
    }),
    {
      description:
        'Where the metric was not finite: each such point of the range, the first of each bucket once thinned.',
    },
  ),
  total: Type.Integer({ description: 'Points the whole metric has.' }),
  thinned: Type.Boolean({
    description:
      'False: every point of the range is here. True: of every bucket the first, least, greatest and last point are.',
  }),
});
export type Series = Static<typeof Series>;

const Range = {
  from: Type.Optional(Type.Integer({ description: 'First step; the first there is unless said.' })),
  to: Type.Optional(Type.Integer({ description: 'Last step; the last there is unless said.' })),
  points: Type.Optional(
    Type.Integer({
      minimum: 4,
      maximum: 20_000,
      description:
        'About how many points to return, 1000 unless said; up to about four times as many where the line is restless.',
    }),
  ),
};

export const getSeries = endpoint({
  method: 'GET',
  path: '/api/v1/runs/:run/metrics/:key/series',
  action: 'run:read',
  about: [named('run')],
  summary: 'Points of one metric, thinned without losing an extreme',
  params: Strict({ run: Type.String(), key: Type.String({ description: 'URL-encoded: system%2Fcpu.' }) }),
  query: Strict(Range),
  response: Series,
});

export const getManySeries = endpoint({
  method: 'POST',
  path: '/api/v1/series',
  action: 'run:read',
  about: [{ kind: 'run', in: 'body', field: 'runs' }],
  summary: 'Points of many metrics of many runs at once',
  description:
    'Together about 200,000 points: of many metrics each is thinned further than asked for. More than 10,000 metrics are refused.',
  body: Strict({
    runs: Type.Array(Type.String(), { minItems: 1, maxItems: 500 }),
    keys: Type.Array(Type.String(), { minItems: 1, maxItems: 200 }),
    ...Range,
  }),
  response: Type.Object({ series: Type.Array(Series) }),
});

export const listMetrics = endpoint({
  method: 'GET',
  path: '/api/v1/runs/:run/metrics',
  action: 'run:read',
  about: [named('run')],
  summary: 'List a run’s metrics with their latest values',
  params: Strict({ run: Type.String() }),
  response: Type.Object({ items: Type.Array(MetricSummary) }),
});
