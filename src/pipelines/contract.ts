// The one statement of the room's nouns and endpoints: longer than other files, and better in one piece.
import { Type, type Static } from 'typebox';
import { Dictionary, endpoint, Millis, Page, Strict } from '../platform/http/contract.ts';

const MiB = 1024 * 1024;
const Id = Type.String({
  pattern: '^[0-9a-f]{32}$',
  description: 'Id of an execution, 32 hex digits; treadle executions --json shows them.',
});
const Hash = Type.String({
  pattern: '^[0-9a-f]{64}$',
  description: 'BLAKE3-256 of the bytes, 64 hex digits.',
});
const PipelineName = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$' });
const StepName = Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_-]{0,62}$' });
const Value = Type.Union([Type.String({ maxLength: 20_000 }), Type.Number(), Type.Boolean()]);
const FilePath = Type.String({
  minLength: 1,
  maxLength: 1000,
  pattern: '^(?!/)(?!.*(?:^|/)\\.{0,2}(?:/|$))[^\\u0000-\\u001f\\u007f\\\\]+$',
  description: 'Path inside the project, with `/`; no `.` or `..`.',
});

export const CodeFile = Strict({
  path: FilePath,
  hash: Hash,
  size: Type.Integer({ minimum: 0 }),
  executable: Type.Optional(Type.Boolean()),
});
export type CodeFile = Static<typeof CodeFile>;

export const GitState = Strict({
  commit: Type.Optional(Type.String({ pattern: '^[0-9a-f]{40,64}$' })),
  branch: Type.Optional(Type.String({ maxLength: 500 })),
  remote: Type.Optional(Type.String({ maxLength: 2000, description: 'Without user name and password.' })),
  dirty: Type.Boolean({ description: 'Files differed from the commit, or were not tracked.' }),
  diff: Type.Optional(
    Type.String({ maxLength: MiB, description: 'The difference from the commit, cut at 1 MiB.' }),
  ),
});
export type GitState = Static<typeof GitState>;

const Branch = Type.String({ minLength: 1, maxLength: 500, description: 'Name of a branch in Git.' });

export const Check = Strict(
  {
    branch: Type.Optional({ ...Branch, description: 'The branch that is checked.' }),
    base: Type.Optional({ ...Branch, description: 'The branch that the report compares with.' }),
    pull_request: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Number of the pull or merge request that it is for.' }),
    ),
    sample: Type.Optional(
      Type.Number({
        minimum: 0.000_001,
        exclusiveMaximum: 1,
        description:
          'Share of the data that it runs on, the same rows each time. What comes of it is no base for others, and its model is never promoted or deployed.',
      }),
    ),
    warnings: Type.Optional(
      Type.Array(Type.String({ maxLength: 2000 }), {
        maxItems: 100,
        description:
          'What was left out of the project, such as submodules and links out of it; the report says so.',
      }),
    ),
  },
  {
    description:
      'A check of a commit: everything runs and the gate judges, and nothing is promoted or deployed, no loop is changed, and no loop takes it for its project.',
  },
);
export type Check = Static<typeof Check>;

export const ProposedData = Type.Object({
  kind: Type.Literal('dataset_proposed'),
  dataset: Type.String(),
  proposal: Type.Integer({ description: 'Its number.' }),
  branch: Type.String({ description: 'The branch that is proposed.' }),
  into: Type.String({ description: 'The branch that it is to be merged into.' }),
  version: Type.String({ description: 'The version that was read in the place of it: `v7`.' }),
});
export type ProposedData = Static<typeof ProposedData>;

export const RegisteredVersion = Type.Object({
  kind: Type.Literal('version_registered'),
  model: Type.String(),
  version: Type.String(),
});

export const CheckedChange = Type.Union([ProposedData, RegisteredVersion], {
  description: 'The change to data or to a model that is checked, where it is no commit.',
});
export type CheckedChange = Static<typeof CheckedChange>;

export const CheckShown = Type.Object({ ...Check.properties, change: Type.Optional(CheckedChange) });
export type CheckShown = Static<typeof CheckShown>;

