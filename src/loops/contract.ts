// The one statement of the room's nouns and endpoints.
import { Type, type Static } from 'typebox';
import { Dictionary, endpoint, Millis, Page, Strict } from '../platform/http/contract.ts';
import { EndpointName } from '../serving/contract.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const Name = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$',
  description: 'Letters, digits, dot, dash and underscore; begins with a letter or digit; 100 at most.',
});
const Duration = (most: number, description: string) =>
  Type.Integer({ minimum: 0, maximum: most, description: `${description} Milliseconds.` });

export const TriggerKind = Type.Union(
  [
    Type.Literal('daily'),
    Type.Literal('weekly'),
    Type.Literal('monthly'),
    Type.Literal('cron'),
    Type.Literal('data'),
    Type.Literal('performance'),
    Type.Literal('drift'),
    Type.Literal('push'),
  ],
  {
    description:
      'daily, weekly, monthly, cron: at times; data: new data alone; performance: answers are worse than when the version was judged; drift: columns have moved, which is no harm by itself; push: somebody pushed to Git. By hand it can always be turned.',
  },
);
export type TriggerKind = Static<typeof TriggerKind>;

export const CatchUp = Type.Union([Type.Literal('none'), Type.Literal('last'), Type.Literal('all')], {
  description:
    'What becomes of times at which no server ran: none: left out, and said so; last: the last one is made up for; all: each is. last unless said.',
});
export type CatchUp = Static<typeof CatchUp>;

export const Trigger = Strict(
  {
    kind: TriggerKind,
    at: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 200,
        description:
          'daily: `03:00`; weekly: `Mon 03:00`; monthly: `1 03:00`, or `last 03:00`; cron: five fields, `0 3 * * 1-5`.',
      }),
    ),
    time_zone: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 100,
        description: 'IANA name: Europe/Berlin; UTC unless said.',
      }),
    ),
    catch_up: Type.Optional(CatchUp),
    data: Type.Optional(
      Type.String({ minLength: 1, maxLength: 300, description: 'The dataset and its branch: flights@main.' }),
    ),
    rows: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1e12,
        description: 'It has at least so many rows more than what was trained on last.',
      }),
    ),
    percent: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 1e6,
        description: 'It has grown by at least so many percent.',
      }),
    ),
    debounce_ms: Type.Optional(
      Duration(
        7 * DAY,
        'Nothing newer must have come for so long: what arrives in pieces turns it once; a minute unless said.',
      ),
    ),
    branch: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 200,
        description: 'The branch that is pushed to; main unless said.',
      }),
    ),
  },
  { description: 'What makes a loop turn. Fields belong to kinds: what does not is refused by name.' },
);
export type Trigger = Static<typeof Trigger>;

export const LoopSettings = Strict({
  pipeline: { ...Name, description: 'The pipeline that is run.' },
  endpoint: Type.Optional({
    ...EndpointName,
    description: 'Where the model answers: its alerts are heard. That of `deploy:` of the file unless said.',
  }),
  triggers: Type.Array(Trigger, { maxItems: 20 }),
  params: Type.Optional(
    Dictionary(
      Type.String({ maxLength: 63 }),
      Type.Union([Type.String({ maxLength: 20_000 }), Type.Number(), Type.Boolean()]),
      {
        description: 'Parameters that replace those of the file.',
      },
    ),
  ),
  cooldown_ms: Type.Optional(
    Duration(90 * DAY, 'After one training began the next one begins no earlier; an hour unless said.'),
  ),
  budget: Type.Optional(
    Strict(
      {
        runs: Type.Integer({ minimum: 1, maximum: 1000 }),
        per: Type.Union([Type.Literal('day'), Type.Literal('week'), Type.Literal('month')], {
          description: 'The last 24 hours, 7 days or 30 days.',
        }),
      },
      { description: 'Most trainings in a time; 4 a day unless said.' },
    ),
  ),
  back_off_ms: Type.Optional(
    Duration(
      DAY,
      'After a failure the next one waits so long, twice as long after each further one, a day at most; ten minutes unless said.',
    ),
  ),
  rejections: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 100,
      description: 'After so many candidates in a row that did not hold, people are asked; 3 unless said.',
    }),
  ),
});
export type LoopSettings = Static<typeof LoopSettings>;

export const LoopState = Type.Union(
  [Type.Literal('active'), Type.Literal('paused'), Type.Literal('needs_people')],
  {
    description:
      'active; paused: somebody paused it; needs_people: retraining does not mend it, and nothing turns by itself until somebody resumes it.',
  },
);
export type LoopState = Static<typeof LoopState>;

