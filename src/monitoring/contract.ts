// The one statement of the room's nouns and endpoints.
import { Type, type Static } from 'typebox';
import { endpoint, Millis, named, Page, Strict } from '../platform/http/contract.ts';
import { EndpointName } from '../serving/contract.ts';

const MiB = 1024 * 1024;
const OfEndpoint = Strict({ endpoint: EndpointName });
const Column = Type.String({ minLength: 1, maxLength: 300 });
const Paging = {
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 500, description: 'At most 500; 100 unless said.' }),
  ),
  page: Type.Optional(Type.String({ maxLength: 100 })),
};

export const NewOutcome = Strict(
  {
    prediction: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 64,
        description: 'Id of the prediction that it is the truth of.',
      }),
    ),
    row: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 10_000_000,
        description: 'Which row of that prediction, from 0; 0 unless said.',
      }),
    ),
    key: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 1000,
        description:
          'Instead of `prediction`, with `time`: the key that the request had (header X-Treadle-Key). Meant is the newest prediction of that key at or before `time`.',
      }),
    ),
    time: Type.Optional(Millis('When that prediction was asked for; with `key`.')),
    value: Type.Union(
      [
        Type.Number(),
        Type.Boolean(),
        Type.String({ minLength: 1, maxLength: 1000 }),
        Type.Array(Type.Union([Type.Number(), Type.Null()]), { minItems: 1, maxItems: 200 }),
      ],
      {
        description:
          'What turned out to be true: a label or a number; of a model of several labels or horizons all of them, null where it is not known.',
      },
    ),
    observed_at: Type.Optional(
      Millis('When it was observed; now unless said. Of two outcomes of one prediction the later one holds.'),
    ),
  },
  { description: 'The truth of a prediction, which arrives later.' },
);
export type NewOutcome = Static<typeof NewOutcome>;

export const OutcomesAdded = Type.Object({
  accepted: Type.Integer({ description: 'Taken; on disk.' }),
  known: Type.Integer({ description: 'Delivered before, just so: nothing was written.' }),
  refused: Type.Array(
    Type.Object({
      index: Type.Integer({ description: 'Place in `outcomes`, from 0.' }),
      code: Type.String({
        description: 'unreadable, foreign, shadow, incomplete, future, not_finite or late.',
      }),
      message: Type.String(),
    }),
  ),
  warnings: Type.Optional(
    Type.Array(Type.String(), {
      description:
        'What looks wrong in outcomes that were taken: predictions outside of the share that is recorded, times of observation before the prediction.',
    }),
  ),
});
export type OutcomesAdded = Static<typeof OutcomesAdded>;

/** Which column of a table is what. */
const OutcomeColumns = {
  id: Type.Optional({ ...Column, description: 'Holds ids of predictions.' }),
  row: Type.Optional({ ...Column, description: 'With `id`: which row of the prediction, from 0.' }),
  key: Type.Optional({ ...Column, description: 'Instead of `id`, with `time`: holds keys of requests.' }),
  time: Type.Optional({
    ...Column,
    description: 'Holds when these were asked for: times, or whole milliseconds since 1970.',
  }),
  label: { ...Column, description: 'Holds what turned out to be true. Rows without a value are left out.' },
  observed_at: Type.Optional({
    ...Column,
    description: 'Holds when it was observed; when the table arrived unless said.',
  }),
};
export type OutcomeColumns = Static<ReturnType<typeof Type.Object<typeof OutcomeColumns>>>;

export const OutcomeTable = Type.Object(
  {
    id: Type.String(),
    source: Type.String({ description: 'Name of the file, or the dataset version and its file.' }),
    rows: Type.Integer(),
    accepted: Type.Integer({ description: 'Rows that are outcomes of predictions of this endpoint.' }),
    refused: Type.Record(Type.String(), Type.Integer(), {
      description:
        'Rows that are none, by reason: no_label, not_finite (NaN or an infinity), unreadable (no prediction id of this server, or no key and time), unreadable_time (what stands there is no time), unreadable_row (no whole number from 0), foreign (of another endpoint), shadow (of an answer that nobody got), late (after the label delay of the monitor).',
    }),
    warnings: Type.Array(Type.String(), {
      description:
        'What looks wrong in rows that were taken: labels of another type than most, labels that outcomes of before do not have, times in the future, times of observation that cannot be read or lie before the prediction, rows beyond those of the prediction, predictions of which nothing is recorded.',
    }),
    known: Type.Boolean({
      description: 'The same table with the same columns was added before: nothing was written.',
    }),
    received_at: Millis('When it arrived.'),
    created_by: Type.String(),
  },
  { description: 'Outcomes that arrived as a table.' },
);
export type OutcomeTable = Static<typeof OutcomeTable>;

