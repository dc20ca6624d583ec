import { marked, type Attributes, type Span, type TraceWithSpans, type Value } from '../../traces/index.ts';
import type { Assessment, TraceInfo, TraceStatus } from '../../traces/contract.ts';
import { invalid } from '../../platform/errors/index.ts';
import type { Reader } from './message.ts';
import { Verbatim } from './verbatim.ts';

/** Traces in MLflow's words, and back. */

/** A time as protobuf's JSON writes it. */
export const toTime = (millis: number): string => {
  const text = new Date(millis).toISOString();
  return text.endsWith('.000Z') ? `${text.slice(0, -5)}Z` : text;
};

/** A length of time as protobuf's JSON writes it: `0.644s`. */
export const toDuration = (millis: number): string => {
  const whole = Math.trunc(millis / 1000);
  const rest = Math.abs(millis % 1000);
  const sign = millis < 0 && whole === 0 ? '-' : '';
  return rest === 0 ? `${whole}s` : `${sign}${whole}.${String(rest).padStart(3, '0')}s`;
};

export const time: Reader<number | undefined> = (value, field) => {
  if (value === undefined || value === null) return undefined;
  const millis =
    typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isFinite(millis)) return millis;
  throw invalid(
    `Invalid value ${JSON.stringify(value)} for parameter '${field}' supplied: it must be a time`,
    {
      field,
      hint: 'write it as 2026-12-01T07:47:53.265Z',
    },
  );
};

/** Milliseconds of `0.644s`. */
export const duration: Reader<number | undefined> = (value, field) => {
  if (value === undefined || value === null) return undefined;
  const match = typeof value === 'string' ? /^(-?)(\d{1,12})(?:\.(\d{1,9}))?s$/.exec(value) : null;
  if (!match)
    throw invalid(
      `Invalid value ${JSON.stringify(value)} for parameter '${field}' supplied: it must be a length of time`,
      { field, hint: 'write it as 0.644s' },
    );
  const millis = Number(match[2]) * 1000 + Math.floor(Number(`0.${match[3] ?? '0'}`) * 1000 + 1e-6);
  return match[1] === '-' ? -millis : millis;
};

/** A map of texts. */
export const map: Reader<Record<string, string>> = (value, field) => {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value))
    throw invalid(`Invalid value for parameter '${field}' supplied: it must be an object`, { field });
  return Object.fromEntries(
    Object.entries(value).map(([key, one]: [string, unknown]) => {
      if (typeof one !== 'string')
        throw invalid(`Invalid value for parameter '${field}.${key}' supplied: it must be text`, {
          field: `${field}.${key}`,
        });
      return [key, one];
    }),
  );
};

const STATES: readonly TraceStatus[] = ['STATE_UNSPECIFIED', 'OK', 'ERROR', 'IN_PROGRESS'];

export const state: Reader<TraceStatus | undefined> = (value, field) => {
  if (value === undefined || value === null || value === '') return undefined;
  const word = typeof value === 'number' ? STATES[value] : STATES.find((one) => one === value);
  if (word === undefined)
    throw invalid(`Invalid value ${JSON.stringify(value)} for parameter '${field}' supplied`, {
      field,
      hint: `it is one of ${STATES.join(', ')}`,
    });
  return word;
};

export const toTraceInfo = (info: TraceInfo) => ({
  trace_id: info.id,
  client_request_id: info.client_request_id,
  trace_location: {
    type: 'MLFLOW_EXPERIMENT',
    mlflow_experiment: { experiment_id: info.experiment },
  },
  request_preview: info.request_preview,
  response_preview: info.response_preview,
  request_time: toTime(info.started_at),
  execution_duration: info.duration_ms === undefined ? undefined : toDuration(info.duration_ms),
  state: info.status,
  trace_metadata: info.metadata,
  tags: tagsOf(info),
  assessments: info.assessments.map((one) => toAssessmentWords(one, info.id)),
});

const tagsOf = ({ tags, name }: TraceInfo): Record<string, string> =>
  name === undefined ? tags : { ...tags, 'mlflow.traceName': name };

/** As clients of before 3.0 know a trace. */
export const toTraceInfoV2 = (info: TraceInfo) => ({
  request_id: info.id,
  experiment_id: info.experiment,
  timestamp_ms: info.started_at,
  execution_time_ms: info.duration_ms ?? 0,
  status: info.status === 'STATE_UNSPECIFIED' ? 'TRACE_STATUS_UNSPECIFIED' : info.status,
  request_metadata: entries(info.metadata),
  tags: entries(tagsOf(info)),
});

const entries = (pairs: Readonly<Record<string, string>>) =>
  Object.entries(pairs).map(([key, value]) => ({ key, value }));

export const toAssessmentWords = (one: Assessment, trace: string) => ({
  assessment_id: one.id,
  assessment_name: one.name,
  trace_id: trace,
  span_id: one.span,
  source: { source_type: one.source_type, source_id: one.source_id },
  create_time: toTime(one.created_at),
  last_update_time: toTime(one.updated_at),
  ...valueOf(one),
  rationale: one.rationale,
  metadata: Object.keys(one.metadata).length === 0 ? undefined : one.metadata,
  overrides: one.overrides,
  valid: one.valid,
});