export const NewExecution = Strict({
  file: Type.String({ maxLength: MiB, description: 'The text of treadle.yaml.' }),
  file_name: Type.Optional({
    ...FilePath,
    description: 'Its path in the project; treadle.yaml unless said.',
  }),
  code: Type.Array(CodeFile, {
    maxItems: 50_000,
    description: 'The project as it is now; upload the blobs first.',
  }),
  git: Type.Optional(GitState),
  params: Type.Optional(
    Dictionary(Type.String({ maxLength: 63 }), Value, {
      description: 'Values that replace those of the file.',
    }),
  ),
  data: Type.Optional(
    Dictionary(Type.String({ maxLength: 63 }), Type.String({ maxLength: 300 }), {
      description: 'Dataset references that replace those of the file.',
    }),
  ),
  steps: Type.Optional(
    Type.Array(StepName, { maxItems: 1000, description: 'Only these and what they need.' }),
  ),
  force: Type.Optional(Type.Boolean({ description: 'Run every step, whatever is cached.' })),
  ci: Type.Optional(Check),
});
export type NewExecution = Static<typeof NewExecution>;

export const ExecutionState = Type.Union(
  [
    Type.Literal('queued'),
    Type.Literal('running'),
    Type.Literal('succeeded'),
    Type.Literal('failed'),
    Type.Literal('cancelled'),
    Type.Literal('rejected'),
  ],
  {
    description:
      'rejected: every step went well, and the gate did not let the model pass; it is registered, and was neither made champion nor deployed.',
  },
);
export type ExecutionState = Static<typeof ExecutionState>;

export const StepState = Type.Union(
  [
    Type.Literal('waiting'),
    Type.Literal('ready'),
    Type.Literal('running'),
    Type.Literal('succeeded'),
    Type.Literal('cached'),
    Type.Literal('failed'),
    Type.Literal('cancelled'),
    Type.Literal('skipped'),
  ],
  {
    description:
      'waiting for other steps; ready; running; succeeded; cached: an earlier result was taken; failed; cancelled; skipped: a step it needs did not succeed.',
  },
);
export type StepState = Static<typeof StepState>;

export const Reason = Type.Object({
  part: Type.String({
    description:
      'command, code, data, input, param, environment, output, variable, salt, sample, cache or new.',
  }),
  name: Type.Optional(Type.String({ description: 'Which file, parameter or input.' })),
  before: Type.Optional(Type.String()),
  after: Type.Optional(Type.String()),
  text: Type.String({ description: 'One sentence for people.' }),
});
export type Reason = Static<typeof Reason>;

export const StepOutput = Type.Object({
  name: Type.String(),
  path: Type.String(),
  kind: Type.Union([Type.Literal('file'), Type.Literal('folder')]),
  digest: Type.String({
    description: 'BLAKE3 of the file, or of the list of a folder: equal digest, equal content.',
  }),
  size: Type.Integer({ description: 'Bytes.' }),
  files: Type.Integer(),
});
export type StepOutput = Static<typeof StepOutput>;

export const Outcome = Type.Object({
  reason: Type.String({
    description:
      'ok, exit, signal, timeout, oom, cancelled, lost, output, input, environment or not-started.',
  }),
  message: Type.String(),
  code: Type.Optional(Type.Integer()),
  signal: Type.Optional(Type.String()),
  warnings: Type.Optional(
    Type.Array(Type.String(), {
      description: 'What was left out although it ended well, such as lines of a metrics file.',
    }),
  ),
});
export type Outcome = Static<typeof Outcome>;

const Spread = Type.Object({ min: Type.Number(), mean: Type.Number(), max: Type.Number() });

export const StepResources = Type.Object({
  wall_ms: Type.Number(),
  cpu_ms: Type.Number({ description: 'CPU time of the step and everything it started.' }),
  cpu_percent: Type.Optional(Spread),
  memory_bytes: Type.Optional(Spread),
  peak_memory_bytes: Type.Number(),
  read_bytes: Type.Number(),
  written_bytes: Type.Number(),
});
export type StepResources = Static<typeof StepResources>;

export const Attempt = Type.Object({
  number: Type.Integer(),
  outcome: Outcome,
  started_at: Type.Integer(),
  ended_at: Type.Integer(),
  run_id: Type.Optional(Type.String()),
});
export type Attempt = Static<typeof Attempt>;