export const Coverage = Type.Object(
  {
    items: Type.Array(
      Type.Object({
        from: Millis('Start of the window.'),
        to: Millis('Its end.'),
        rows: Type.Integer({
          description: 'Rows that were answered in the window and recorded; shadows are not counted.',
        }),
        labelled: Type.Integer({ description: 'Of them, with an outcome.' }),
        coverage: Type.Number({ description: 'labelled / rows, 0 to 1.' }),
        delay: Type.Optional(
          Type.Object(
            {
              p50_ms: Type.Number(),
              p90_ms: Type.Number(),
              p99_ms: Type.Number(),
              max_ms: Type.Number(),
            },
            {
              description:
                'From the answer to its first outcome. Of a window that still waits for outcomes it is of the early ones alone.',
            },
          ),
        ),
      }),
      { description: 'Windows with recorded predictions, oldest first.' },
    ),
    notes: Type.Array(Type.String(), { description: 'What is missing in it.' }),
  },
  { description: 'How many predictions have their outcome, window by window, and how long that took.' },
);
export type Coverage = Static<typeof Coverage>;

const Metric = Type.String({
  minLength: 1,
  maxLength: 40,
  description: 'A metric of evaluations: auc, accuracy, rmse …; by the kind of model unless said.',
});
export const TASKS = ['binary', 'regression', 'classes', 'multilabel', 'forecast', 'ranking'] as const;
const ScoredAs = Type.Union(
  [
    Type.Literal('binary'),
    Type.Literal('regression'),
    Type.Literal('classes'),
    Type.Literal('multilabel'),
    Type.Literal('forecast'),
    Type.Literal('ranking'),
  ],
  {
    description:
      'What the model does; told from its answers and outcomes unless said. multilabel: outcomes are lists of 0 and 1, one for each value of a row of the answer; forecast: lists of numbers, one for each horizon, null where it is not known; ranking, which is never guessed: the rows of a prediction are one list, and outcomes are relevances of 0 or more.',
  },
);

/** Stands in the name of a column that is made from another: `in_note · words`. */
export const DERIVED = ' · ';

export const COLUMN_KINDS = ['numbers', 'categories', 'text', 'image', 'vector'] as const;
export const ColumnKind = Type.Union(
  [
    Type.Literal('numbers'),
    Type.Literal('categories'),
    Type.Literal('text'),
    Type.Literal('image'),
    Type.Literal('vector'),
  ],
  {
    description:
      'numbers: each value of a tensor is a column; categories: values are told apart and counted; of the others columns are made that are watched (`in_note · words`). text: length, characters, words, language; image, as a tensor or as the bytes of a file: brightness, contrast, sharpness, means of channels; vector: its norm, where it lies along the directions in which the reference differs most, and how far from them.',
  },
);
export type ColumnKind = Static<typeof ColumnKind>;

