import { Type, type Static } from 'typebox';
import { endpoint, listed, Millis, named, Strict } from '../../platform/http/contract.ts';
import { State, StateFilter, Stated, Tags } from './experiments.ts';

export const RunStatus = Type.Union(
  [
    Type.Literal('scheduled'),
    Type.Literal('running'),
    Type.Literal('finished'),
    Type.Literal('failed'),
    Type.Literal('killed'),
  ],
  { description: 'How far the try is, or how it ended.' },
);
export type RunStatus = Static<typeof RunStatus>;

export const Verdict = Type.Union(
  [Type.Literal('accepted'), Type.Literal('rejected'), Type.Literal('inconclusive')],
  {
    description: 'What a person or a gate made of the run.',
  },
);
export type Verdict = Static<typeof Verdict>;

export const Outcome = Type.Object({
  verdict: Verdict,
  reason: Type.String({ description: 'Why.' }),
  by: Type.String({ description: 'Who judged.' }),
  at: Millis('When it was judged.'),
});
export type Outcome = Static<typeof Outcome>;

const Value = Type.Union(
  [Type.Number(), Type.Literal('NaN'), Type.Literal('Infinity'), Type.Literal('-Infinity')],
  {
    description: 'A number; NaN and the infinities as text, since JSON has no numbers for them.',
  },
);

/** The latest value of a metric and what its points say together. */
export const MetricSummary = Type.Object({
  key: Type.String(),
  last: Value,
  step: Type.Integer({
    description:
      'The step of the latest value: the highest step, then the latest time, then the greatest value.',
  }),
  time: Stated('The time of the latest value.'),
  min: Type.Optional(Type.Number({ description: 'The least finite value.' })),
  max: Type.Optional(Type.Number({ description: 'The greatest finite value.' })),
  mean: Type.Optional(Type.Number({ description: 'The mean of the finite values.' })),
  count: Type.Integer({ description: 'How many points there are.' }),
});
export type MetricSummary = Static<typeof MetricSummary>;

export const DatasetInput = Type.Object({
  name: Type.String(),
  digest: Type.String(),
  source_type: Type.String(),
  source: Type.String({ description: 'Where it came from, as the client said; never opened by the server.' }),
  schema: Type.Optional(Type.String()),
  profile: Type.Optional(Type.String()),
  tags: Tags,
  context: Type.Optional(Type.String({ description: 'What it was used for: training, validation …' })),
  version: Type.Optional(
    Type.String({ description: 'The id of the dataset version that this is, where it is one of ours.' }),
  ),
  version_ref: Type.Optional(Type.String({ description: 'That version as people write it: flights@v3.' })),
});
export type DatasetInput = Static<typeof DatasetInput>;

export const ModelLink = Type.Object({
  model: Type.String({ description: 'The id of a logged model.' }),
  step: Type.Integer(),
});
export type ModelLink = Static<typeof ModelLink>;

/** Free facts, such as {commit, branch, dirty, command} or {python, packages, machine}. */
const Facts = (description: string) => Type.Record(Type.String(), Type.Unknown(), { description });

export const Resources = Type.Object({
  wall_seconds: Type.Optional(Type.Number({ description: 'From start to end, or to now.' })),
  cpu_seconds: Type.Optional(Type.Number({ description: 'CPU time of the whole process tree.' })),
  peak_memory_bytes: Type.Optional(
    Type.Number({ description: 'Greatest resident memory of the process tree.' }),
  ),
  measured: Type.Optional(Facts('Anything else that the sampler reported at the end.')),
  sampled: Type.Array(MetricSummary, { description: 'The system/… metrics: what was sampled while it ran.' }),
});
export type Resources = Static<typeof Resources>;

export const RunHead = Type.Object({
  id: Type.String(),
  experiment: Type.String(),
  name: Type.String(),
  user: Type.String(),
  status: RunStatus,
  state: State,
  started_at: Stated('When it started.'),
  ended_at: Type.Optional(Stated('When it ended.')),
  outcome: Type.Optional(Outcome),
});
export type RunHead = Static<typeof RunHead>;

const Params = Type.Record(Type.String(), Type.String());

export const Run = Type.Intersect([
  RunHead,
  Type.Object({
    parent: Type.Optional(Type.String({ description: 'The run that this one is nested in.' })),
    note: Type.Optional(Type.String({ description: 'In Markdown.' })),
    params: Params,
    tags: Tags,
    metrics: Type.Array(MetricSummary),
    inputs: Type.Array(DatasetInput, { description: 'The data that it read.' }),
    model_inputs: Type.Array(ModelLink),
    outputs: Type.Array(ModelLink, { description: 'The models that it made.' }),
    code: Type.Optional(Facts('Commit, entry point and the like.')),
    environment: Type.Optional(Facts('Interpreter, packages, machine.')),
    resources: Resources,
    artifact_uri: Type.String({ description: 'The address that MLflow clients use for its artifacts.' }),
  }),
]);
export type Run = Static<typeof Run>;

