import { Type, type Static } from 'typebox';
import { Millis } from '../../platform/http/contract.ts';

export const Tags = Type.Record(Type.String(), Type.String(), { description: 'Free text by key.' });
export const ModelName = Type.String({
  minLength: 1,
  maxLength: 256,
  description: 'Name of a registered model.',
});
export const TagKey = Type.String({ minLength: 1, maxLength: 250 });
export const TagValue = Type.String({ maxLength: 100_000 });
export const Description = Type.String({
  maxLength: 100_000,
  description: 'Free text for people; Markdown is shown as such, never as HTML.',
});

export const STAGES = ['None', 'Staging', 'Production', 'Archived'] as const;
export const Stage = Type.Union(
  [Type.Literal('None'), Type.Literal('Staging'), Type.Literal('Production'), Type.Literal('Archived')],
  { description: 'MLflow’s older way to mark versions; aliases say it better.' },
);
export type Stage = Static<typeof Stage>;

export const Alias = Type.Object({ alias: Type.String(), version: Type.Integer({ minimum: 1 }) });
export type Alias = Static<typeof Alias>;

/** One input, output or parameter of a model. */
export const Field = Type.Object({
  name: Type.Optional(Type.String()),
  type: Type.String({ description: 'MLflow column type (`double`), or `tensor(float32)[-1,4]`.' }),
  required: Type.Optional(Type.Boolean()),
  default: Type.Optional(Type.Unknown()),
});
export type Field = Static<typeof Field>;

export const Signature = Type.Object({
  inputs: Type.Optional(Type.Array(Field)),
  outputs: Type.Optional(Type.Array(Field)),
  params: Type.Optional(Type.Array(Field)),
});
export type Signature = Static<typeof Signature>;

export const ModelFacts = Type.Object(
  {
    size: Type.Integer({ description: 'Bytes of all files together.' }),
    files: Type.Integer({ description: 'How many files.' }),
    digest: Type.String({
      description:
        'SHA-256 over the sorted list of paths and their BLAKE3 digests: equal when all bytes are.',
    }),
    flavors: Type.Record(Type.String(), Type.Record(Type.String(), Type.Unknown()), {
      description: 'How the model can be loaded, each with its settings.',
    }),
    signature: Type.Optional(Signature),
    requirements: Type.Optional(Type.Array(Type.String(), { description: 'Python packages it needs.' })),
    input_example: Type.Optional(Type.String({ description: 'Path of the input example.' })),
    mlflow_version: Type.Optional(Type.String()),
    python_version: Type.Optional(Type.String()),
    problem: Type.Optional(Type.String({ description: 'Why the MLmodel file could not be understood.' })),
  },
  { description: 'What the files of a packaged model say.' },
);
export type ModelFacts = Static<typeof ModelFacts>;

export const ModelVersion = Type.Object({
  ref: Type.String({ description: 'Its name in the ledger, for ever: `model_version:flights/3`.' }),
  model: ModelName,
  version: Type.Integer({ minimum: 1 }),
  description: Type.Optional(Description),
  source: Type.String({
    description:
      'Where its files come from: `models:/m-…`, `runs:/…`, or a place outside that is never opened.',
  }),
  run_id: Type.Optional(Type.String()),
  run_link: Type.Optional(Type.String()),
  logged_model_id: Type.Optional(Type.String()),
  stage: Stage,
  created_at: Millis('When it was registered.'),
  updated_at: Millis('When it last changed.'),
  created_by: Type.String(),
  aliases: Type.Array(Type.String()),
  tags: Tags,
  facts: Type.Optional(ModelFacts),
});
export type ModelVersion = Static<typeof ModelVersion>;

export const Model = Type.Object({
  ref: Type.String({ description: 'Its name in the ledger, for ever: `model:flights`.' }),
  name: ModelName,
  description: Type.Optional(Description),
  created_at: Millis('When it was made.'),
  updated_at: Millis('When it, or one of its versions, last changed.'),
  created_by: Type.String(),
  tags: Tags,
  aliases: Type.Array(Alias),
  versions: Type.Integer({ description: 'How many versions there are.' }),
  latest: Type.Optional(ModelVersion),
});
export type Model = Static<typeof Model>;