export const TurnState = Type.Union(
  [
    Type.Literal('triggered'),
    Type.Literal('waiting'),
    Type.Literal('training'),
    Type.Literal('judging'),
    Type.Literal('rolling_out'),
    Type.Literal('promoted'),
    Type.Literal('trained'),
    Type.Literal('rejected'),
    Type.Literal('rolled_back'),
    Type.Literal('held'),
    Type.Literal('failed'),
    Type.Literal('cancelled'),
    Type.Literal('no_op'),
    Type.Literal('skipped'),
  ],
  {
    description:
      'triggered; waiting: a guard rail holds it for now; training: the pipeline runs; judging: the gate; rolling_out; promoted: all that the file asks for is done; trained: registered, and the file asks for no more; rejected: the gate did not let it pass, or could not decide (code inconclusive), and the champion stays; rolled_back: it was taken back while it was rolled out; held: a person had taken the version away; failed; cancelled; no_op: the same data, code and parameters were trained before; skipped: `code` and `reason` say why.',
  },
);
export type TurnState = Static<typeof TurnState>;
/** For whoever lets people choose one. */
export const TURN_STATES = [
  'triggered',
  'waiting',
  'training',
  'judging',
  'rolling_out',
  'promoted',
  'trained',
  'rejected',
  'rolled_back',
  'held',
  'failed',
  'cancelled',
  'no_op',
  'skipped',
] as const satisfies readonly TurnState[];

export const SKIPS = [
  'paused',
  'needs-people',
  'data-alert',
  'under-way',
  'cooldown',
  'budget',
  'back-off',
  'code',
  'missed',
  'over',
  'superseded',
  'dry-run',
] as const;

export const Turn = Type.Object(
  {
    ref: Type.String({ description: 'Its name in the ledger: `loop_turn:<id>`.' }),
    id: Type.String(),
    loop: Name,
    model: Type.Optional(Type.String()),
    state: TurnState,
    trigger: Type.String({
      description: 'What turned it, as the loop names it: `daily 03:00 UTC`, `manual`.',
    }),
    kind: Type.String({ description: 'Kind of the trigger, or manual.' }),
    planned_for: Type.Optional(Millis('The time of the schedule that it stands for.')),
    cause: Type.String({ description: 'Why, in a sentence.' }),
    cause_ref: Type.Optional(Type.String({ description: 'What it came from: an alert, a dataset version.' })),
    code: Type.Optional(
      Type.String({
        description: `Of one that waits or was skipped: ${SKIPS.join(', ')}. Of one that was rejected because the gate could not decide, so that the champion stays: inconclusive.`,
      }),
    ),
    reason: Type.Optional(Type.String({ description: 'Why it stands as it does, in a sentence.' })),
    not_before: Type.Optional(Millis('Of one that waits: when it is looked at again at the latest.')),
    dry_run: Type.Boolean({ description: 'Nothing is started: what would be done is said.' }),
    key: Type.Optional(
      Type.String({ description: 'SHA-256 over trigger, data, code and parameters: what it would do.' }),
    ),
    execution: Type.Optional(Type.Object({ id: Type.String(), number: Type.Integer() })),
    release: Type.Optional(Type.String({ description: 'Id of the release that followed.' })),
    version: Type.Optional(Type.Integer({ description: 'The version that was registered.' })),
    created_at: Millis('When it was triggered.'),
    created_by: Type.String(),
    started_at: Type.Optional(Millis('When training was asked for.')),
    updated_at: Millis('When it last came to another state.'),
    ended_at: Type.Optional(Millis('When it ended.')),
  },
  { description: 'One turn of a loop: what triggered it, what was made of it, and why.' },
);
export type Turn = Static<typeof Turn>;

export const TurnDetail = Type.Intersect([
  Turn,
  Type.Object({
    transitions: Type.Array(
      Type.Object({ state: TurnState, at: Millis('When.'), note: Type.Optional(Type.String()) }),
      { description: 'In their order.' },
    ),
  }),
]);
export type TurnDetail = Static<typeof TurnDetail>;

const ShownTrigger = Type.Object({
  name: Type.String({ description: 'As turns name it.' }),
  trigger: Trigger,
  next: Type.Array(Millis('A time at which it turns.'), { description: 'The next five, of a schedule.' }),
  doubts: Type.Array(Type.String(), { description: 'What should be known of it.' }),
  standing: Type.Optional(
    Type.String({ description: 'Where it stands now, of one that waits for something: rows so far.' }),
  ),
});
export type ShownTrigger = Static<typeof ShownTrigger>;

