// The one statement of the room's nouns and endpoints.
import { Type, type Static } from 'typebox';
import { CheckedChange, Outcome, Reason, StepState } from '../pipelines/contract.ts';
import { endpoint, Strict } from '../platform/http/contract.ts';
import { Verdict } from '../validation/contract.ts';

const Figure = Type.Object({
  value: Type.Number(),
  low: Type.Optional(Type.Number({ description: 'Lower end of the 95 % interval.' })),
  high: Type.Optional(Type.Number()),
  n: Type.Optional(Type.Integer({ description: 'Rows it was computed from.' })),
});
export type Figure = Static<typeof Figure>;

export const MetricChange = Type.Object({
  name: Type.String(),
  better: Type.Optional(Type.Union([Type.Literal('higher'), Type.Literal('lower')])),
  now: Figure,
  base: Type.Optional(Figure),
  difference: Type.Optional(
    Type.Object(
      { value: Type.Number(), low: Type.Optional(Type.Number()), high: Type.Optional(Type.Number()) },
      { description: 'Now less base, with its 95 % interval where one is known.' },
    ),
  ),
  paired: Type.Boolean({
    description: 'The interval of the difference is that of both models on the same rows.',
  }),
  says: Type.Union(
    [
      Type.Literal('better'),
      Type.Literal('worse'),
      Type.Literal('open'),
      Type.Literal('same'),
      Type.Literal('alone'),
    ],
    {
      description:
        'better, worse: past chance; open: the intervals allow both; same: the figures are equal; alone: there is nothing to compare with.',
    },
  ),
});
export type MetricChange = Static<typeof MetricChange>;

export const SliceChange = Type.Object({
  where: Type.String({ description: '`origin = ATL`' }),
  rows: Type.Integer(),
  metric: Type.String(),
  now: Figure,
  base: Type.Optional(Figure),
  worse: Type.Boolean({ description: 'Worse than on the base branch, past both intervals.' }),
  weak: Type.Boolean({ description: 'Worse than the other values of its column, past chance.' }),
});
export type SliceChange = Static<typeof SliceChange>;

export const DataChange = Type.Object({
  name: Type.String({ description: 'Its name in the file.' }),
  dataset: Type.String(),
  version: Type.String(),
  before: Type.Optional(Type.String({ description: 'The version that the base read.' })),
  files: Type.Optional(
    Type.Object({
      added: Type.Integer(),
      removed: Type.Integer(),
      modified: Type.Integer(),
      renamed: Type.Integer(),
    }),
  ),
  rows: Type.Optional(Type.Integer({ description: 'Rows of its tables, once they are counted.' })),
  rows_before: Type.Optional(Type.Integer()),
  sample: Type.Optional(
    Type.Object(
      {
        of: Type.String({ description: '`flights@v3`' }),
        unit: Type.String(),
        kept: Type.Integer(),
        total: Type.Integer(),
      },
      { description: 'Only a part of that version was read.' },
    ),
  ),
  text: Type.String({ description: 'One sentence for people.' }),
});
export type DataChange = Static<typeof DataChange>;

const ReportStep = Type.Object({
  name: Type.String(),
  state: StepState,
  needs: Type.Array(Type.String()),
  ms: Type.Optional(Type.Number({ description: 'Wall time; none of a step from the cache.' })),
  base_ms: Type.Optional(Type.Number({ description: 'Of its run on the base branch.' })),
  outcome: Type.Optional(Outcome),
  reasons: Type.Array(Reason),
});
export type ReportStep = Static<typeof ReportStep>;

export const CiVerdict = Type.Union([Type.Literal('pass'), Type.Literal('fail'), Type.Literal('undecided')], {
  description: 'undecided: nobody could judge, so that this commit is neither good nor bad.',
});
export type CiVerdict = Static<typeof CiVerdict>;

export const CiReport = Type.Object(
  {
    verdict: CiVerdict,
    exit_code: Type.Integer({ description: '0 pass, 1 fail, 2 undecided.' }),
    summary: Type.String({ description: 'One sentence for people.' }),
    reasons: Type.Array(Type.String(), { description: 'Why not pass.' }),
    execution: Type.String(),
    pipeline: Type.String(),
    number: Type.Integer(),
    commit: Type.Optional(Type.String()),
    dirty: Type.Optional(Type.Literal(true, { description: 'Files differed from the commit.' })),
    sample: Type.Optional(Type.String({ description: 'The share of the data that it ran on: `5%`.' })),
    branch: Type.Optional(Type.String()),
    pull_request: Type.Optional(Type.Integer()),
    change: Type.Optional(CheckedChange),
    base: Type.Optional(
      Type.Object({
        branch: Type.String({
          description:
            'The branch; `last run` where a change to data or a model is checked and its project is of no branch.',
        }),
        execution: Type.Optional(Type.String({ description: 'Absent: none went through there yet.' })),
        number: Type.Optional(Type.Integer()),
        commit: Type.Optional(Type.String()),
        model: Type.Optional(Type.String({ description: '`flights@v3`' })),
        same_model: Type.Boolean({
          description: 'The model is that of the base: nothing it is made of changed.',
        }),
        same_rows: Type.Boolean({ description: 'Both were judged on the same rows.' }),
      }),
    ),
    model: Type.Optional(Type.Object({ name: Type.String(), version: Type.String() })),
    judged_on: Type.Optional(Type.String({ description: 'What the gate judged on.' })),
    rows: Type.Optional(Type.Integer()),
    metrics: Type.Array(MetricChange),
    slices: Type.Array(SliceChange, { description: 'Those that got worse, or are weak.' }),
    rules: Type.Array(
      Type.Object({
        rule: Type.String(),
        verdict: Verdict,
        reason: Type.String(),
        always: Type.Optional(Type.Literal(true)),
      }),
    ),
    proof: Type.Optional(
      Type.Object({
        verdict: Verdict,
        summary: Type.String(),
        warnings: Type.Array(Type.String()),
        leaks: Type.Array(Type.String(), {
          description: 'Rows and files of the gate’s data that training read: the first ten.',
        }),
      }),
    ),
    data: Type.Array(DataChange),
    steps: Type.Array(ReportStep),
    calibration: Type.Optional(
      Type.Array(Type.Object({ predicted: Type.Number(), observed: Type.Number(), rows: Type.Integer() })),
    ),
    warnings: Type.Array(Type.String()),
    links: Type.Object({
      execution: Type.String(),
      evaluation: Type.Optional(Type.String()),
      base: Type.Optional(Type.String()),
    }),
  },
  { description: 'What an execution says of its commit, beside the base branch.' },
);
export type CiReport = Static<typeof CiReport>;

/** What there is to say of a check that nothing came of. */
export type Unjudged = Pick<CiReport, 'verdict' | 'exit_code' | 'summary' | 'reasons'>;

export const getCiReport = endpoint({
  method: 'GET',
  path: '/api/v1/executions/:execution/report',
  action: 'pipeline:read',
  summary: 'Report on an execution that has ended, as a CI system needs it',
  description:
    'Compared with the newest execution of the base branch that went through: JSON, the same as Markdown, and as JUnit XML.',
  params: Strict({
    execution: Type.String({ pattern: '^[0-9a-f]{32}$', description: 'Id of an execution.' }),
  }),
  query: Strict({
    base: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 500,
        description:
          'The branch that it is compared with; the one that the execution was begun with unless said.',
      }),
    ),
  }),
  response: Type.Object({ report: CiReport, markdown: Type.String(), junit: Type.String() }),
});