export const MonitorSettings = Strict({
  window_ms: Type.Optional(
    Type.Integer({
      minimum: 1_000,
      maximum: 31 * 86_400_000,
      description:
        'Length of a window, ms; a day unless said. Windows begin at its multiples since 1970, UTC.',
    }),
  ),
  stands_for_ms: Type.Optional(
    Type.Integer({
      minimum: 1_000,
      maximum: 31 * 86_400_000,
      description:
        'How much time of the data a window holds where another clock goes in it than here, ms: a day in two seconds, where the past is played again. The reference is cut into windows of this length; window_ms unless said. Alarms a year are those of our own time.',
    }),
  ),
  label_delay_ms: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 366 * 86_400_000,
      description:
        'How long after a prediction its outcome is waited for, ms; a day unless said. Later ones are refused, and a window is scored so long after its end.',
    }),
  ),
  metric: Type.Optional(Metric),
  score: Type.Optional(
    Type.String({
      pattern: '^out_.{1,300}$',
      description:
        'Column of the prediction log that is scored: `out_probabilities[1]`; of several labels or horizons the tensor: `out_y`; the only one that can be unless said.',
    }),
  ),
  task: Type.Optional(ScoredAs),
  slices: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 300 }), {
      maxItems: 50,
      description:
        'Columns of the prediction log whose values are scored apart: `in_origin`; those with at most 20 values unless said.',
    }),
  ),
  ignore: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 300 }), {
      maxItems: 1000,
      description: 'Columns of the prediction log that are not watched: `in_id`.',
    }),
  ),
  kinds: Type.Optional(
    Type.Record(Type.String({ minLength: 1, maxLength: 300 }), ColumnKind, {
      maxProperties: 1000,
      description:
        'What columns of the prediction log hold, where their values would be taken for something else, a tensor by its name: {"in_note": "text", "in_x": "vector"}.',
    }),
  ),
  reference: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 5000,
      description:
        'What windows are compared with: a dataset ref with a file of it where it has several. Unless said: what the version was trained on, as its lineage tells, then what it was judged on by its newest evaluation, and for columns that are not in there its own first windows.',
    }),
  ),
  first_windows: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 100,
      description:
        'How many first windows of a version are a reference; 3 unless said, and 8 for what it answers.',
    }),
  ),
  owner: Type.Optional(
    Type.String({ minLength: 1, maxLength: 200, description: 'Who looks after its alerts.' }),
  ),
  runbook: Type.Optional(
    Type.String({
      pattern: '^https?://[^\\s]+$',
      maxLength: 2000,
      description: 'Where it stands what to do about its alerts.',
    }),
  ),
});
export type MonitorSettings = Static<typeof MonitorSettings>;

export const SignalState = Type.Union(
  [
    Type.Literal('ok'),
    Type.Literal('alert'),
    Type.Literal('no_data'),
    Type.Literal('no_labels'),
    Type.Literal('no_reference'),
    Type.Literal('not_recorded'),
    Type.Literal('failed'),
  ],
  {
    description:
      'ok; alert; no_data: too few rows to say; no_labels: no outcome has arrived; no_reference: there is nothing to compare with yet; not_recorded: the endpoint drops the column, or changed in the window how it is recorded; failed: this column could not be read.',
  },
);
export type SignalState = Static<typeof SignalState>;

export const Signal = Type.Object(
  {
    signal: Type.Union(
      [
        Type.Literal('volume'),
        Type.Literal('columns'),
        Type.Literal('missing'),
        Type.Literal('misfit'),
        Type.Literal('unseen'),
        Type.Literal('infinite'),
        Type.Literal('range'),
        Type.Literal('constant'),
        Type.Literal('unit'),
        Type.Literal('freshness'),
        Type.Literal('skew'),
        Type.Literal('drift'),
        Type.Literal('coverage'),
        Type.Literal('performance'),
        Type.Literal('slices'),
        Type.Literal('estimated'),
        Type.Literal('labels'),
        Type.Literal('latency'),
        Type.Literal('throughput'),
        Type.Literal('errors'),
        Type.Literal('queue'),
      ],
      {
        description:
          'volume: rows that were answered; columns: absent and unexpected ones; missing, misfit, unseen, infinite: share of rows without a value, with a value of another type, with a category that the reference never or rarely had, with an infinite number; range: share outside of what the reference has; constant: one value throughout; unit: share that looks as if in another unit; freshness: age of the newest row when the window ends, ms; skew: columns that were otherwise than in the reference from the first window on; drift: of a column its population stability index, without one the evidence of all columns and windows so far, in multiples of what an alarm needs; coverage: share of rows with an outcome; performance: the metric on these, with what all outcomes so far say of harm; slices: how many values of columns are answered worse than the rest; estimated: what the metric will be once outcomes arrive; labels: the population stability index of outcomes beside the label that the version learnt from; latency: what 99 of 100 answers took at most, ms; throughput: requests a second; errors: share of requests that failed, or were refused; queue: how long answers waited for the model on average, ms.',
      },
    ),
    column: Type.Optional(Type.String({ description: 'As the prediction log calls it.' })),
    value: Type.Optional(Type.Number()),
    state: SignalState,
    reason: Type.String({ description: 'In a sentence.' }),
    evidence: Type.Record(Type.String(), Type.Unknown(), {
      description: 'The figures behind it: counts, test, p, level, interval, binning, smoothing.',
    }),
  },
  { description: 'A statistic over a window.' },
);
export type Signal = Static<typeof Signal>;