export const LoggedModelStatus = Type.Union(
  [Type.Literal('pending'), Type.Literal('ready'), Type.Literal('failed')],
  {
    description: 'pending while its files are uploaded.',
  },
);
export type LoggedModelStatus = Static<typeof LoggedModelStatus>;

export const ModelMetric = Type.Object({
  key: Type.String(),
  value: Type.Union([Type.Number(), Type.Literal('NaN')]),
  timestamp: Millis('When it was measured.'),
  step: Type.Integer(),
  run_id: Type.String({ description: 'The run that measured it.' }),
  dataset_name: Type.Optional(Type.String()),
  dataset_digest: Type.Optional(Type.String()),
});
export type ModelMetric = Static<typeof ModelMetric>;

export const LoggedModel = Type.Object({
  id: Type.String({ description: '`m-` and 32 hex digits.' }),
  experiment_id: Type.String(),
  name: Type.String(),
  model_type: Type.Optional(Type.String()),
  run_id: Type.Optional(Type.String({ description: 'The run that made it.' })),
  location: Type.String({
    description:
      'Where its files are: `mlflow-artifacts:/…` here, anything else where the client keeps them itself.',
  }),
  status: LoggedModelStatus,
  created_at: Millis('When it was made.'),
  updated_at: Millis('When it last changed.'),
  deleted_at: Type.Optional(Millis('When it was deleted.')),
  created_by: Type.String(),
  params: Tags,
  tags: Tags,
  metrics: Type.Array(ModelMetric),
  facts: Type.Optional(ModelFacts),
});
export type LoggedModel = Static<typeof LoggedModel>;

export const ModelFile = Type.Object({ path: Type.String(), size: Type.Integer(), digest: Type.String() });
export type ModelFile = Static<typeof ModelFile>;

export const LineageEdge = Type.Object({ from: Type.String(), to: Type.String(), relation: Type.String() });

export const VersionDetail = Type.Object({
  version: ModelVersion,
  files: Type.Array(ModelFile, { description: 'The first 1,000 files by path.' }),
  files_changed: Type.Optional(
    Type.Boolean({
      description: 'Whether the files differ from what they were when the version was registered.',
    }),
  ),
  logged_model: Type.Optional(LoggedModel),
  run: Type.Optional(
    Type.Object({
      id: Type.String(),
      name: Type.String(),
      experiment_id: Type.String(),
      status: Type.String(),
      metrics: Type.Record(Type.String(), Type.Unknown(), { description: 'Latest value of each metric.' }),
      params: Tags,
      datasets: Type.Array(
        Type.Object({
          name: Type.String(),
          digest: Type.String(),
          context: Type.Optional(Type.String()),
          version: Type.Optional(Type.String()),
          version_ref: Type.Optional(Type.String()),
        }),
        { description: 'The data it read; `version_ref` where it is a dataset version of ours.' },
      ),
    }),
  ),
  lineage: Type.Array(LineageEdge, { description: 'What it was made from, as far as the ledger knows.' }),
});
export type VersionDetail = Static<typeof VersionDetail>;

const Difference = Type.Object({
  field: Type.String({ description: '`metrics.auc`, `signature`, `requirements`, `tags.owner` …' }),
  a: Type.Optional(Type.Unknown()),
  b: Type.Optional(Type.Unknown()),
});
export const Comparison = Type.Object({
  a: ModelVersion,
  b: ModelVersion,
  same_files: Type.Boolean({ description: 'Whether all bytes are equal.' }),
  differences: Type.Array(Difference),
  files: Type.Object({
    added: Type.Array(Type.String()),
    removed: Type.Array(Type.String()),
    changed: Type.Array(Type.String()),
  }),
});
export type Comparison = Static<typeof Comparison>;
