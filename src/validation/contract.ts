// The one statement of the room's nouns and endpoints: longer than other files, and better in one piece.
import { Type, type Static } from 'typebox';
import { endpoint, Millis, Page, Strict } from '../platform/http/contract.ts';

const ModelName = Type.String({ minLength: 1, maxLength: 256, description: 'Name of a registered model.' });
const Column = Type.String({ minLength: 1, maxLength: 500, description: 'Name of a column.' });
const Id = Type.String({
  pattern: '^[0-9a-f]{32}$',
  description: 'Id of an evaluation, 32 hex digits; treadle evaluate list shows them.',
});

export const Verdict = Type.Union(
  [Type.Literal('pass'), Type.Literal('fail'), Type.Literal('inconclusive')],
  {
    description: 'inconclusive: what is known decides neither way; the reasons say what is missing.',
  },
);
export type Verdict = Static<typeof Verdict>;

/** What is judged on, or what training read. */
export const Source = Type.Object({
  ref: Type.String({
    description: 'Its name in the ledger: `dataset_version:<id>`, or `blob:<digest>` of a step’s output.',
  }),
  label: Type.String({ description: 'For people: `flights@v3`, `execution 12, prep.holdout`.' }),
  files: Type.Array(Type.String(), { description: 'The table files read.' }),
  rows: Type.Integer(),
  columns: Type.Array(Type.String()),
  digest: Type.String({
    description: 'Over the canonical rows in any order: equal exactly when both hold the same rows as often.',
  }),
  read_by: Type.Optional(
    Type.String({ description: 'The run that read it: `run:…`, or `model_version:…` of an ancestor.' }),
  ),
});
export type Source = Static<typeof Source>;

/** Something that the lineage read, and how it was compared with the gate's data. */
export const Coverage = Type.Object({
  source: Type.String({ description: '`ref` of the source.' }),
  label: Type.String({ description: 'For people: `flights@v3`.' }),
  files: Type.Array(Type.String(), { description: 'The first 20 of them; none where it is no file.' }),
  file_count: Type.Integer(),
  by: Type.Union(
    [
      Type.Literal('rows'),
      Type.Literal('digest'),
      Type.Literal('pixels'),
      Type.Literal('origin'),
      Type.Literal('aside'),
      Type.Literal('excused'),
      Type.Literal('nothing'),
    ],
    {
      description:
        'rows: row by row. digest: file by file, by their bytes. pixels: image by image, by their bytes and by what they are decoded to. origin: by the rows of what it was made from. aside: it holds no rows of this kind. excused: not compared, for a reason that the gate gives. nothing: not compared.',
    },
  ),
  reason: Type.Optional(Type.String({ description: 'Why it stands aside or was not compared.' })),
  excuse: Type.Optional(Type.String({ description: 'The reason that the gate gives.' })),
  rows: Type.Optional(Type.Integer()),
  columns: Type.Optional(
    Type.Array(Type.String(), { description: 'The columns that the comparison rests on.' }),
  ),
  otherwise: Type.Optional(
    Type.Array(Type.Object({ column: Type.String(), reason: Type.String() }), {
      description: 'Columns of both sides that hold values in another form, and so were left out.',
    }),
  ),
  found: Type.Optional(Type.Integer({ description: 'Rows of the gate’s data, or files, found in it.' })),
  expected: Type.Optional(
    Type.Number({
      description:
        'Rows that equal one by chance alone, as often as rows repeat: nothing where a key is declared.',
    }),
  ),
  near: Type.Optional(
    Type.Object(
      {
        rows: Type.Integer({
          description:
            'Rows of the gate’s data that nearly equal one: but for noise, scale, case, white space, or one column.',
        }),
        expected: Type.Number({ description: 'Of these, as many are explained by chance.' }),
        gate_rows: Type.Integer({ description: 'Rows of the gate’s data that were looked at.' }),
        training_rows: Type.Integer({ description: 'Rows of it that were looked at, from its first on.' }),
        rescaled: Type.Array(Type.String(), {
          description: 'Columns that were compared by their own mean and deviation.',
        }),
      },
      { description: 'Absent where it was not looked for: too few columns, or more than 60.' },
    ),
  ),
  decides: Type.Optional(
    Type.Boolean({ description: 'Whether the columns tell rows apart well enough to decide.' }),
  ),
});
export type Coverage = Static<typeof Coverage>;