export const MonitorWindow = Type.Object({
  from: Millis('Start of the window.'),
  to: Millis('Its end.'),
  stands_for_ms: Type.Optional(
    Type.Integer({ description: 'What time it stands for, where the past is played again.' }),
  ),
  state: SignalState,
  rows: Type.Integer({ description: 'Rows of the version that answered as primary last in the window.' }),
  model: Type.Optional(Type.String()),
  version: Type.Optional(Type.Integer()),
  problem: Type.Optional(Type.String({ description: 'Why it could not be looked at.' })),
  looked_at: Millis('When it was looked at.'),
  scored_at: Type.Optional(Millis('When the outcomes were waited for, and its answers scored.')),
  signals: Type.Array(Signal),
});
export type MonitorWindow = Static<typeof MonitorWindow>;

export const Monitor = Type.Object(
  {
    ref: Type.String({ description: 'Its name in the ledger: `monitor:<id>`.' }),
    id: Type.String(),
    endpoint: EndpointName,
    window_ms: Type.Integer(),
    label_delay_ms: Type.Integer(),
    settings: MonitorSettings,
    created_at: Millis('When it was set first.'),
    updated_at: Millis('When it was last changed.'),
    created_by: Type.String(),
    next_at: Millis('When the window that goes on is over.'),
    overdue_since: Type.Optional(
      Millis('Since when a window should have been looked at and was not: the monitor does not run.'),
    ),
    feedback: Type.Optional(
      Type.Object(
        { useful: Type.Integer(), noise: Type.Integer() },
        { description: 'What people said of its alerts.' },
      ),
    ),
    latest: Type.Optional(MonitorWindow),
  },
  {
    description:
      'A watch on an endpoint: what it was asked and answered, window by window, against a reference.',
  },
);
export type Monitor = Static<typeof Monitor>;

export const AlertState = Type.Union(
  [
    Type.Literal('pending'),
    Type.Literal('firing'),
    Type.Literal('acknowledged'),
    Type.Literal('silenced'),
    Type.Literal('resolved'),
  ],
  {
    description:
      'pending: a window says so, and one may be chance; firing: enough in a row do; acknowledged: somebody looks after it; silenced: nobody wants to hear of it for a time; resolved: enough windows in a row say no more of it.',
  },
);
export type AlertState = Static<typeof AlertState>;
/** For whoever lets people choose one. */
export const ALERT_STATES = [
  'pending',
  'firing',
  'acknowledged',
  'silenced',
  'resolved',
] as const satisfies readonly AlertState[];

export const AlertCause = Type.Union(
  [
    Type.Literal('data'),
    Type.Literal('skew'),
    Type.Literal('drift'),
    Type.Literal('performance'),
    Type.Literal('service'),
    Type.Literal('volume'),
    Type.Literal('labels'),
    Type.Literal('monitor'),
    Type.Literal('external'),
  ],
  {
    description:
      'data: columns are broken; skew: columns have been otherwise than in training since the version began to answer; drift: columns have moved since, and are neither; performance: the metric is worse than when the version was judged; service: more requests fail, or more answers are slow, than in the first days of the version; volume: far fewer or more rows than usual, or none; labels: outcomes have stopped, or are others than the version learnt from; monitor: windows or columns cannot be looked at, or nobody looks at them; external: what Alertmanager told.',
  },
);
export type AlertCause = Static<typeof AlertCause>;
/** For whoever lets people choose one. */
export const ALERT_CAUSES = [
  'performance',
  'data',
  'skew',
  'drift',
  'service',
  'volume',
  'labels',
  'monitor',
  'external',
] as const satisfies readonly AlertCause[];

export const AlertFeedback = Type.Union([Type.Literal('useful'), Type.Literal('noise')], {
  description: 'What people say of it: whether it was worth being told.',
});
export type AlertFeedback = Static<typeof AlertFeedback>;