export const Loop = Type.Object(
  {
    ref: Type.String({ description: 'Its name in the ledger: `loop:<id>`.' }),
    id: Type.String(),
    name: Name,
    model: Type.Optional(
      Type.String({ description: 'The model that the pipeline makes, once it is known.' }),
    ),
    endpoint: Type.Optional(Type.String({ description: 'Whose alerts it hears.' })),
    state: LoopState,
    reason: Type.Optional(Type.String({ description: 'Why it is paused, or why people are asked.' })),
    since: Millis('Since when it is in this state.'),
    by: Type.String({ description: 'Who brought it there.' }),
    settings: LoopSettings,
    from_file: Type.Boolean({ description: '`loop:` of treadle.yaml said it last; a person did otherwise.' }),
    hook: Type.Boolean({ description: 'It has a secret, and hears pushes.' }),
    rejected: Type.Integer({ description: 'Candidates in a row that did not hold.' }),
    failed: Type.Integer({ description: 'Failures in a row.' }),
    next_at: Type.Optional(Millis('The next time of any of its schedules.')),
    latest: Type.Optional(Turn),
    created_at: Millis('When it was set first.'),
    created_by: Type.String(),
    updated_at: Millis('When it was last changed.'),
  },
  { description: 'What keeps a model fresh: triggers, guard rails, and what became of each turn.' },
);
export type Loop = Static<typeof Loop>;

export const LoopDetail = Type.Intersect([
  Loop,
  Type.Object({
    triggers: Type.Array(ShownTrigger),
    blocked: Type.Optional(
      Type.String({ description: 'What would keep it from training now, in a sentence.' }),
    ),
    hook_path: Type.Optional(Type.String({ description: 'Where pushes are sent to, on this server.' })),
  }),
]);
export type LoopDetail = Static<typeof LoopDetail>;

const OfLoop = Strict({ loop: Name });
const Reason = Type.String({ minLength: 1, maxLength: 2000, description: 'Why; kept in the ledger.' });
const Paging = {
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 500, description: 'At most 500; 100 unless said.' }),
  ),
  page: Type.Optional(Type.String({ maxLength: 100 })),
};

export const listLoops = endpoint({
  method: 'GET',
  path: '/api/v1/loops',
  action: 'loop:read',
  summary: 'List loops by name, with their newest turns',
  query: Strict({
    state: Type.Optional(LoopState),
    pipeline: Type.Optional(Name),
    endpoint: Type.Optional(EndpointName),
    ...Paging,
  }),
  response: Page(Loop),
});

export const getLoop = endpoint({
  method: 'GET',
  path: '/api/v1/loops/:loop',
  action: 'loop:read',
  summary: 'Show a loop: its triggers with their next times, and what would hold it',
  params: OfLoop,
  response: LoopDetail,
});

export const setLoop = endpoint({
  method: 'PUT',
  path: '/api/v1/loops/:loop',
  action: 'loop:write',
  summary: 'Make a loop, or change it',
  description:
    'What is not said is as it is by default. A trigger that stays keeps its place: times missed meanwhile are still made up for.',
  params: OfLoop,
  body: LoopSettings,
  response: LoopDetail,
});

export const deleteLoop = endpoint({
  method: 'DELETE',
  path: '/api/v1/loops/:loop',
  action: 'loop:write',
  summary: 'Take a loop away with its turns; what is under way goes on, and its ledger entries stay',
  params: OfLoop,
  response: Type.Object({}),
});

export const previewTriggers = endpoint({
  method: 'POST',
  path: '/api/v1/loops/preview',
  action: 'loop:read',
  summary: 'Say when triggers would turn, and what should be known of them, before they are saved',
  body: Strict({ triggers: Type.Array(Trigger, { maxItems: 20 }) }),
  response: Type.Object({ triggers: Type.Array(ShownTrigger) }),
});

export const runLoop = endpoint({
  method: 'POST',
  path: '/api/v1/loops/:loop/run',
  action: 'loop:write',
  summary: 'Turn a loop by hand',
  description:
    'Cooldown, back-off and budget do not hold a person up; a training that is under way, broken data and nothing to do still do, unless `force`.',
  params: OfLoop,
  body: Strict({
    reason: Reason,
    dry_run: Type.Optional(Type.Boolean({ description: 'Say what would be done, and start nothing.' })),
    force: Type.Optional(
      Type.Boolean({ description: 'Train in spite of broken data, and of nothing being new.' }),
    ),
  }),
  response: TurnDetail,
});

export const pauseLoop = endpoint({
  method: 'POST',
  path: '/api/v1/loops/:loop/pause',
  action: 'loop:write',
  summary: 'Pause a loop: nothing turns it but a person; what is under way goes on',
  params: OfLoop,
  body: Strict({ reason: Reason }),
  response: LoopDetail,
});