/** One line of the run table: the head and the columns that were asked for. */
export const RunRow = Type.Intersect([
  RunHead,
  Type.Object({
    metrics: Type.Record(Type.String(), Value),
    params: Params,
    tags: Tags,
  }),
]);
export type RunRow = Static<typeof RunRow>;

const ById = Strict({ run: Type.String({ description: 'The run’s id.' }) });
const Filter = Type.String({
  description:
    "Such as: metrics.auc > 0.6 AND (params.model = 'xgb' OR tags.team LIKE 'ops%'). Names: metrics.…, params.…, tags.…, datasets.…, and attributes such as status.",
});

export const searchRuns = endpoint({
  method: 'POST',
  path: '/api/v1/runs/search',
  action: 'run:read',
  about: [{ kind: 'experiment', in: 'body', field: 'experiments', optional: true }, listed('experiment')],
  summary: 'Search runs: a page of the run table',
  body: Strict({
    experiments: Type.Array(Type.String(), { maxItems: 1000, description: 'Ids; none means all.' }),
    filter: Type.Optional(Filter),
    order: Type.Optional(
      Type.Array(Type.String(), {
        maxItems: 8,
        description: 'Such as: metrics.auc DESC. The newest first unless said.',
      }),
    ),
    state: Type.Optional(StateFilter),
    columns: Type.Optional(
      Type.Array(Type.String(), {
        maxItems: 500,
        description:
          'metrics.…, params.…, tags.… to return; all of a run’s metrics, params and tags unless said.',
      }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: '100 unless said.' })),
    page: Type.Optional(Type.String()),
  }),
  response: Type.Object({ items: Type.Array(RunRow), next: Type.Optional(Type.String()) }),
});

export const groupRuns = endpoint({
  method: 'POST',
  path: '/api/v1/runs/groups',
  action: 'run:read',
  about: [{ kind: 'experiment', in: 'body', field: 'experiments', optional: true }, listed('experiment')],
  summary: 'Group runs by a param, a tag, the status or the verdict',
  body: Strict({
    experiments: Type.Array(Type.String(), { maxItems: 1000 }),
    filter: Type.Optional(Filter),
    state: Type.Optional(StateFilter),
    by: Type.String({ description: 'params.model, tags.team, status, verdict or user_id.' }),
    metrics: Type.Optional(
      Type.Array(Type.String(), { maxItems: 20, description: 'Metrics to sum up for each group.' }),
    ),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1000, description: 'The largest groups; 100 unless said.' }),
    ),
  }),
  response: Type.Object({
    groups: Type.Array(
      Type.Object({
        value: Type.Optional(Type.String({ description: 'Absent: the runs that have none.' })),
        runs: Type.Integer(),
        last_started_at: Stated('Start of the newest run in it.'),
        metrics: Type.Array(
          Type.Object({
            key: Type.String(),
            runs: Type.Integer(),
            min: Type.Number(),
            mean: Type.Number(),
            max: Type.Number(),
            sd: Type.Optional(
              Type.Number({ description: 'The standard deviation of a sample; from two runs on.' }),
            ),
          }),
        ),
      }),
    ),
    total: Type.Integer({ description: 'Groups, also those past the limit.' }),
  }),
});

const KeysByKind = {
  metrics: Type.Array(Type.String()),
  params: Type.Array(Type.String()),
  tags: Type.Array(Type.String()),
};

export const listColumns = endpoint({
  method: 'GET',
  path: '/api/v1/experiments/:experiment/columns',
  action: 'run:read',
  about: [named('experiment')],
  summary: 'List the metrics, params and tags that an experiment’s runs have',
  params: Strict({ experiment: Type.String() }),
  response: Type.Object({
    ...KeysByKind,
    varying: Type.Object(KeysByKind, {
      description:
        'Of these, the ones of which the runs have different values; of texts the first 100 characters are compared, and deleted runs count too.',
    }),
  }),
});

export const changeRuns = endpoint({
  method: 'POST',
  path: '/api/v1/runs/change',
  action: 'run:write',
  about: [{ kind: 'run', in: 'body', field: 'runs' }],
  summary: 'Tag, delete or restore many runs at once, all or none',
  body: Strict({
    runs: Type.Array(Type.String(), { minItems: 1, maxItems: 1000 }),
    tags: Type.Optional(Tags),
    remove_tags: Type.Optional(
      Type.Array(Type.String(), {
        maxItems: 100,
        description: 'Keys; a run that has none is left as it is.',
      }),
    ),
    state: Type.Optional(State),
  }),
  response: Type.Object({ runs: Type.Integer({ description: 'How many there are of them.' }) }),
});

