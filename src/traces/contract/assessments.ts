import { Type, type Static } from 'typebox';
import { endpoint, named, Strict } from '../../platform/http/contract.ts';
import { Stated } from '../../tracking/contract.ts';

export const Json = Type.Unknown({ description: 'Any JSON value.' });

export const AssessmentKind = Type.Union(
  [Type.Literal('feedback'), Type.Literal('expectation'), Type.Literal('issue')],
  {
    description:
      'feedback: what somebody or something made of it; expectation: what it should have been; issue: a known problem that it has.',
  },
);
export type AssessmentKind = Static<typeof AssessmentKind>;

export const AssessmentError = Type.Object({
  code: Type.String(),
  message: Type.Optional(Type.String()),
  stack: Type.Optional(Type.String()),
});
export type AssessmentError = Static<typeof AssessmentError>;

export const Assessment = Type.Object({
  id: Type.String(),
  kind: AssessmentKind,
  name: Type.String(),
  value: Json,
  error: Type.Optional(AssessmentError),
  rationale: Type.Optional(Type.String({ description: 'Why.' })),
  metadata: Type.Record(Type.String(), Type.String()),
  source_type: Type.String({ description: 'HUMAN, LLM_JUDGE or CODE.' }),
  source_id: Type.String({ description: 'Who or what it was.' }),
  span: Type.Optional(
    Type.String({ description: 'The span that it is about; the whole trace where there is none.' }),
  ),
  overrides: Type.Optional(Type.String({ description: 'The assessment that it replaces.' })),
  valid: Type.Boolean({ description: 'False once another one replaces it.' }),
  created_at: Stated('When it was made.'),
  updated_at: Stated('Its last change.'),
});
export type Assessment = Static<typeof Assessment>;

const ofTrace = Strict({ trace: Type.String({ description: 'The trace’s id.' }) });
const ofAssessment = Strict({
  trace: Type.String({ description: 'The trace’s id.' }),
  assessment: Type.String({ description: 'The assessment’s id.' }),
});

export const createAssessment = endpoint({
  method: 'POST',
  path: '/api/v1/traces/:trace/assessments',
  action: 'run:write',
  about: [named('trace')],
  summary: 'Say what a trace is worth, or what it should have been',
  params: ofTrace,
  body: Strict({
    kind: Type.Union([Type.Literal('feedback'), Type.Literal('expectation')]),
    name: Type.String({ minLength: 1, maxLength: 250 }),
    value: Json,
    rationale: Type.Optional(Type.String({ maxLength: 20_000 })),
    span: Type.Optional(Type.String({ maxLength: 50 })),
    by: Type.Optional(
      Type.String({ maxLength: 250, description: 'Who says so; who signed in, unless said.' }),
    ),
  }),
  response: Assessment,
});

export const updateAssessment = endpoint({
  method: 'PATCH',
  path: '/api/v1/traces/:trace/assessments/:assessment',
  action: 'run:write',
  about: [named('trace')],
  summary: 'Change an assessment',
  params: ofAssessment,
  body: Strict({
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 250 })),
    value: Type.Optional(Json),
    rationale: Type.Optional(Type.String({ maxLength: 20_000 })),
  }),
  response: Assessment,
});

export const deleteAssessment = endpoint({
  method: 'DELETE',
  path: '/api/v1/traces/:trace/assessments/:assessment',
  action: 'run:write',
  about: [named('trace')],
  summary: 'Take an assessment back; what it replaced holds again',
  params: ofAssessment,
  response: Type.Object({ deleted: Type.Boolean() }),
});