export const Alert = Type.Object(
  {
    ref: Type.String({ description: 'Its name in the ledger: `alert:<id>`.' }),
    id: Type.String(),
    endpoint: Type.String(),
    model: Type.Optional(Type.String()),
    version: Type.Optional(Type.Integer({ description: 'The version that answered when it began.' })),
    cause: AlertCause,
    severity: Type.Union([Type.Literal('page'), Type.Literal('ticket')], {
      description: 'page: answers are worse; ticket: something is to be looked at.',
    }),
    state: AlertState,
    summary: Type.String({ description: 'What its newest bad window says, in a sentence.' }),
    members: Type.Array(Type.String(), { description: 'Columns that are concerned.' }),
    first_window: Millis('Start of the first window that said so.'),
    last_window: Millis('Start of the last one that did.'),
    opened_at: Millis('When it was first said.'),
    fired_at: Type.Optional(Millis('When it fired first.')),
    silenced_until: Type.Optional(Millis('End of its silence.')),
    resolved_at: Type.Optional(Millis('When it was resolved.')),
    owner: Type.Optional(Type.String({ description: 'Who looks after such alerts.' })),
    runbook: Type.Optional(Type.String({ description: 'Where it stands what to do.' })),
    feedback: Type.Optional(AlertFeedback),
    updated_at: Millis('When something last happened to it.'),
  },
  { description: 'An incident with a life: all that one cause makes of one endpoint.' },
);
export type Alert = Static<typeof Alert>;

export const AlertDetail = Type.Intersect([
  Alert,
  Type.Object({
    transitions: Type.Array(
      Type.Object({
        state: AlertState,
        at: Millis('When.'),
        by: Type.Optional(Type.String({ description: 'Who, where it was a person.' })),
        note: Type.Optional(Type.String()),
      }),
      { description: 'Its life, oldest first.' },
    ),
  }),
]);
export type AlertDetail = Static<typeof AlertDetail>;

const Cells = Type.Record(Type.String(), Type.Union([Type.Number(), Type.String(), Type.Null()]));