export const Proof = Type.Object(
  {
    id: Id,
    verdict: Verdict,
    summary: Type.String({ description: 'One sentence for people.' }),
    identity: Type.Object({
      kind: Type.Union([Type.Literal('key'), Type.Literal('row')]),
      columns: Type.Array(Type.String(), { description: 'What makes a row the same row.' }),
      distinct_share: Type.Number({ description: 'Distinct identities per row of the gate’s data, 0–1.' }),
      weak: Type.Boolean({ description: 'Too many rows repeat by nature for it to decide.' }),
    }),
    gate: Source,
    against: Type.Array(Source, { description: 'Everything that the model’s lineage read.' }),
    overlapping_rows: Type.Integer({ description: 'Rows of the gate’s data that training read.' }),
    overlaps: Type.Array(
      Type.Object({
        source: Type.String({ description: '`ref` of the source that holds it.' }),
        gate_row: Type.Integer({ description: 'Position in the gate’s data, from 0.' }),
        values: Type.Record(Type.String(), Type.Unknown()),
      }),
      { description: 'The first 100 of them.' },
    ),
    order: Type.Optional(
      Type.Object({
        column: Type.String(),
        training_last: Type.Optional(Type.String()),
        gate_first: Type.Optional(Type.String()),
        holds: Type.Boolean({
          description: 'Every row of the gate is later than every row that training read.',
        }),
        early_rows: Type.Integer({ description: 'Rows of the gate that are not.' }),
      }),
    ),
    unread: Type.Array(Type.Object({ ref: Type.String(), label: Type.String(), reason: Type.String() }), {
      description:
        'What the lineage read, was not compared, and is not excused: no table, deleted, kept elsewhere. Any makes it inconclusive.',
    }),
    coverage: Type.Optional(
      Type.Array(Coverage, {
        description: 'Everything that the lineage read, and how it was compared; absent in older proofs.',
      }),
    ),
    same_files: Type.Optional(
      Type.Array(
        Type.Object({
          source: Type.String({ description: '`ref` of the source that holds it.' }),
          label: Type.String({ description: 'For people: `flights@v3`.' }),
          by: Type.Union([Type.Literal('digest'), Type.Literal('pixels')], {
            description: 'digest: byte for byte. pixels: an image of other bytes and the same pixels.',
          }),
          gate_file: Type.String({ description: 'Its path in the gate’s data.' }),
          training_file: Type.String({ description: 'The path of the same file in what training read.' }),
          gate_row: Type.Optional(
            Type.Integer({
              description: 'The first row that names it: position in the gate’s data, from 0.',
            }),
          ),
        }),
        { description: 'Files of the gate’s data that training read: the first 100.' },
      ),
    ),
    near_rows: Type.Optional(
      Type.Integer({
        description:
          'Rows of the gate’s data that are nearly rows that training read. They fail it only where the gate says so.',
      }),
    ),
    near: Type.Optional(
      Type.Array(
        Type.Object({
          source: Type.String(),
          gate_row: Type.Integer(),
          values: Type.Record(Type.String(), Type.Unknown()),
          training: Type.Record(Type.String(), Type.Unknown()),
          differ: Type.Array(Type.String(), { description: 'Columns in which the two differ.' }),
        }),
        { description: 'The first 20 of each table, with the row of training.' },
      ),
    ),
    warnings: Type.Optional(
      Type.Array(Type.String(), { description: 'What does not decide and should be known.' }),
    ),
    ms: Type.Number({ description: 'How long it took.' }),
    created_at: Millis('When.'),
  },
  { description: 'Whether rows that the model is judged on were read by anything in its lineage.' },
);
export type Proof = Static<typeof Proof>;

