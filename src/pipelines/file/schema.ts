import { Type, type Static, type TSchema } from 'typebox';
import { Strict } from '../../platform/http/contract.ts';

/** What `treadle.yaml` may say. The editor's JSON Schema and the check of a file both come from this statement. */

const name = '[A-Za-z_][A-Za-z0-9_-]{0,62}';

export const Name = Type.String({
  pattern: `^${name}$`,
  description: 'a name: a letter or _, then letters, digits, _ and -; 63 characters at most',
});

const named = <T extends TSchema>(value: T, options: { description: string; minProperties?: number }) =>
  Type.Record(Type.String({ pattern: `^${name}$` }), value, { additionalProperties: false, ...options });

export const Duration = Type.String({
  pattern: '^\\d+(\\.\\d+)?(ms|s|m|h|d)$',
  description: 'a duration such as 500ms, 10s, 30m, 2h or 1d',
});

export const Size = Type.String({
  pattern: '^\\d+(\\.\\d+)?(B|KB|MB|GB|TB|KiB|MiB|GiB|TiB)$',
  description: 'a size such as 512MiB or 8GiB',
});

const RelativePath = Type.String({
  minLength: 1,
  maxLength: 500,
  pattern: '^(?!/)(?!.*(?:^|/)\\.\\.(?:/|$))[^\\u0000-\\u001f\\\\]+$',
  description: 'a path inside the project, such as train.py or lib/',
});

const Value = Type.Union([Type.String(), Type.Number(), Type.Boolean()], {
  description: 'text, a number, true or false',
});
export type Value = Static<typeof Value>;

export const RETRY_REASONS = ['exit', 'signal', 'oom', 'timeout', 'output'] as const;

const Retry = Type.Union(
  [
    Type.Integer({ minimum: 0, maximum: 20, description: 'How often a failed step is tried again.' }),
    Strict({
      times: Type.Integer({
        minimum: 0,
        maximum: 20,
        description: 'How often a failed step is tried again.',
      }),
      when: Type.Optional(
        Type.Array(
          Type.Union([
            Type.Literal('exit'),
            Type.Literal('signal'),
            Type.Literal('oom'),
            Type.Literal('timeout'),
            Type.Literal('output'),
          ]),
          {
            description:
              'For which ends: exit (an exit code), signal, oom (out of memory), timeout, output (a declared output is missing). All unless said.',
          },
        ),
      ),
      backoff: Type.Optional({
        ...Duration,
        description: 'Wait before the first retry, doubled for each further one; 1s unless said.',
      }),
    }),
  ],
  { description: 'a number of times, or {times, when, backoff}' },
);

const Cache = Type.Union(
  [
    Type.Boolean({ description: 'false runs the step every time.' }),
    Type.String({
      pattern: '^(off|on|\\d+(\\.\\d+)?(ms|s|m|h|d))$',
      description: 'off, or how long a result may be used again: 1d.',
    }),
    Strict({
      for: Type.Optional(Duration),
      salt: Type.Optional(
        Type.String({ maxLength: 200, description: 'Change it to make the step run again.' }),
      ),
    }),
  ],
  { description: 'off, on, a duration such as 1d, or {for, salt}' },
);

const EnvFile = Type.String({
  minLength: 1,
  maxLength: 500,
  description: 'requirements.txt, uv.lock (beside its pyproject.toml), or system',
});

export const Secrets = Type.Array(
  Type.String({
    pattern: '^([a-z0-9][a-z0-9-]{0,39}:)?[A-Z][A-Z0-9_]{0,63}$',
    description: 'DB_URL of the workspace, or staging:DB_URL of an environment',
  }),
  {
    description:
      'secrets that are handed over as environment variables, and hidden in logs; which value it is, and not the value, is part of the cache key. No check of a commit gets any',
  },
);