export const AlertReport = Type.Object(
  {
    alert: Type.String({ description: 'Id of the alert.' }),
    made_at: Millis('When it was made.'),
    sha256: Type.String({ description: 'Of the report as it is stored; the ledger has it, too.' }),
    endpoint: Type.String(),
    model: Type.Optional(Type.String()),
    version: Type.Optional(Type.Integer()),
    cause: AlertCause,
    severity: Type.Union([Type.Literal('page'), Type.Literal('ticket')]),
    summary: Type.String(),
    since: Type.Object(
      {
        at: Millis('When the change began.'),
        low: Type.Optional(Millis('No earlier, with 90 %.')),
        high: Type.Optional(Millis('No later, with 90 %.')),
        words: Type.String(),
      },
      { description: 'Since when.' },
    ),
    until: Millis('End of the last window that it is about.'),
    extent: Type.Array(
      Type.Object({
        name: Type.String(),
        words: Type.String(),
        value: Type.Optional(Type.Number()),
        before: Type.Optional(Type.Number()),
      }),
      { description: 'How bad it is.' },
    ),
    parts: Type.Optional(
      Type.Object(
        {
          before: Type.Number({ description: 'Mean loss before the change.' }),
          now: Type.Number({ description: 'And since.' }),
          mix: Type.Number({ description: 'Of the difference: other rows are asked.' }),
          labels: Type.Number({ description: 'Outcomes are another share, beyond that.' }),
          concept: Type.Number({ description: 'The rest: equal rows come out otherwise.' }),
          rows_before: Type.Integer(),
          rows_now: Type.Integer(),
          effective: Type.Number({
            description:
              'Rows of before that are as good as these once they are weighted to look like now; few make the parts uncertain.',
          }),
          words: Type.String(),
        },
        { description: 'What changed: the difference of the mean loss in three parts that add up to it.' },
      ),
    ),
    causes: Type.Array(
      Type.Object({
        kind: Type.String({ description: 'The signal that says so: unit, missing, drift, deploy …' }),
        column: Type.Optional(Type.String()),
        words: Type.String(),
        share: Type.Number({ description: 'Of rows that it concerns, 0 to 1.' }),
        moved: Type.Optional(Type.Number({ description: 'Share of rows that lie in other bins.' })),
        loss_effect: Type.Optional(
          Type.Number({ description: 'What this change alone would have done to the mean loss.' }),
        ),
        score_effect: Type.Optional(
          Type.Number({ description: 'And to the mean answer, in standard deviations.' }),
        ),
      }),
      { description: 'Likely causes, the likeliest first.' },
    ),
    slices: Type.Array(
      Type.Object({
        column: Type.String(),
        value: Type.Union([Type.String(), Type.Null()]),
        rows: Type.Integer(),
        loss: Type.Number(),
        others: Type.Number({ description: 'Mean loss of all other rows.' }),
      }),
      { description: 'Where the model errs most, value by value.' },
    ),
    samples: Type.Array(
      Type.Object({
        prediction: Type.String(),
        time: Type.Number(),
        odds: Type.Number({ description: 'How many times likelier such a row is now.' }),
        now: Cells,
        nearest: Cells,
        distance: Type.Number({ description: 'Standard deviations a column.' }),
      }),
      { description: 'Rows that are most of now, each beside the nearest row of before.' },
    ),
    separable: Type.Optional(
      Type.Number({
        description: 'How well rows of now are told from those of before: 0.5 not at all, 1 always.',
      }),
    ),
    apart: Type.Optional(
      Type.Array(
        Type.Object({
          column: Type.String(),
          auc: Type.Number({ description: 'As `separable`, of this column alone.' }),
          low: Type.Number({ description: 'Its interval, with 95 %.' }),
          high: Type.Number(),
          rows: Type.Integer({ description: 'Values of both sides that were judged.' }),
          words: Type.Optional(
            Type.Object({
              now: Type.Array(Type.String()),
              before: Type.Array(Type.String()),
            }),
          ),
        }),
        {
          description:
            'How well texts and embeddings of now are told from those of before, by a classifier that is judged on values that it did not learn from; of texts the words that say so.',
        },
      ),
    ),
    timeline: Type.Array(
      Type.Object({
        at: Millis('When.'),
        kind: Type.Union([Type.Literal('deploy'), Type.Literal('data'), Type.Literal('other')]),
        words: Type.String(),
        ref: Type.String({ description: 'Its name in the ledger.' }),
        by: Type.Optional(Type.String()),
      }),
      { description: 'What was done around that time, oldest first.' },
    ),
    windows: Type.Array(
      Type.Object({
        from: Millis('Start of the window.'),
        to: Millis('Its end.'),
        state: SignalState,
        rows: Type.Integer(),
        value: Type.Optional(Type.Number()),
      }),
      { description: 'The windows around it, oldest first; `value` is what `measure` says.' },
    ),
    measure: Type.String({ description: 'What is drawn of the windows.' }),
    action: Type.Object({
      do: Type.Union(
        [
          Type.Literal('retrain'),
          Type.Literal('fix_data'),
          Type.Literal('roll_back'),
          Type.Literal('wait'),
          Type.Literal('mend'),
        ],
        { description: 'mend: something that should run does not.' },
      ),
      words: Type.String({ description: 'Why.' }),
      command: Type.Optional(Type.String()),
    }),
    notes: Type.Array(Type.String(), { description: 'What could not be told.' }),
  },
  { description: 'Why an alert fired, as it was seen then: made once, and never changed.' },
);
export type AlertReport = Static<typeof AlertReport>;

export const addOutcomes = endpoint({
  method: 'POST',
  path: '/api/v1/endpoints/:endpoint/outcomes',
  action: 'outcome:write',
  about: [named('endpoint')],
  summary: 'Tell what became of predictions: one outcome, or many',
  description:
    'Outcomes are only ever added. One that was delivered before is known; another one of the same prediction, observed later, holds from then on, and both are kept. Some may be taken and others refused; when none is taken, it is an error.',
  params: OfEndpoint,
  body: Strict({ outcomes: Type.Array(NewOutcome, { minItems: 1, maxItems: 5_000 }) }),
  response: OutcomesAdded,
  maxBody: 8 * MiB,
});

export const uploadOutcomes = endpoint({
  method: 'POST',
  path: '/api/v1/endpoints/:endpoint/outcomes/table',
  action: 'outcome:write',
  about: [named('endpoint')],
  summary: 'Add the outcomes of a CSV, JSONL or Parquet file',
  params: OfEndpoint,
  query: Strict({
    file: Type.String({
      minLength: 1,
      maxLength: 300,
      description: 'Its name; the ending says what it is: .csv, .tsv, .jsonl, .parquet.',
    }),
    ...OutcomeColumns,
  }),
  body: 'bytes',
  response: OutcomeTable,
  maxBody: 2048 * MiB,
});