function valueOf({ kind, value, error, name }: Assessment): object {
  if (kind === 'issue') return { issue: { issue_name: name } };
  if (kind === 'expectation')
    return {
      expectation:
        typeof value === 'object'
          ? { serialized_value: { serialization_format: 'JSON_FORMAT', value: JSON.stringify(value) } }
          : { value },
    };
  return {
    feedback: {
      value: new Verbatim(value),
      error: error && { error_code: error.code, error_message: error.message, stack_trace: error.stack },
    },
  };
}

const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');
const raw = (digits: string) => JSON.rawJSON(/^\d{1,20}$/.test(digits) ? digits : '0');

const STATUS = { unset: 'STATUS_CODE_UNSET', ok: 'STATUS_CODE_OK', error: 'STATUS_CODE_ERROR' } as const;

/** A trace with its spans, as OTLP has them in JSON. Half of a surrogate pair is no text there, and clients refuse the whole list for one. */
export const toTrace = ({ info, spans }: TraceWithSpans) => ({
  trace_info: toTraceInfo(info),
  spans: spans.map((span) => toSpan(span, info.id)),
});

function toSpan(span: Span, trace: string): object {
  return new Verbatim({
    trace_id: base64(trace.replace(/^tr-/, '').padStart(32, '0')),
    span_id: base64(span.id),
    ...(span.parent === null ? {} : { parent_span_id: base64(span.parent) }),
    name: span.name.toWellFormed(),
    start_time_unix_nano: raw(span.start),
    ...(span.end === null ? {} : { end_time_unix_nano: raw(span.end) }),
    attributes: toPairs(span.attributes),
    ...(span.events === undefined
      ? {}
      : {
          events: span.events.map(({ name, time: at, attributes }) => ({
            name: name.toWellFormed(),
            time_unix_nano: raw(at),
            attributes: toPairs(attributes),
          })),
        }),
    ...(span.links === undefined
      ? {}
      : {
          links: span.links.map((link) => ({
            trace_id: base64(link.trace),
            span_id: base64(link.span),
            attributes: toPairs(link.attributes),
          })),
        }),
    status: {
      code: STATUS[span.status],
      ...(span.message === undefined ? {} : { message: span.message.toWellFormed() }),
    },
  });
}

const toPairs = (attributes: Attributes): object[] =>
  Object.entries(attributes).map(([key, value]) => ({ key: key.toWellFormed(), value: toAny(value) }));

function toAny(value: Value): object {
  if (value === null) return {};
  if (typeof value === 'string') return { string_value: value.toWellFormed() };
  if (typeof value === 'boolean') return { bool_value: value };
  if (typeof value === 'number')
    return Number.isInteger(value) && Math.abs(value) < MOST_WHOLE
      ? { int_value: value }
      : { double_value: value };
  if (Array.isArray(value)) return { array_value: { values: value.map(toAny) } };
  const special = marked(value);
  if (special?.kind === 'integer')
    return fitsWhole(special.text)
      ? { int_value: JSON.rawJSON(special.text) }
      : { double_value: Number(special.text) };
  if (special?.kind === 'bytes') return { bytes_value: special.text };
  if (special?.kind === 'double')
    return {
      double_value: Number.isFinite(Number(special.text))
        ? JSON.rawJSON(doubleText(special.text))
        : special.text,
    };
  return { kvlist_value: { values: toPairs(value) } };
}

/** What 64 bits hold; clients refuse a whole list of traces for a number beyond. */
const MOST_WHOLE = 2 ** 63;
const fitsWhole = (text: string): boolean =>
  text.length <= 20 && BigInt.asIntN(64, BigInt(text)) === BigInt(text);

const doubleText = (text: string): string => (/[.e]/.test(text) ? text : `${text}.0`);

/**
 * A span in the form of MLflow's trace files: ids in base64, and each attribute as JSON in a text, which is how its clients keep them.
 */
export const toFileSpan = (span: Span, trace: string) => ({
  trace_id: base64(trace.replace(/^tr-/, '').padStart(32, '0')),
  span_id: base64(span.id),
  parent_span_id: span.parent === null ? null : base64(span.parent),
  name: span.name,
  start_time_unix_nano: raw(span.start),
  end_time_unix_nano: span.end === null ? null : raw(span.end),
  events: (span.events ?? []).map(({ name, time: at, attributes }) => ({
    name,
    time_unix_nano: raw(at),
    attributes: Object.fromEntries(Object.entries(attributes).map(([key, one]) => [key, exact(one)])),
  })),
  status: { code: STATUS[span.status], message: span.message ?? '' },
  attributes: Object.fromEntries(
    Object.entries(span.attributes).map(([key, value]) => [key, JSON.stringify(exact(value))]),
  ),
  links: (span.links ?? []).map((link) => ({
    trace_id: `tr-${link.trace}`,
    span_id: link.span,
    attributes: Object.fromEntries(Object.entries(link.attributes).map(([key, one]) => [key, exact(one)])),
  })),
});

/** A value for JSON, its numbers as they are. */
function exact(value: Value): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(exact);
  const special = marked(value);
  if (special?.kind === 'integer') return JSON.rawJSON(special.text);
  if (special?.kind === 'double')
    return Number.isFinite(Number(special.text)) ? JSON.rawJSON(doubleText(special.text)) : special.text;
  if (special) return special.text;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, exact(one)]));
}