export const MetricValue = Type.Object({
  name: Type.String(),
  value: Type.Number(),
  low: Type.Optional(Type.Number({ description: 'Lower end of the 95 % interval.' })),
  high: Type.Optional(Type.Number()),
  n: Type.Integer({ description: 'Rows it was computed from.' }),
  method: Type.Optional(
    Type.String({ description: 'How the interval was made: DeLong, Wilson, bootstrap …' }),
  ),
});
export type MetricValue = Static<typeof MetricValue>;

export const SliceResult = Type.Object({
  value: Type.String({ description: 'Of the column that the rule goes through.' }),
  rows: Type.Integer(),
  verdict: Verdict,
  left: Type.Optional(Type.Number()),
  right: Type.Optional(Type.Number()),
  difference: Type.Optional(Type.Object({ value: Type.Number(), low: Type.Number(), high: Type.Number() })),
  required_rows: Type.Optional(
    Type.Integer({
      description: 'Rows of the slice that it would take, with the correction for their number.',
    }),
  ),
});
export type SliceResult = Static<typeof SliceResult>;

export const RuleResult = Type.Object({
  rule: Type.String({ description: 'As written.' }),
  verdict: Verdict,
  left: Type.Optional(Type.Number()),
  right: Type.Optional(Type.Number()),
  difference: Type.Optional(
    Type.Object(
      { value: Type.Number(), low: Type.Number(), high: Type.Number() },
      {
        description:
          'Left minus right with its 95 % interval, paired on the same rows where both are models.',
      },
    ),
  ),
  rows: Type.Integer({ description: 'Rows it was decided on.' }),
  required_rows: Type.Optional(
    Type.Integer({
      description:
        'Rows it would take to decide at 95 % confidence and 80 % power; of a rule with a margin, to show it of a candidate that is as good as the champion.',
    }),
  ),
  margin: Type.Optional(
    Type.Number({
      description:
        'Of a rule that asks for no more than not to be worse than the champion: by how much it may be, in units of the metric.',
    }),
  ),
  reason: Type.String({ description: 'One sentence for people.' }),
  always: Type.Optional(
    Type.Literal(true, {
      description:
        'Nobody wrote it: every model is asked whether it beats the baseline, and whether it answers row by row as in a batch.',
    }),
  ),
  by_default: Type.Optional(
    Type.Literal(true, {
      description:
        'Asked because the gate names no rules: not to be worse than the champion by more than a margin.',
    }),
  ),
  slices: Type.Optional(
    Type.Array(SliceResult, {
      description:
        'Of a rule about each value of a column: every slice by itself, with Holm’s correction for their number.',
    }),
  ),
});
export type RuleResult = Static<typeof RuleResult>;

export const Slice = Type.Object({
  where: Type.String({ description: '`origin = ATL`' }),
  column: Type.String(),
  value: Type.String(),
  rows: Type.Integer(),
  metrics: Type.Array(MetricValue),
  worse: Type.Boolean({
    description:
      'Its main metric is worse than that of the column’s other values, past chance, after correction for the number of slices.',
  }),
});
export type Slice = Static<typeof Slice>;

export const CalibrationBin = Type.Object({
  low: Type.Number(),
  high: Type.Number(),
  rows: Type.Integer(),
  predicted: Type.Number({ description: 'Mean prediction.' }),
  observed: Type.Number({ description: 'Share that came true.' }),
});
export type CalibrationBin = Static<typeof CalibrationBin>;

export const Task = Type.Union([
  Type.Literal('binary'),
  Type.Literal('multiclass'),
  Type.Literal('regression'),
]);
export type Task = Static<typeof Task>;

export const EvaluationState = Type.Union([
  Type.Literal('queued'),
  Type.Literal('running'),
  Type.Literal('done'),
  Type.Literal('failed'),
]);
export type EvaluationState = Static<typeof EvaluationState>;

export const Excuse = Strict({
  path: Type.String({
    minLength: 1,
    maxLength: 500,
    description:
      'A file that training read, or a pattern: `*.txt` in any folder, `docs/**`, `flights@v3:notes.txt`; of what is no file, its name in the proof.',
  }),
  reason: Type.String({ minLength: 3, maxLength: 500, description: 'Why it holds no row that is judged.' }),
});
export type Excuse = Static<typeof Excuse>;