export const resumeLoop = endpoint({
  method: 'POST',
  path: '/api/v1/loops/:loop/resume',
  action: 'loop:write',
  summary: 'Resume a loop that is paused or needs people',
  params: OfLoop,
  body: Strict({ reason: Type.Optional(Reason) }),
  response: LoopDetail,
});

export const makeLoopSecret = endpoint({
  method: 'POST',
  path: '/api/v1/loops/:loop/secret',
  action: 'loop:admin',
  summary: 'Make the secret by which pushes to Git are known; an earlier one ends',
  params: OfLoop,
  response: Type.Object({
    secret: Type.String({ description: '`whsec_…`: shown once.' }),
    path: Type.String({ description: 'Where the webhook sends to, on this server.' }),
  }),
});

export const hearPush = endpoint({
  method: 'POST',
  path: '/api/v1/hooks/loops/:id',
  action: 'public',
  summary: 'Hear of a push to Git, as GitHub, GitLab, Gitea and Forgejo tell of it',
  description:
    'The secret of the loop signs the body (X-Hub-Signature-256, or Standard Webhooks), or is shown (X-Gitlab-Token). A push that is told twice turns a loop once.',
  params: Strict({ id: Type.String({ pattern: '^[0-9a-f]{32}$', description: 'Id of the loop.' }) }),
  body: 'bytes',
  response: Type.Object({
    said: Type.String({ description: 'What came of it, in a sentence.' }),
    turns: Type.Array(Type.String({ description: 'Id of a turn.' })),
  }),
  maxBody: 2 * 1024 * 1024,
});

export const listTurns = endpoint({
  method: 'GET',
  path: '/api/v1/loop-turns',
  action: 'loop:read',
  summary: 'List turns of loops, newest first',
  query: Strict({
    loop: Type.Optional(Name),
    state: Type.Optional(TurnState),
    open: Type.Optional(Type.Boolean({ description: 'Only those that have not ended.' })),
    kind: Type.Optional(Type.String({ maxLength: 40 })),
    ...Paging,
  }),
  response: Page(Turn),
});

export const getTurn = endpoint({
  method: 'GET',
  path: '/api/v1/loop-turns/:turn',
  action: 'loop:read',
  summary: 'Show a turn with each step of its way',
  params: Strict({
    turn: Type.String({ pattern: '^[0-9a-f]{32}$', description: 'Id of a turn, 32 hex digits.' }),
  }),
  response: TurnDetail,
});

export const Replay = Type.Object(
  {
    loop: Name,
    endpoint: EndpointName,
    from: Millis('Begin of the first window that was replayed.'),
    to: Millis('End of the last one.'),
    windows: Type.Integer(),
    scored: Type.Integer({ description: 'Of them, with outcomes.' }),
    metric: Type.Optional(Type.String({ description: 'What the windows were scored by.' })),
    training_ms: Type.Number({ description: 'What one training takes: the median of those that ran.' }),
    ageing: Type.Optional(
      Type.Object(
        {
          per_day: Type.Number({ description: 'How the metric moves with each day of age.' }),
          error: Type.Number({ description: 'Standard error of that.' }),
          windows: Type.Integer(),
          versions: Type.Integer(),
        },
        { description: 'Absent: windows are too few to tell, and nothing is said of gains.' },
      ),
    ),
    policies: Type.Array(
      Type.Object({
        name: Type.String(),
        retrains: Type.Integer(),
        cost_ms: Type.Number({ description: 'All trainings one after the other.' }),
        age_days: Type.Number({ description: 'How old what answers would have been, on average.' }),
        gain: Type.Optional(
          Type.Object(
            { value: Type.Number(), low: Type.Number(), high: Type.Number() },
            {
              description:
                'In points of the metric on average, against what happened; positive is better. 95 % of the slope alone.',
            },
          ),
        ),
      }),
    ),
    assumptions: Type.Array(Type.String(), { description: 'What has to hold for these figures.' }),
  },
  { description: 'What policies of retraining would have cost and gained on the logged past.' },
);
export type Replay = Static<typeof Replay>;

export const replayLoop = endpoint({
  method: 'GET',
  path: '/api/v1/loops/:loop/replay',
  action: 'loop:read',
  summary: 'Say what each policy of retraining would have cost and gained on the logged past',
  params: OfLoop,
  query: Strict({
    days: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1000, description: 'How far back; 90 unless said.' }),
    ),
  }),
  response: Replay,
});

/** What holds where settings say nothing. */
export const DEFAULTS = {
  time_zone: 'UTC',
  catch_up: 'last',
  debounce_ms: MINUTE,
  branch: 'main',
  cooldown_ms: 60 * MINUTE,
  budget: { runs: 4, per: 'day' },
  back_off_ms: 10 * MINUTE,
  rejections: 3,
} as const;
