import { Type, type Static } from 'typebox';
import { endpoint, Millis, Strict } from '../platform/http/contract.ts';
import { Revision, Variant } from '../serving/contract.ts';

/** One call tells where an answer came from. Absent parts say in `gaps` why they are not known. */
export const PredictionLineage = Type.Object({
  prediction: Type.String(),
  at: Millis('When it was answered.'),
  endpoint: Type.Object({ id: Type.String(), name: Type.String() }),
  revision: Revision,
  variant: Variant,
  model_version: Type.Object({
    ref: Type.String(),
    model: Type.String(),
    version: Type.Integer(),
    digest: Type.Optional(Type.String({ description: 'Over all its files.' })),
    created_at: Millis('When it was registered.'),
    created_by: Type.String(),
  }),
  run: Type.Optional(
    Type.Object({
      id: Type.String(),
      name: Type.String(),
      experiment_id: Type.String(),
      status: Type.String(),
      params: Type.Record(Type.String(), Type.String()),
      metrics: Type.Record(Type.String(), Type.Unknown()),
      user: Type.Optional(Type.String()),
    }),
  ),
  code: Type.Optional(
    Type.Object({
      commit: Type.Optional(Type.String({ description: 'Git commit.' })),
      dirty: Type.Optional(Type.Boolean({ description: 'Whether files differed from that commit.' })),
      repository: Type.Optional(Type.String()),
      digest: Type.Optional(
        Type.String({ description: 'Of the code that the step saw, where a pipeline ran it.' }),
      ),
      command: Type.Optional(Type.String()),
      execution: Type.Optional(Type.String()),
    }),
  ),
  datasets: Type.Array(
    Type.Object({
      ref: Type.String({ description: '`dataset_version:<id>`.' }),
      name: Type.Optional(Type.String()),
      version: Type.Optional(Type.String({ description: '`v3`.' })),
      hash: Type.Optional(Type.String()),
      read_by: Type.String({ description: 'The node of the lineage that read it: `run:…`.' }),
    }),
    { description: 'Every dataset version that its lineage read.' },
  ),
  /** What stood when the version was deployed; of one that was deployed unjudged, its newest evaluation. */
  evaluation: Type.Optional(
    Type.Object({
      id: Type.String(),
      verdict: Type.String(),
      at: Millis('When.'),
      metrics: Type.Record(Type.String(), Type.Number()),
      when: Type.Union([Type.Literal('before deployment'), Type.Literal('after deployment')]),
      since: Type.Optional(
        Type.Object(
          { id: Type.String(), verdict: Type.String(), at: Millis('When.') },
          { description: 'The newest evaluation of the version, where that is another one by now.' },
        ),
      ),
    }),
  ),
  proof: Type.Optional(
    Type.Object({
      id: Type.String(),
      verdict: Type.String(),
      summary: Type.String({ description: 'What was compared, and what was found.' }),
      excused: Type.Array(Type.Object({ label: Type.String(), reason: Type.String() }), {
        description: 'What its lineage read and the gate let pass uncompared, with the reason given.',
      }),
      warnings: Type.Array(Type.String()),
      gate_rows: Type.Integer(),
      training_rows: Type.Integer(),
      overlapping_rows: Type.Integer(),
      gate_digest: Type.String(),
      training_digest: Type.String(),
    }),
  ),
  edges: Type.Array(
    Type.Object({ from: Type.String(), to: Type.String(), relation: Type.String(), seq: Type.Integer() }),
    { description: 'The ledger’s arrows that prove it; `seq` names the entry.' },
  ),
  gaps: Type.Array(Type.String(), { description: 'What is not known, and why.' }),
});
export type PredictionLineage = Static<typeof PredictionLineage>;

export const getPredictionLineage = endpoint({
  method: 'GET',
  path: '/api/v1/predictions/:prediction/lineage',
  action: 'endpoint:read',
  summary: 'Say where a prediction came from: revision, model version, run, code, data, evaluation and proof',
  params: Strict({
    prediction: Type.String({
      minLength: 1,
      maxLength: 500, // what is no id is told so in words
      description: 'The id that came with the answer.',
    }),
  }),
  response: PredictionLineage,
});
export * from './contract/approvals.ts';