/** What is asked for: also what `gate:` in treadle.yaml says. */
export const GateSpec = {
  label: Column,
  task: Type.Optional(Task),
  prediction: Type.Optional(
    Type.String({ maxLength: 500, description: 'The output that is scored, where the model has several.' }),
  ),
  positive: Type.Optional(
    Type.String({
      maxLength: 500,
      description: 'The label’s value that counts as 1; 1 or true unless said.',
    }),
  ),
  rules: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 1000 }), {
      maxItems: 100,
      description:
        'Such as `auc >= 0.60`, `auc >= champion.auc - 0.005`, `slice(origin).auc >= champion.slice(origin).auc - 0.02`, `p95_latency_ms < 20`. Unless said: not worse than the champion by more than 0.005 of the main metric, or 1 % of one without bounds.',
    }),
  ),
  key: Type.Optional(
    Type.Array(Column, {
      minItems: 1,
      maxItems: 50,
      description: 'What makes a row the same row; the whole row unless said.',
    }),
  ),
  excuse: Type.Optional(
    Type.Array(Excuse, {
      maxItems: 50,
      description: 'What cannot be compared and need not be, each with its reason, which the proof repeats.',
    }),
  ),
  near: Type.Optional(
    Type.Union([Type.Literal('fail'), Type.Literal('report')], {
      description:
        'What rows do that nearly equal one that training read: but for noise, scale, case, white space, or one column. Reported unless said.',
    }),
  ),
  group: Type.Optional(
    Type.Array(Column, {
      minItems: 1,
      maxItems: 50,
      description: 'What names the entity of a row: rows of one count together in every interval.',
    }),
  ),
  time: Type.Optional(
    Type.String({
      maxLength: 500,
      description:
        'A column by which every row must be later than all that training read; intervals count the correlation in its order.',
    }),
  ),
  slices: Type.Optional(
    Type.Array(Column, {
      maxItems: 50,
      description: 'Columns to score by value; found among those with few values unless said.',
    }),
  ),
};

/** Rows that go together, and so say less than as many independent ones. */
export const Dependence = Type.Object({
  kind: Type.Union([Type.Literal('group'), Type.Literal('time')]),
  columns: Type.Array(Type.String(), { description: 'What names the entity, or orders the rows.' }),
  declared: Type.Boolean({
    description: 'The gate names it; else it was found, and is a warning to declare it.',
  }),
  units: Type.Integer({ description: 'Entities, or moments.' }),
  design_effect: Type.Number({
    description: 'How many times the variance is that of independent rows, where it is largest.',
  }),
  figure: Type.Optional(Type.String({ description: 'Where it is largest: `auc`, `mae - champion.mae`.' })),
  summary: Type.String({ description: 'One sentence for people.' }),
});
export type Dependence = Static<typeof Dependence>;

export const Evaluation = Type.Object(
  {
    ref: Type.String({ description: 'Its name in the ledger: `evaluation:<id>`.' }),
    id: Id,
    state: EvaluationState,
    stage: Type.Optional(Type.String({ description: 'While running: what is going on now.' })),
    problem: Type.Optional(Type.String({ description: 'Why it failed, and what to do.' })),
    model: ModelName,
    version: Type.Integer({ minimum: 1 }),
    version_ref: Type.String(),
    execution: Type.Optional(Type.String({ description: 'The pipeline execution that asked for it.' })),
    data: Type.String({ description: 'What it is scored on, for people.' }),
    data_ref: Type.Optional(Type.String()),
    spec: Type.Object(GateSpec),
    verdict: Type.Optional(Verdict),
    /** Why not pass, in the order of weight. */
    reasons: Type.Array(Type.String()),
    task: Type.Optional(Task),
    rows: Type.Optional(Type.Integer()),
    metrics: Type.Array(MetricValue),
    champion: Type.Optional(
      Type.Object({ version: Type.Integer(), version_ref: Type.String(), metrics: Type.Array(MetricValue) }),
    ),
    baseline: Type.Optional(
      Type.Object({
        kind: Type.String({ description: 'Such as `always the share of the label`.' }),
        metrics: Type.Array(MetricValue),
      }),
    ),
    rules: Type.Array(RuleResult),
    dependence: Type.Optional(
      Type.Array(Dependence, {
        description: 'By which columns rows go together; every interval is widened by it.',
      }),
    ),
    slices: Type.Array(Slice),
    calibration: Type.Optional(
      Type.Object({
        error: Type.Number({ description: 'Expected calibration error.' }),
        bins: Type.Array(CalibrationBin),
      }),
    ),
    proof: Type.Optional(Proof),
    runtime: Type.Optional(
      Type.Object({
        platform: Type.String(),
        latency_ms: Type.Object(
          { p50: Type.Number(), p95: Type.Number(), p99: Type.Number(), calls: Type.Integer() },
          {
            description: 'One row a call, in the runtime that serves it.',
          },
        ),
        memory_bytes: Type.Optional(Type.Integer()),
        size_bytes: Type.Integer(),
        online_difference: Type.Optional(
          Type.Number({
            description:
              'Largest difference between scores of one batch and those row by row, as an endpoint gives them.',
          }),
        ),
      }),
    ),
    created_at: Millis('When it was asked for.'),
    created_by: Type.String(),
    ended_at: Type.Optional(Millis('When it ended.')),
  },
  { description: 'A model version scored by the platform itself on a dataset.' },
);
export type Evaluation = Static<typeof Evaluation>;