const StepDefinition = Strict(
  {
    run: Type.String({
      minLength: 1,
      maxLength: 20_000,
      description:
        'The command, read by /bin/sh. {name} stands for the path of a dataset or output, or for the value of a parameter, and says what the step needs; {{name}} is the text {name}.',
    }),
    code: Type.Optional(
      Type.Union([RelativePath, Type.Array(RelativePath)], {
        description: 'files and folders of the project that the step sees; the whole project unless said',
      }),
    ),
    out: Type.Optional(
      Type.Union(
        [RelativePath, Type.Array(RelativePath), named(RelativePath, { description: 'name: path' })],
        {
          description:
            'what the step writes: a path, a list of paths, or {name: path}; a path that ends in / is a folder',
        },
      ),
    ),
    params: Type.Optional(
      Type.Array(Name, {
        description: 'parameters the step reads by TREADLE_PARAMS without mentioning them in run',
      }),
    ),
    after: Type.Optional(
      Type.Array(Name, { description: 'steps that must end before, where no {name} says so' }),
    ),
    env: Type.Optional(EnvFile),
    variables: Type.Optional(
      Type.Record(Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]*$' }), Type.String({ maxLength: 5000 }), {
        additionalProperties: false,
        description: 'environment variables; part of the cache key, and no place for secrets',
      }),
    ),
    secrets: Type.Optional(Secrets),
    resources: Type.Optional(
      Strict(
        {
          cpu: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 4096, description: 'cores' })),
          memory: Type.Optional(Size),
          gpu: Type.Optional(Type.Integer({ minimum: 0, maximum: 64, description: 'number of GPUs' })),
        },
        { description: '{cpu, memory, gpu}' },
      ),
    ),
    timeout: Type.Optional(Duration),
    retry: Type.Optional(Retry),
    cache: Type.Optional(Cache),
  },
  { description: 'a step: {run, out, code, …}' },
);
export type StepDefinition = Static<typeof StepDefinition>;

/** Keys of coming versions: allowed, so that one file serves, and named in a warning, so that nobody relies on them. */
export const LATER = {
  watch: 'monitors watch an endpoint',
  retrain: 'what runs the pipeline again by itself stands under loop',
  'deploy.canary': 'a new version comes in steps with rollout: {steps: [5, 50]}',
  'deploy.every': 'the least time of a step is rollout: {every: 5m}',
  'deploy.rollback_if':
    'a rollout goes back by itself where errors, latency or losses are worse than those of what answers',
} as const;

const later = (what: string) =>
  Type.Optional(Type.Unknown({ description: `${what}: not run by this version` }));

const column = (description: string) => Type.String({ minLength: 1, maxLength: 500, description });
const oneOrMore = <T extends TSchema>(one: T, description: string) =>
  Type.Union([one, Type.Array(one)], { description });

const Gate = Strict(
  {
    data: Type.String({
      minLength: 1,
      maxLength: 500,
      description:
        'what it is judged on: an output (step.output), a name under data, or a file in it (name/file.parquet)',
    }),
    label: column('the column that holds the truth'),
    key: Type.Optional(
      oneOrMore(
        column('the name of a column'),
        'the columns that make a row the same row; all of them unless said',
      ),
    ),
    group: Type.Optional(
      oneOrMore(
        column('the name of a column'),
        'the columns that name the entity of a row: rows of one count together in every interval',
      ),
    ),
    time: Type.Optional(
      column(
        'a column by which every row must be later than all that training read; intervals count the correlation in its order',
      ),
    ),
    near: Type.Optional(
      Type.Union([Type.Literal('fail'), Type.Literal('report')], {
        description:
          'fail or report: what rows do that are nearly some that training read; reported unless said',
      }),
    ),
    excuse: Type.Optional(
      Type.Array(
        Strict(
          {
            path: column(
              'a file that training read, or a pattern: *.txt in any folder, docs/**, flights@v3:notes.txt',
            ),
            reason: Type.String({
              minLength: 3,
              maxLength: 500,
              description: 'why it holds no row that is judged; the proof repeats it',
            }),
          },
          { description: '{path, reason}' },
        ),
        {
          maxItems: 50,
          description: 'what cannot be compared with the rows and need not be, each with its reason',
        },
      ),
    ),
    rules: Type.Optional(
      oneOrMore(
        Type.String({ minLength: 1, maxLength: 1000, description: 'a rule such as auc >= 0.60' }),
        'rules such as auc >= 0.60, auc >= champion.auc - 0.005, p95_latency_ms < 20',
      ),
    ),
    slices: Type.Optional(
      oneOrMore(
        column('the name of a column'),
        'columns whose values are scored each by itself; found unless said',
      ),
    ),
    task: Type.Optional(
      Type.Union([Type.Literal('binary'), Type.Literal('multiclass'), Type.Literal('regression')], {
        description: 'binary, multiclass or regression; known from the label unless said',
      }),
    ),
    positive: Type.Optional({
      ...Value,
      description: 'the value of the label that counts as 1; 1 or true unless said',
    } as typeof Value),
    prediction: Type.Optional(column('the output that is scored, where the model has several')),
  },
  { description: '{data, label, key, group, time, rules, …}' },
);
export type Gate = Static<typeof Gate>;