export const Step = Type.Object({
  name: Type.String(),
  state: StepState,
  command: Type.String({ description: 'As in the file.' }),
  needs: Type.Array(Type.String()),
  key: Type.Optional(
    Type.String({ description: 'The cache key: SHA-256 of everything the result depends on.' }),
  ),
  reasons: Type.Array(Reason, { description: 'Why it ran, or did not.' }),
  cached_from: Type.Optional(
    Type.Object({
      execution: Type.String(),
      pipeline: Type.String(),
      number: Type.Integer(),
      step: Type.String(),
      run_id: Type.Optional(Type.String()),
    }),
  ),
  attempt: Type.Integer({ description: 'Which try this is, from 1; 0 before the first.' }),
  attempts: Type.Array(Attempt, { description: 'The tries before this one.' }),
  ready_at: Type.Optional(Millis('When everything it needs was there.')),
  started_at: Type.Optional(Millis('When its process ran.')),
  ended_at: Type.Optional(Millis('When it ended.')),
  start_delay_ms: Type.Optional(
    Type.Number({ description: 'From ready to the process running, without the wait for free cores.' }),
  ),
  outcome: Type.Optional(Outcome),
  run_id: Type.Optional(Type.String({ description: 'The tracked run of its last try.' })),
  outputs: Type.Array(StepOutput),
  resources: Type.Optional(StepResources),
  log_bytes: Type.Integer(),
});
export type Step = Static<typeof Step>;

export const DataInput = Type.Object({
  name: Type.String({ description: 'Its name in the file.' }),
  ref: Type.String({ description: 'As asked for.' }),
  dataset: Type.String(),
  version: Type.String({ description: 'What it was then: v3.' }),
  version_id: Type.String(),
  hash: Type.String(),
  sample: Type.Optional(
    Type.Object(
      {
        of: Type.String({ description: '`flights@v3`' }),
        version_id: Type.String({ description: 'Id of that version.' }),
        hash: Type.String(),
        unit: Type.Union([Type.Literal('rows'), Type.Literal('files')]),
        kept: Type.Integer(),
        total: Type.Integer({ description: 'Rows of its tables; of a version without tables, its files.' }),
      },
      { description: 'It is a part of another version.' },
    ),
  ),
});
export type DataInput = Static<typeof DataInput>;

export const Comparison = Type.Object({
  verdict: Type.Union(
    [Type.Literal('bitwise'), Type.Literal('numeric'), Type.Literal('different'), Type.Literal('failed')],
    {
      description:
        'bitwise: all outputs equal; numeric: the metrics equal within the tolerance; different; failed: it could not be repeated.',
    },
  ),
  tolerance: Type.Number(),
  text: Type.String({ description: 'One sentence for people.' }),
  first: Type.Optional(
    Type.Object({
      step: Type.String(),
      output: Type.Optional(Type.String()),
      path: Type.Optional(Type.String()),
      at: Type.Optional(Type.Integer({ description: 'The first byte that differs.' })),
      text: Type.String(),
    }),
  ),
  metrics: Type.Array(
    Type.Object({ step: Type.String(), name: Type.String(), before: Type.Number(), after: Type.Number() }),
    { description: 'Those that differ.' },
  ),
  environment: Type.Array(
    Type.Object({
      step: Type.String(),
      name: Type.String(),
      before: Type.Optional(Type.String()),
      after: Type.Optional(Type.String()),
    }),
    { description: 'Packages, interpreter and machine: what differs.' },
  ),
});
export type Comparison = Static<typeof Comparison>;

const GateVerdict = Type.Union([Type.Literal('pass'), Type.Literal('fail'), Type.Literal('inconclusive')], {
  description: 'inconclusive: what is known decides neither way.',
});