export const createRun = endpoint({
  method: 'POST',
  path: '/api/v1/runs',
  action: 'run:write',
  about: [{ kind: 'experiment', in: 'body', field: 'experiment' }],
  summary: 'Start a run',
  body: Strict({
    experiment: Type.String({ description: 'Id of the experiment.' }),
    name: Type.Optional(Type.String({ maxLength: 250, description: 'A name is made up unless said.' })),
    parent: Type.Optional(Type.String()),
    tags: Type.Optional(Tags),
    code: Type.Optional(Facts('Commit, entry point and the like.')),
    environment: Type.Optional(Facts('Interpreter, packages, machine.')),
  }),
  response: Run,
});

export const getRun = endpoint({
  method: 'GET',
  path: '/api/v1/runs/:run',
  action: 'run:read',
  about: [named('run')],
  summary: 'Show a run with all that it holds',
  params: ById,
  response: Run,
});

export const compareRuns = endpoint({
  method: 'POST',
  path: '/api/v1/runs/compare',
  action: 'run:read',
  about: [{ kind: 'run', in: 'body', field: 'runs' }],
  summary: 'Show several runs at once, in the order asked for',
  body: Strict({ runs: Type.Array(Type.String(), { minItems: 1, maxItems: 500 }) }),
  response: Type.Object({ runs: Type.Array(Run) }),
});

export const updateRun = endpoint({
  method: 'PATCH',
  path: '/api/v1/runs/:run',
  action: 'run:write',
  about: [named('run')],
  summary: 'End a run, rename it, or write its note',
  params: ById,
  body: Strict({
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 250 })),
    status: Type.Optional(RunStatus),
    ended_at: Type.Optional(Millis('When it ended; now, when the status says that it ended.')),
    note: Type.Optional(Type.String({ maxLength: 8000 })),
    code: Type.Optional(Facts('Replaces what was there.')),
    environment: Type.Optional(Facts('Replaces what was there.')),
  }),
  response: Run,
});

export const setOutcome = endpoint({
  method: 'PUT',
  path: '/api/v1/runs/:run/outcome',
  action: 'run:write',
  about: [named('run')],
  summary: 'Write the verdict on a run, with its reason',
  params: ById,
  body: Strict({ verdict: Verdict, reason: Type.String({ minLength: 1, maxLength: 8000 }) }),
  response: Run,
});

export const deleteRun = endpoint({
  method: 'DELETE',
  path: '/api/v1/runs/:run',
  action: 'run:write',
  about: [named('run')],
  summary: 'Delete a run; it can be restored',
  params: ById,
  response: Run,
});
export const restoreRun = endpoint({
  method: 'POST',
  path: '/api/v1/runs/:run/restore',
  action: 'run:write',
  about: [named('run')],
  summary: 'Restore a deleted run',
  params: ById,
  response: Run,
});

export const logToRun = endpoint({
  method: 'POST',
  path: '/api/v1/runs/:run/log',
  action: 'run:write',
  about: [named('run')],
  summary: 'Log metrics, params and tags, all or nothing',
  params: ById,
  body: Strict({
    metrics: Type.Optional(
      Type.Array(
        Strict({
          key: Type.String(),
          value: Value,
          step: Type.Optional(Type.Integer()),
          time: Type.Optional(Millis('Now unless said.')),
        }),
        { maxItems: 1000 },
      ),
    ),
    params: Type.Optional(Params),
    tags: Type.Optional(Tags),
  }),
  maxBody: 32 * 1024 * 1024,
  response: Type.Object({}),
});

export const reportResources = endpoint({
  method: 'POST',
  path: '/api/v1/runs/:run/resources',
  action: 'run:write',
  about: [named('run')],
  summary: 'Report what a run uses: samples while it runs, totals at its end',
  params: ById,
  body: Strict({
    samples: Type.Optional(
      Type.Array(
        Strict({
          time: Millis('When it was sampled.'),
          values: Type.Record(Type.String(), Type.Number(), {
            description:
              'By MLflow’s names, without system/: cpu_utilization_percentage, system_memory_usage_megabytes, gpu_0_utilization_percentage …',
          }),
        }),
        { maxItems: 1000, description: 'Of at most 5,000 values together.' },
      ),
    ),
    cpu_seconds: Type.Optional(Type.Number({ minimum: 0 })),
    peak_memory_bytes: Type.Optional(Type.Number({ minimum: 0 })),
    measured: Type.Optional(Facts('Anything else worth keeping.')),
  }),
  response: Resources,
});