const Rollout = Type.Union(
  [
    Type.Boolean({ description: 'true: in the steps 0.5, 5, 25 and 50 %, each for 5 minutes at least' }),
    Strict(
      {
        steps: Type.Optional(
          Type.Array(Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 100 }), {
            minItems: 1,
            maxItems: 20,
            description: 'percent of the requests, rising: [0.5, 5, 25, 50] unless said; then all',
          }),
        ),
        shadow: Type.Optional(
          Type.Integer({
            minimum: 1,
            maximum: 1_000_000_000,
            description: 'first so many copies of requests, which it answers to nobody',
          }),
        ),
        every: Type.Optional({ ...Duration, description: 'the least time of a step; 5m unless said' }),
        within: Type.Optional({
          ...Duration,
          description: 'the time in which the evidence of a step must be enough; 1d unless said',
        }),
        requests: Type.Optional(
          Type.Integer({
            minimum: 1,
            description: 'the requests of the endpoint within which it must be; any number unless said',
          }),
        ),
        undecided: Type.Optional(
          Type.Union([Type.Literal('hold'), Type.Literal('promote'), Type.Literal('rollback')], {
            description: 'hold, promote or rollback: what happens where it is not; hold unless said',
          }),
        ),
        losses: Type.Optional(
          Type.Union([Type.Literal('watch'), Type.Literal('require')], {
            description:
              'watch or require: whether outcomes must show that it is good enough, or only may show that it is worse',
          }),
        ),
      },
      { description: '{steps, shadow, every, within, requests, undecided, losses}' },
    ),
  ],
  {
    description:
      'true or {steps, every, …}: step by step beside what answers now, as far as errors, latency and outcomes let it',
  },
);

const Deploy = Strict(
  {
    endpoint: Type.String({
      pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$',
      description: 'the name of the endpoint: letters, digits, . _ and -; 100 characters at most',
    }),
    sticky: Type.Optional(
      Type.Boolean({
        description:
          'requests of one key (header X-Treadle-Key) always get the same version; true unless said',
      }),
    ),
    replace: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 256,
        description:
          'the other model that the endpoint is meant to be taken from, where its inputs are others than those of this one',
      }),
    ),
    rollout: Type.Optional(Rollout),
    canary: later(LATER['deploy.canary']),
    every: later(LATER['deploy.every']),
    rollback_if: later(LATER['deploy.rollback_if']),
  },
  { description: '{endpoint}' },
);

const Time = (example: string) =>
  Type.String({
    minLength: 1,
    maxLength: 200,
    description: `such as ${example}; the time zone stands last, and is UTC unless said`,
  });

const LoopTrigger = Type.Union(
  [
    Type.Literal('performance'),
    Type.Literal('drift'),
    Type.Literal('push'),
    Type.Literal('manual'),
    Strict({
      daily: Type.Optional(Time('03:00 Europe/Berlin')),
      weekly: Type.Optional(Time('Mon 03:00 Europe/Berlin')),
      monthly: Type.Optional(Time('1 03:00 Europe/Berlin, or last 03:00')),
      cron: Type.Optional(Time('0 3 * * 1-5 Europe/Berlin')),
      data: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: 300,
          description: 'a name under data, or a dataset and its branch: flights@main',
        }),
      ),
      push: Type.Optional(
        Type.String({ minLength: 1, maxLength: 200, description: 'the branch that is pushed to' }),
      ),
      catch_up: Type.Optional(
        Type.Union([Type.Literal('none'), Type.Literal('last'), Type.Literal('all')], {
          description:
            'what becomes of times at which no server ran: none, last or all of them are made up for; last unless said',
        }),
      ),
      rows: Type.Optional(
        Type.Integer({ minimum: 1, maximum: 1e12, description: 'with data: at least so many rows more' }),
      ),
      percent: Type.Optional(
        Type.Number({
          exclusiveMinimum: 0,
          maximum: 1e6,
          description: 'with data: at least so many percent more',
        }),
      ),
      debounce: Type.Optional(Duration),
    }),
  ],
  {
    description:
      'performance, drift, push, manual, or one of {daily: …}, {weekly: …}, {monthly: …}, {cron: …}, {data: …}, {push: …}',
  },
);

const Loop = Strict(
  {
    triggers: Type.Array(LoopTrigger, {
      maxItems: 20,
      description: 'what runs the pipeline again by itself; by hand it can always be run',
    }),
    params: Type.Optional(named(Value, { description: 'parameters that replace those above' })),
    cooldown: Type.Optional(Duration),
    budget: Type.Optional(
      Type.String({
        pattern: '^[1-9]\\d{0,2}/(day|week|month)$',
        description: 'most trainings in a time: 4/day, 10/week, 20/month; 4/day unless said',
      }),
    ),
    back_off: Type.Optional(Duration),
    rejections: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 100,
        description: 'after so many candidates in a row that did not hold, people are asked; 3 unless said',
      }),
    ),
  },
  { description: '{triggers, cooldown, budget, …}' },
);
export type LoopOfFile = Static<typeof Loop>;