export const GateResult = Type.Object(
  {
    state: Type.Union(
      [Type.Literal('judging'), Type.Literal('judged'), Type.Literal('failed'), Type.Literal('skipped')],
      { description: 'failed: it could not judge, and `problem` says why.' },
    ),
    data: Type.String({ description: 'What it judges on, as in the file.' }),
    stage: Type.Optional(Type.String({ description: 'While judging: what is going on now.' })),
    evaluation: Type.Optional(Type.String({ description: 'Id of the evaluation, which holds everything.' })),
    verdict: Type.Optional(GateVerdict),
    reasons: Type.Array(Type.String(), { description: 'Why not pass, in the order of weight.' }),
    rules: Type.Array(
      Type.Object({
        rule: Type.String(),
        verdict: GateVerdict,
        reason: Type.String(),
        always: Type.Optional(
          Type.Literal(true, { description: 'Not of the file: every model is asked it.' }),
        ),
      }),
    ),
    proof: Type.Optional(
      Type.Object(
        {
          verdict: GateVerdict,
          summary: Type.String(),
          warnings: Type.Optional(Type.Array(Type.String())),
        },
        { description: 'Whether training read rows of the gate’s data.' },
      ),
    ),
    compared_with: Type.Optional(
      Type.Integer({ description: 'The other version that was champion when it was judged.' }),
    ),
    is_champion: Type.Optional(
      Type.Boolean({
        description: 'It was the champion itself when it was judged: there was no other to compare with.',
      }),
    ),
    in_use: Type.Optional(
      Type.String({
        description: 'Of a version that did not pass: how it is in use from before, and how to end that.',
      }),
    ),
    problem: Type.Optional(Type.String()),
    reused: Type.Optional(
      Type.Object(
        { execution: Type.String(), number: Type.Integer() },
        { description: 'The execution that judged the same version on the same data by the same rules.' },
      ),
    ),
    started_at: Type.Optional(Millis('When it began.')),
    ended_at: Type.Optional(Millis('When it ended.')),
  },
  { description: 'What the gate of the file said of the model.' },
);
export type GateResult = Static<typeof GateResult>;

export const RolloutWish = Strict(
  {
    steps: Type.Optional(
      Type.Array(Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 100 }), {
        minItems: 1,
        maxItems: 20,
        description:
          'Percent of the requests that it gets, step by step, rising; then all. 0.5, 5, 25, 50 unless said.',
      }),
    ),
    shadow: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000_000,
        description:
          'First it is asked with copies, and answers nobody: so many copies. No such step unless said.',
      }),
    ),
    every_s: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 2_592_000,
        description: 'Least time of a step, s; 300 unless said.',
      }),
    ),
    within_s: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 2_592_000,
        description: 'Time in which the evidence of a step must be enough, s; 86400 unless said.',
      }),
    ),
    requests: Type.Optional(
      Type.Integer({
        minimum: 1,
        description:
          'Requests of the endpoint within which the evidence of a step must be enough; any number unless said.',
      }),
    ),
    undecided: Type.Optional(
      Type.Union([Type.Literal('hold'), Type.Literal('promote'), Type.Literal('rollback')], {
        description:
          'What happens where it is not: hold (a person decides), promote, rollback; hold unless said.',
      }),
    ),
    losses: Type.Optional(
      Type.Union([Type.Literal('watch'), Type.Literal('require')], {
        description:
          'Outcomes that show more wrong answers roll it back; require: they must also show that it is good enough. watch unless said.',
      }),
    ),
  },
  { description: 'Step by step, beside what answers now, as far as the evidence of each step lets it.' },
);
export type RolloutWish = Static<typeof RolloutWish>;

export const DeployResult = Type.Object(
  {
    state: Type.Union(
      [
        Type.Literal('deploying'),
        Type.Literal('live'),
        Type.Literal('failed'),
        Type.Literal('skipped'),
        Type.Literal('held'),
        Type.Literal('rolling_out'),
        Type.Literal('rolled_back'),
      ],
      {
        description:
          'failed: what answered before goes on answering; rolling_out: it answers a part of the requests, and its release goes on by evidence; rolled_back: what answered before answers all again; held: the version had been taken away from the endpoint, which a pipeline does not undo; `problem` says by whom, and how to deploy it on purpose.',
      },
    ),
    endpoint: Type.String(),
    stage: Type.Optional(Type.String({ description: 'While deploying: what is going on now.' })),
    revision: Type.Optional(Type.Integer()),
    address: Type.Optional(Type.String({ description: 'Where it answers.' })),
    reused: Type.Optional(Type.Boolean({ description: 'The endpoint answered with this version already.' })),
    warnings: Type.Optional(
      Type.Array(Type.String(), { description: 'What should be known of it although nothing forbade it.' }),
    ),
    problem: Type.Optional(Type.String()),
    started_at: Type.Optional(Millis('When it began.')),
    ended_at: Type.Optional(Millis('When it ended.')),
  },
  { description: 'How the model got to its endpoint.' },
);
export type DeployResult = Static<typeof DeployResult>;