export const EvaluationSummary = Type.Pick(Evaluation, [
  'ref',
  'id',
  'state',
  'problem',
  'model',
  'version',
  'version_ref',
  'execution',
  'data',
  'verdict',
  'reasons',
  'task',
  'rows',
  'metrics',
  'created_at',
  'created_by',
  'ended_at',
]);
export type EvaluationSummary = Static<typeof EvaluationSummary>;

const Paging = {
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 500, description: 'At most 500; 100 unless said.' }),
  ),
  page: Type.Optional(Type.String({ maxLength: 1000 })),
};

export const createEvaluation = endpoint({
  method: 'POST',
  path: '/api/v1/evaluations',
  action: 'evaluation:write',
  summary: 'Score a model version on data and judge it by rules',
  description: 'Answers at once; the work is a job. `wait_s` waits for its end.',
  body: Strict({
    model: ModelName,
    version: Type.String({ minLength: 1, maxLength: 300, description: '`3`, `v3`, `latest` or `@alias`.' }),
    data: Type.String({
      minLength: 1,
      maxLength: 5000,
      description:
        'A dataset ref with a file of it where it has several: `flights@v4`, `flights@v4:holdout.parquet`.',
    }),
    champion: Type.Optional(
      Type.String({
        maxLength: 300,
        description: 'The version to compare with; @champion unless said; none when there is none.',
      }),
    ),
    ...GateSpec,
    wait_s: Type.Optional(Type.Integer({ minimum: 0, maximum: 600 })),
  }),
  response: Evaluation,
});

export const listEvaluations = endpoint({
  method: 'GET',
  path: '/api/v1/evaluations',
  action: 'evaluation:read',
  summary: 'List evaluations, newest first',
  query: Strict({
    model: Type.Optional(ModelName),
    version: Type.Optional(Type.Integer({ minimum: 1 })),
    execution: Type.Optional(Type.String({ maxLength: 64 })),
    verdict: Type.Optional(Verdict),
    ...Paging,
  }),
  response: Page(EvaluationSummary),
});

export const getEvaluation = endpoint({
  method: 'GET',
  path: '/api/v1/evaluations/:evaluation',
  action: 'evaluation:read',
  summary: 'Show an evaluation with its rules, slices and proof',
  params: Strict({ evaluation: Id }),
  response: Evaluation,
});

export const checkRules = endpoint({
  method: 'POST',
  path: '/api/v1/evaluations/check-rules',
  action: 'evaluation:read',
  summary: 'Check gate rules without running them',
  body: Strict({ rules: Type.Array(Type.String({ maxLength: 1000 }), { maxItems: 100 }) }),
  response: Type.Object({
    problems: Type.Array(
      Type.Object({
        rule: Type.Integer(),
        message: Type.String(),
        at: Type.Optional(Type.Integer()),
        hint: Type.Optional(Type.String()),
      }),
    ),
  }),
});