export const joinOutcomes = endpoint({
  method: 'POST',
  path: '/api/v1/endpoints/:endpoint/outcomes/dataset',
  action: 'outcome:write',
  about: [named('endpoint'), { kind: 'dataset_ref', in: 'body', field: 'data', verb: 'read' }],
  summary: 'Add the outcomes of a dataset version',
  params: OfEndpoint,
  body: Strict({
    data: Type.String({
      minLength: 1,
      maxLength: 5000,
      description: 'A dataset ref with a file of it where it has several: `arrivals@v4:june.parquet`.',
    }),
    ...OutcomeColumns,
  }),
  response: OutcomeTable,
});

export const listOutcomeTables = endpoint({
  method: 'GET',
  path: '/api/v1/endpoints/:endpoint/outcomes/tables',
  action: 'outcome:read',
  about: [named('endpoint')],
  summary: 'List the tables of outcomes that were added, newest first',
  params: OfEndpoint,
  query: Strict(Paging),
  response: Page(OutcomeTable),
});

export const getCoverage = endpoint({
  method: 'GET',
  path: '/api/v1/endpoints/:endpoint/outcomes/coverage',
  action: 'outcome:read',
  about: [named('endpoint')],
  summary: 'Show how many predictions have their outcome, window by window, and how long that took',
  params: OfEndpoint,
  query: Strict({
    from: Type.Optional(
      Millis('Predictions answered at this time or later; 7 days before `to` unless said.'),
    ),
    to: Type.Optional(Millis('And before this time; now unless said.')),
    window: Type.Optional(
      Type.Integer({
        minimum: 1_000,
        maximum: 31 * 86_400_000,
        description:
          'Length of a window, ms; a day unless said. Windows begin at its multiples since 1970, UTC.',
      }),
    ),
  }),
  response: Coverage,
});

export const setMonitor = endpoint({
  method: 'PUT',
  path: '/api/v1/endpoints/:endpoint/monitor',
  action: 'monitor:write',
  about: [
    named('endpoint'),
    { kind: 'dataset_ref', in: 'body', field: 'reference', verb: 'read', optional: true },
  ],
  summary: 'Watch an endpoint, or change how it is watched',
  description:
    'What is not said is as it is by default. Another length of windows begins anew: windows that were looked at stay and are not compared with.',
  params: OfEndpoint,
  body: MonitorSettings,
  response: Monitor,
});

export const getMonitor = endpoint({
  method: 'GET',
  path: '/api/v1/endpoints/:endpoint/monitor',
  action: 'monitor:read',
  about: [named('endpoint')],
  summary: 'Show how an endpoint is watched, with its newest window',
  params: OfEndpoint,
  response: Monitor,
});

export const deleteMonitor = endpoint({
  method: 'DELETE',
  path: '/api/v1/endpoints/:endpoint/monitor',
  action: 'monitor:write',
  about: [named('endpoint')],
  summary: 'Watch an endpoint no longer; its windows go with it, its ledger entries stay',
  params: OfEndpoint,
  response: Type.Object({}),
});

export const listWindows = endpoint({
  method: 'GET',
  path: '/api/v1/endpoints/:endpoint/monitor/windows',
  action: 'monitor:read',
  about: [named('endpoint')],
  summary: 'List the windows of a monitor with their signals, newest first',
  params: OfEndpoint,
  query: Strict({
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 100, description: 'At most 100; 20 unless said.' }),
    ),
    whole: Type.Optional(
      Type.Boolean({
        description:
          'Only the signals of windows as a whole: a hundred windows of a hundred columns are much to carry.',
      }),
    ),
    page: Paging.page,
  }),
  response: Page(MonitorWindow),
});

export const exportMonitoring = endpoint({
  method: 'GET',
  path: '/api/v1/monitoring/export',
  action: 'monitor:read',
  summary: 'Rules for Prometheus, dashboards for Grafana, and how Alertmanager tells this server',
  query: Strict({
    target: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9.:\\[\\]-]{1,300}$',
        description: 'Where Prometheus finds the server: host:port; 127.0.0.1:5000 unless said.',
      }),
    ),
    runbook: Type.Optional(
      Type.String({
        maxLength: 1000,
        description: 'Address of the page that rules link to; #rule is added.',
      }),
    ),
  }),
  response: Type.Object({
    files: Type.Array(Type.Object({ path: Type.String(), text: Type.String() }), {
      description: 'Files of one folder.',
    }),
  }),
});