export const Execution = Type.Object({
  id: Type.String(),
  pipeline: Type.String(),
  number: Type.Integer({ description: 'Counts from 1 in its pipeline.' }),
  state: ExecutionState,
  reason: Type.Optional(Type.String({ description: 'Why it failed, was cancelled or rejected.' })),
  trigger: Type.Union(
    [
      Type.Literal('manual'),
      Type.Literal('rerun'),
      Type.Literal('reproduce'),
      Type.Literal('loop'),
      Type.Literal('ci'),
    ],
    {
      description:
        'loop: the pipeline was run by itself, as its loop says; ci: it checked a commit, or a change to data or a model.',
    },
  ),
  created_at: Millis('When it was asked for.'),
  created_by: Type.String(),
  started_at: Type.Optional(Millis('When work began.')),
  ended_at: Type.Optional(Millis('When it ended.')),
  params: Type.Array(
    Type.Object({
      name: Type.String(),
      value: Value,
      from: Type.String({ description: 'file or request.' }),
    }),
  ),
  data: Type.Array(DataInput),
  code: Type.Object({ digest: Type.String(), files: Type.Integer(), git: Type.Optional(GitState) }),
  steps_by_state: Type.Record(Type.String(), Type.Integer()),
  experiment_id: Type.Optional(Type.String()),
  run_id: Type.Optional(Type.String({ description: 'The run that holds the runs of its steps.' })),
  model_version: Type.Optional(Type.Object({ name: Type.String(), version: Type.String() })),
  gate: Type.Optional(GateResult),
  deployment: Type.Optional(DeployResult),
  reproduces: Type.Optional(
    Type.Object({ run_id: Type.String(), execution: Type.String(), number: Type.Integer() }),
  ),
  comparison: Type.Optional(Comparison),
  ci: Type.Optional(CheckShown),
});
export type Execution = Static<typeof Execution>;

export const ExecutionDetail = Type.Intersect([
  Execution,
  Type.Object({ steps: Type.Array(Step), warnings: Type.Array(Type.String()) }),
]);
export type ExecutionDetail = Static<typeof ExecutionDetail>;

export const Pipeline = Type.Object({
  name: Type.String(),
  created_at: Millis('When it was first run.'),
  created_by: Type.String(),
  executions: Type.Integer(),
  latest: Type.Optional(Execution),
});
export type Pipeline = Static<typeof Pipeline>;

export const PlannedStep = Type.Object({
  name: Type.String(),
  needs: Type.Array(Type.String()),
  action: Type.Union([Type.Literal('cached'), Type.Literal('run'), Type.Literal('depends')], {
    description: 'depends: whether it runs is known once a step before it has run.',
  }),
  reasons: Type.Array(Reason),
  expected_ms: Type.Optional(Type.Number({ description: 'Wall time of its last run.' })),
});
export const Plan = Type.Object({
  pipeline: Type.String(),
  steps: Type.Array(PlannedStep),
  data: Type.Array(DataInput),
  warnings: Type.Array(Type.String()),
});
export type Plan = Static<typeof Plan>;
export type PlannedStep = Static<typeof PlannedStep>;

export const Problem = Type.Object({
  severity: Type.Union([Type.Literal('error'), Type.Literal('warning')]),
  line: Type.Integer(),
  column: Type.Integer(),
  path: Type.String(),
  message: Type.String(),
  hint: Type.Optional(Type.String()),
});

export const Why = Type.Object({
  execution: Type.String(),
  number: Type.Integer(),
  step: Type.String(),
  state: StepState,
  compared_with: Type.Optional(Type.Object({ execution: Type.String(), number: Type.Integer() })),
  reasons: Type.Array(Reason),
  parts: Type.Optional(Type.Unknown({ description: 'Everything the key is made of.' })),
});
export type Why = Static<typeof Why>;

export const LogPart = Type.Object({
  text: Type.String(),
  next: Type.Integer({ description: 'Hand it back as `offset` for what follows. In bytes.' }),
  done: Type.Boolean({ description: 'The step has ended and this is the end of its log.' }),
});
export type LogPart = Static<typeof LogPart>;

