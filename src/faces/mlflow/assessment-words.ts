import type { NewAssessment } from '../../traces/index.ts';
import { invalid } from '../../platform/errors/index.ts';
import { bool, message, need, text, type Reader } from './message.ts';
import { map, time } from './trace-words.ts';

const anything: Reader<unknown> = (value) => value;

const optional =
  <T>(reader: Reader<T>): Reader<T | undefined> =>
  (value, field) =>
    value === undefined || value === null ? undefined : reader(value, field);

const fields = message({
  assessment_id: text,
  assessment_name: text,
  trace_id: text,
  span_id: text,
  source: optional(message({ source_type: text, source_id: text })),
  create_time: time,
  last_update_time: time,
  feedback: optional(
    message({
      value: anything,
      error: optional(message({ error_code: text, error_message: text, stack_trace: text })),
    }),
  ),
  expectation: optional(
    message({
      value: anything,
      serialized_value: optional(message({ serialization_format: text, value: need(text) })),
    }),
  ),
  issue: optional(message({ issue_name: text })),
  rationale: text,
  metadata: map,
  overrides: text,
  valid: bool,
});

/** What an assessment says, and of what kind it is; undefined where it says nothing. */
export function valueOf(
  read: ReturnType<typeof fields>,
  field: string,
): Pick<NewAssessment, 'kind' | 'value' | 'error'> | undefined {
  const { feedback, expectation, issue } = read;
  const given = [feedback, expectation, issue].filter((one) => one !== undefined);
  if (given.length > 1)
    throw invalid('Exactly one of `expectation`, `feedback`, or `issue` should be specified.', { field });
  if (feedback) {
    const { error } = feedback;
    return {
      kind: 'feedback',
      value: feedback.value ?? null,
      ...(error
        ? {
            error: {
              code: error.error_code ?? '',
              ...(error.error_message === undefined ? {} : { message: error.error_message }),
              ...(error.stack_trace === undefined ? {} : { stack: error.stack_trace }),
            },
          }
        : {}),
    };
  }
  if (expectation) {
    const { value, serialized_value: serialized } = expectation;
    if (!serialized) return { kind: 'expectation', value: value ?? null };
    try {
      return { kind: 'expectation', value: JSON.parse(serialized.value) as unknown };
    } catch {
      throw invalid(
        `Invalid value for parameter '${field}.expectation.serialized_value.value' supplied: it is no JSON`,
        {
          field: `${field}.expectation.serialized_value.value`,
        },
      );
    }
  }
  return issue ? { kind: 'issue', value: null } : undefined;
}

/** An assessment as its client makes it. */
export const assessment: Reader<NewAssessment> = (value, field) => {
  const read = fields(value, field);
  const said = valueOf(read, field);
  if (!said)
    throw invalid('Unknown assessment type: None', {
      field,
      hint: 'say feedback, expectation or issue',
    });
  const name = said.kind === 'issue' ? read.issue?.issue_name : read.assessment_name;
  if (name === undefined || name === '')
    throw invalid("Missing value for required parameter 'assessment.assessment_name'.", {
      field: `${field}.assessment_name`,
    });
  return {
    ...said,
    id: read.assessment_id === '' ? undefined : read.assessment_id,
    name,
    rationale: read.rationale,
    metadata: read.metadata,
    sourceType: read.source?.source_type ?? (said.kind === 'expectation' ? 'HUMAN' : 'CODE'),
    sourceId: read.source?.source_id ?? 'default',
    span: read.span_id === '' ? undefined : read.span_id,
    overrides: read.overrides === '' ? undefined : read.overrides,
    createdAt: read.create_time,
    updatedAt: read.last_update_time,
  };
};

/** The fields of an assessment, for a change of some of them. */
export const assessmentFields = fields;