const OfAlert = Strict({
  alert: Type.String({ pattern: '^[0-9a-f]{32}$', description: 'Id of an alert, 32 hex digits.' }),
});

export const listAlerts = endpoint({
  method: 'GET',
  path: '/api/v1/alerts',
  action: 'alert:read',
  summary: 'List alerts, newest first',
  query: Strict({
    endpoint: Type.Optional(EndpointName),
    state: Type.Optional(AlertState),
    cause: Type.Optional(AlertCause),
    severity: Type.Optional(Type.Union([Type.Literal('page'), Type.Literal('ticket')])),
    open: Type.Optional(Type.Boolean({ description: 'Only those that are not resolved.' })),
    ...Paging,
  }),
  response: Page(Alert),
});

export const getAlert = endpoint({
  method: 'GET',
  path: '/api/v1/alerts/:alert',
  action: 'alert:read',
  summary: 'Show an alert with its whole life',
  params: OfAlert,
  response: AlertDetail,
});

export const getReport = endpoint({
  method: 'GET',
  path: '/api/v1/alerts/:alert/report',
  action: 'alert:read',
  summary: 'Show why an alert fired: the report that was made then',
  params: OfAlert,
  response: AlertReport,
});

export const acknowledgeAlert = endpoint({
  method: 'POST',
  path: '/api/v1/alerts/:alert/acknowledge',
  action: 'alert:write',
  summary: 'Acknowledge an alert: somebody looks after it',
  params: OfAlert,
  body: Strict({
    note: Type.Optional(
      Type.String({ maxLength: 2000, description: 'What is being done; kept in the ledger.' }),
    ),
  }),
  response: AlertDetail,
});

export const updateAlert = endpoint({
  method: 'PATCH',
  path: '/api/v1/alerts/:alert',
  action: 'alert:write',
  summary: 'Say who looks after an alert, or whether it was worth being told',
  params: OfAlert,
  body: Strict({
    owner: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    feedback: Type.Optional(AlertFeedback),
  }),
  response: AlertDetail,
});

export const AlertmanagerMessage = Type.Object(
  {
    version: Type.Literal('4'),
    alerts: Type.Array(
      Type.Object({
        status: Type.Union([Type.Literal('firing'), Type.Literal('resolved')]),
        labels: Type.Record(Type.String(), Type.String()),
        annotations: Type.Record(Type.String(), Type.String()),
        startsAt: Type.String({ maxLength: 100 }),
        fingerprint: Type.String({ pattern: '^[0-9a-f]{1,64}$' }),
      }),
      { maxItems: 1000 },
    ),
  },
  { description: 'What Alertmanager sends to a webhook, version 4; of it, what is read here.' },
);

export const AlertmanagerTaken = Type.Object({
  accepted: Type.Integer(),
  ignored: Type.Array(Type.Object({ fingerprint: Type.String(), why: Type.String() })),
});
export type AlertmanagerTaken = Static<typeof AlertmanagerTaken>;

export const receiveAlertmanager = endpoint({
  method: 'POST',
  path: '/api/v1/alerts/alertmanager',
  action: 'alert:write',
  summary: 'For a webhook of Alertmanager: its alerts that name an endpoint become alerts here',
  body: AlertmanagerMessage,
  response: AlertmanagerTaken,
});

export const silenceAlert = endpoint({
  method: 'POST',
  path: '/api/v1/alerts/:alert/silence',
  action: 'alert:write',
  summary: 'Silence an alert for a time; then it fires again, unless it is resolved by then',
  params: OfAlert,
  body: Strict({
    until: Millis('End of the silence.'),
    reason: Type.String({ minLength: 1, maxLength: 2000, description: 'Why; kept in the ledger.' }),
  }),
  response: AlertDetail,
});

export const unsilenceAlert = endpoint({
  method: 'POST',
  path: '/api/v1/alerts/:alert/unsilence',
  action: 'alert:write',
  summary: 'End a silence before its time: the alert fires again',
  params: OfAlert,
  body: Strict({
    reason: Type.Optional(Type.String({ maxLength: 2000, description: 'Why; kept in the ledger.' })),
  }),
  response: AlertDetail,
});