const OfStepOutput = { step: Type.String({ description: 'The step that made it.' }), output: StepOutput };
export const RunStep = Type.Object(
  {
    execution: Type.String(),
    pipeline: Type.String(),
    number: Type.Integer({ description: 'Of the execution, in its pipeline.' }),
    step: Type.Optional(Type.String({ description: 'Absent: the run holds those of the whole execution.' })),
    data: Type.Array(DataInput, { description: 'The dataset versions that it read.' }),
    read: Type.Array(
      Type.Object({
        ...OfStepOutput,
        run_id: Type.Optional(Type.String({ description: 'The run that made it.' })),
      }),
      { description: 'The outputs of other steps that it read.' },
    ),
    lost: Type.Array(Type.String(), {
      description: 'Inputs that nothing in the execution answers to any more.',
    }),
    made: Type.Array(Type.Object(OfStepOutput), { description: 'Its outputs.' }),
    models: Type.Array(Type.Object({ name: Type.String(), version: Type.Integer() }), {
      description: 'Versions registered from its files, by the names of today.',
    }),
  },
  { description: 'What the step of a pipeline behind a run read and made.' },
);
export type RunStep = Static<typeof RunStep>;

const OfExecution = Strict({ execution: Id });
const OfStep = Strict({ execution: Id, step: StepName });
const Paging = {
  page: Type.Optional(Type.String({ maxLength: 200 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
};

export const findMissingCode = endpoint({
  method: 'POST',
  path: '/api/v1/code/missing',
  action: 'pipeline:write',
  summary: 'Say which code blobs must be uploaded before an execution',
  body: Strict({ hashes: Type.Array(Hash, { maxItems: 50_000 }) }),
  response: Type.Object({ missing: Type.Array(Hash) }),
  maxBody: 8 * MiB,
});

export const uploadCode = endpoint({
  method: 'POST',
  path: '/api/v1/code/blobs',
  action: 'pipeline:write',
  summary: 'Upload code blobs',
  description:
    'The body is a sequence of frames: hash (32 bytes), size (8 bytes, unsigned, little-endian), then that many bytes. All of them are kept, or none.',
  body: 'bytes',
  maxBody: 512 * MiB,
  response: Type.Object({ blobs: Type.Integer(), bytes: Type.Integer() }),
});

export const checkFile = endpoint({
  method: 'POST',
  path: '/api/v1/pipelines/check',
  action: 'pipeline:read',
  summary: 'Check a pipeline file',
  body: Strict({ file: Type.String({ maxLength: MiB }) }),
  response: Type.Object({ problems: Type.Array(Problem) }),
  maxBody: 8 * MiB,
});

export const planExecution = endpoint({
  method: 'POST',
  path: '/api/v1/executions/plan',
  action: 'pipeline:write',
  summary: 'Say which steps would run, and why, without running any',
  body: NewExecution,
  response: Plan,
  maxBody: 32 * MiB,
});

export const createExecution = endpoint({
  method: 'POST',
  path: '/api/v1/executions',
  action: 'pipeline:write',
  summary: 'Run a pipeline',
  body: NewExecution,
  response: ExecutionDetail,
  maxBody: 32 * MiB,
});

export const listPipelines = endpoint({
  method: 'GET',
  path: '/api/v1/pipelines',
  action: 'pipeline:read',
  summary: 'List pipelines with their latest executions',
  query: Strict(Paging),
  response: Page(Pipeline),
});

export const listExecutions = endpoint({
  method: 'GET',
  path: '/api/v1/executions',
  action: 'pipeline:read',
  summary: 'List executions, newest first',
  query: Strict({
    pipeline: Type.Optional(PipelineName),
    number: Type.Optional(Type.Integer({ minimum: 1 })),
    run: Type.Optional(Type.String({ maxLength: 64, description: 'The one that made this run.' })),
    branch: Type.Optional({ ...Branch, description: 'Those of commits of this branch.' }),
    state: Type.Optional(ExecutionState),
    ...Paging,
  }),
  response: Page(Execution),
});

export const getExecution = endpoint({
  method: 'GET',
  path: '/api/v1/executions/:execution',
  action: 'pipeline:read',
  summary: 'Show an execution with its steps',
  params: OfExecution,
  response: ExecutionDetail,
});

export const getRunStep = endpoint({
  method: 'GET',
  path: '/api/v1/runs/:run/step',
  action: 'pipeline:read',
  summary: 'Show what the step of a pipeline behind a run read and made',
  description: 'Of the run that holds those of an execution: what the execution as a whole read and made.',
  params: Strict({ run: Type.String({ minLength: 1, maxLength: 64 }) }),
  response: RunStep,
});

export const getExecutionFile = endpoint({
  method: 'GET',
  path: '/api/v1/executions/:execution/file',
  action: 'pipeline:read',
  summary: 'Show the pipeline file that an execution ran',
  params: OfExecution,
  response: 'text',
});

export const followExecution = endpoint({
  method: 'GET',
  path: '/api/v1/executions/:execution/live',
  action: 'pipeline:read',
  summary: 'Follow an execution: its state and logs as they come',
  description:
    'Events: `execution` (without steps), `step`, `log` {step, text}, and `end`. Begins with everything as it is now.',
  params: OfExecution,
  query: Strict({ logs: Type.Optional(Type.Boolean({ description: 'Send logs too.' })) }),
  response: 'events',
});

export const explainStep = endpoint({
  method: 'GET',
  path: '/api/v1/executions/:execution/steps/:step/why',
  action: 'pipeline:read',
  summary: 'Say why a step ran, or did not',
  params: OfStep,
  response: Why,
});

export const readStepLog = endpoint({
  method: 'GET',
  path: '/api/v1/executions/:execution/steps/:step/log',
  action: 'pipeline:read',
  summary: 'Read the log of a step from an offset',
  params: OfStep,
  query: Strict({
    offset: Type.Optional(Type.Integer({ minimum: 0, description: 'Bytes.' })),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 4 * MiB, description: 'Bytes; 256 KiB unless said.' }),
    ),
  }),
  response: LogPart,
});