const When = Strict(
  {
    dataset_proposed: Type.Optional(
      oneOrMore(
        Type.String({
          minLength: 1,
          maxLength: 300,
          description: 'a dataset that the pipeline reads, by its name under data or as flights@main',
        }),
        'a branch of a dataset is proposed for merge into the one that this pipeline reads: it runs on the proposed data',
      ),
    ),
    version_registered: Type.Optional(
      oneOrMore(
        Type.String({ minLength: 1, maxLength: 256, description: 'a registered model' }),
        'a version is registered that this pipeline did not make: its gate judges it',
      ),
    ),
  },
  {
    description: 'which changes to data and models are checked by this pipeline, as run --ci checks a commit',
  },
);
export type WhenOfFile = Static<typeof When>;

const Environments = Type.Record(
  Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,39}$' }),
  Strict(
    {
      endpoints: Type.Optional(
        Type.String({
          pattern: '^[A-Za-z0-9._-]*\\{model\\}[A-Za-z0-9._-]*$',
          maxLength: 100,
          description: 'how its endpoints are called; {model}-NAME unless said',
        }),
      ),
      models: Type.Optional(
        Type.Record(
          Type.String({ pattern: '^.{1,256}$' }),
          Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$' }),
          { additionalProperties: false, description: 'endpoints of models that are called otherwise' },
        ),
      ),
      variables: Type.Optional(
        Type.Record(Type.String({ pattern: '^[A-Z][A-Z0-9_]{0,63}$' }), Type.String({ maxLength: 2000 }), {
          additionalProperties: false,
          description: 'what differs between environments and is no secret',
        }),
      ),
      windows: Type.Optional(
        Type.Array(Type.String({ maxLength: 100 }), {
          description: 'when versions may come: mon-fri 09:00-17:00; at any time unless said',
        }),
      ),
      time_zone: Type.Optional(
        Type.String({ minLength: 1, maxLength: 64, description: 'of the windows; UTC unless said' }),
      ),
      freezes: Type.Optional(
        Type.Array(Type.String({ maxLength: 600 }), {
          maxItems: 50,
          description:
            'when none comes, and why: 2026-12-20/2027-01-03 holidays; those that were set by hand stay unless said, and [] takes them away',
        }),
      ),
      position: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: 1000,
          description: 'its place in the order; where it is, or behind all others, unless said',
        }),
      ),
      hold: Type.Optional(Duration),
      rollout: Type.Optional(Rollout),
    },
    { description: '{endpoints, hold, windows, freezes, …}' },
  ),
  {
    additionalProperties: false,
    description:
      'what versions are promoted through, in their order; set by treadle environment apply, and by no run',
  },
);

export const PipelineFile = Strict(
  {
    name: Type.String({
      pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$',
      description: 'the name of the pipeline: letters, digits, . _ and -; 100 characters at most',
    }),
    env: Type.Optional(EnvFile),
    params: Type.Optional(named(Value, { description: 'name: value' })),
    data: Type.Optional(
      named(
        Type.String({
          minLength: 1,
          maxLength: 300,
          description: 'a dataset such as flights@main or flights@v3',
        }),
        {
          description: 'name: dataset',
        },
      ),
    ),
    steps: named(StepDefinition, { description: 'name: {run, out, …}', minProperties: 1 }),
    model: Type.Optional(
      Strict(
        {
          name: Type.String({
            minLength: 1,
            maxLength: 256,
            description: 'the name of the registered model',
          }),
          from: Type.String({
            pattern: `^${name}\\.${name}$`,
            description: 'the output that is the model, as step.output',
          }),
        },
        { description: '{name, from}' },
      ),
    ),
    gate: Type.Optional(Gate),
    deploy: Type.Optional(Deploy),
    loop: Type.Optional(Loop),
    when: Type.Optional(When),
    secrets: Type.Optional(Secrets),
    environments: Type.Optional(Environments),
    watch: later(LATER.watch),
    retrain: later(LATER.retrain),
  },
  {
    title: 'treadle.yaml',
    description:
      'A pipeline of Treadle: data, steps, the model they make, the gate that judges it, and where it goes.',
  },
);
export type PipelineFile = Static<typeof PipelineFile>;