export const downloadOutput = endpoint({
  method: 'GET',
  path: '/api/v1/executions/:execution/steps/:step/outputs/:output',
  action: 'pipeline:read',
  summary: 'Download an output, or one file of a folder',
  params: Strict({ execution: Id, step: StepName, output: StepName }),
  query: Strict({ path: Type.Optional(FilePath) }),
  response: 'bytes',
});

export const cancelExecution = endpoint({
  method: 'POST',
  path: '/api/v1/executions/:execution/cancel',
  action: 'pipeline:write',
  summary: 'Cancel an execution; the processes of its steps are ended',
  params: OfExecution,
  response: Execution,
});

export const deleteExecution = endpoint({
  method: 'DELETE',
  path: '/api/v1/executions/:execution',
  action: 'pipeline:write',
  summary: 'Delete an execution that has ended, with its steps, logs and outputs',
  description:
    'Its runs and models stay, and so does what other executions took from its cache. The next gc gives the space back.',
  params: OfExecution,
  query: Strict({ reason: Type.Optional(Type.String({ minLength: 1, maxLength: 1000 })) }),
  response: Type.Object({ deleted: Type.String({ description: 'Its name in the ledger.' }) }),
});

export const rerunExecution = endpoint({
  method: 'POST',
  path: '/api/v1/executions/:execution/rerun',
  action: 'pipeline:write',
  summary: 'Run again with the same file, code, parameters and data versions',
  params: OfExecution,
  body: Strict({ force: Type.Optional(Type.Boolean()) }),
  response: ExecutionDetail,
});

export const reproduceRun = endpoint({
  method: 'POST',
  path: '/api/v1/runs/:run/reproduce',
  action: 'pipeline:write',
  summary: 'Repeat a run from what was captured of it, without the cache, and compare',
  params: Strict({ run: Type.String({ minLength: 1, maxLength: 64 }) }),
  body: Strict({
    tolerance: Type.Optional(
      Type.Number({
        minimum: 0,
        description: 'Relative difference of metrics that still counts as equal; 1e-6 unless said.',
      }),
    ),
    environment: Type.Optional(
      Type.String({
        maxLength: MiB,
        description: 'Text of another requirements file, to see what it changes.',
      }),
    ),
  }),
  response: ExecutionDetail,
  maxBody: 2 * MiB,
});

export const getFileSchema = endpoint({
  method: 'GET',
  path: '/schema/treadle.json',
  action: 'public',
  summary: 'JSON Schema of treadle.yaml, for editors',
  response: Type.Unknown(),
});
