import {
  BYTES,
  INTEGER,
  wholeDouble,
  type Attributes,
  type SpanEvent,
  type SpanLink,
  type SpanStatus,
  type Value,
} from '../../../traces/index.ts';
import { MalformedError, requireShallow } from './reader.ts';
import { toBatches, type RawSpan, type ReceivedSpans } from './received.ts';

/** An ExportTraceServiceRequest as OTLP writes it in JSON: ids are hex digits, 64-bit numbers are text or numbers. */
export function readJsonRequest(body: unknown): Promise<ReceivedSpans> {
  const root = objectOf(body, 'the body');
  return toBatches(
    listOf(field(root, 'resourceSpans', 'resource_spans')).map((one) => {
      const group = objectOf(one, 'resourceSpans');
      const resource = field(group, 'resource');
      const scopes = listOf(field(group, 'scopeSpans', 'scope_spans'));
      return {
        resource: resource === undefined ? {} : attributesOf(objectOf(resource, 'resource')),
        spans: scopes.flatMap((scope) =>
          listOf(field(objectOf(scope, 'scopeSpans'), 'spans')).map((span) => () => spanOf(span)),
        ),
      };
    }),
  );
}

type Fields = Readonly<Record<string, unknown>>;

function objectOf(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new MalformedError(`${what} is no object`);
  return value as Fields;
}

const field = (fields: Fields, ...names: string[]): unknown => {
  for (const name of names) {
    const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (value !== undefined && value !== null) return value;
  }
  return undefined;
};

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new MalformedError('a list is no list');
  return value as unknown[];
}

function textOf(value: unknown, what: string): string {
  if (value === undefined) return '';
  if (typeof value !== 'string') throw new MalformedError(`${what} is no text`);
  return value;
}

function hexOf(value: unknown, what: string): string {
  const text = textOf(value, what).toLowerCase();
  if (!/^([0-9a-f]{2})*$/.test(text)) throw new MalformedError(`${what} is not written in hex digits`);
  return text;
}

/** What 64 bits hold: a later time could be told to no client. */
const MOST = 2n ** 64n;

/** Nanoseconds, as digits. */
function timeOf(value: unknown, what: string): string {
  if (value === undefined) return '0';
  const text =
    typeof value === 'number' && Number.isInteger(value) && value >= 0 ? BigInt(value).toString() : value;
  if (typeof text !== 'string' || !/^\d{1,20}$/.test(text) || BigInt(text) >= MOST)
    throw new MalformedError(`${what} is no time in nanoseconds`);
  return text.replace(/^0+(?=\d)/, '');
}

const STATUS: Readonly<Record<string, SpanStatus>> = {
  '1': 'ok',
  '2': 'error',
  STATUS_CODE_OK: 'ok',
  STATUS_CODE_ERROR: 'error',
};

function spanOf(value: unknown): RawSpan {
  const span = objectOf(value, 'a span');
  const status = field(span, 'status');
  const state = status === undefined ? {} : objectOf(status, 'status');
  const code = field(state, 'code');
  return {
    trace: hexOf(field(span, 'traceId', 'trace_id'), 'traceId'),
    id: hexOf(field(span, 'spanId', 'span_id'), 'spanId'),
    parent: hexOf(field(span, 'parentSpanId', 'parent_span_id'), 'parentSpanId'),
    name: textOf(field(span, 'name'), 'name'),
    start: timeOf(field(span, 'startTimeUnixNano', 'start_time_unix_nano'), 'startTimeUnixNano'),
    end: timeOf(field(span, 'endTimeUnixNano', 'end_time_unix_nano'), 'endTimeUnixNano'),
    status: (typeof code === 'string' || typeof code === 'number' ? STATUS[code] : undefined) ?? 'unset',
    message: textOf(field(state, 'message'), 'message'),
    attributes: attributesOf(span),
    events: listOf(field(span, 'events')).map((one): SpanEvent => {
      const event = objectOf(one, 'an event');
      return {
        name: textOf(field(event, 'name'), 'name'),
        time: timeOf(field(event, 'timeUnixNano', 'time_unix_nano'), 'timeUnixNano'),
        attributes: attributesOf(event),
      };
    }),
    links: listOf(field(span, 'links')).map((one): SpanLink => {
      const link = objectOf(one, 'a link');
      return {
        trace: hexOf(field(link, 'traceId', 'trace_id'), 'traceId'),
        span: hexOf(field(link, 'spanId', 'span_id'), 'spanId'),
        attributes: attributesOf(link),
      };
    }),
  };
}

const attributesOf = (fields: Fields): Attributes => pairsOf(field(fields, 'attributes'), 0);

function pairsOf(list: unknown, depth: number): Attributes {
  // Without a prototype while it is filled: a name may be `__proto__`.
  return Object.fromEntries(
    listOf(list).map((one) => {
      const pair = objectOf(one, 'an attribute');
      return [textOf(field(pair, 'key'), 'key'), anyOf(field(pair, 'value'), depth + 1)];
    }),
  );
}

function anyOf(value: unknown, depth: number): Value {
  requireShallow(depth);
  if (value === undefined) return null;
  const any = objectOf(value, 'a value');
  const text = field(any, 'stringValue', 'string_value');
  if (text !== undefined) return textOf(text, 'stringValue');
  const flag = field(any, 'boolValue', 'bool_value');
  if (flag !== undefined) return flag === true || flag === 'true';
  const whole = field(any, 'intValue', 'int_value');
  if (whole !== undefined) return wholeOf(whole);
  const double = field(any, 'doubleValue', 'double_value');
  if (double !== undefined) {
    const number = Number(double);
    if (Number.isNaN(number) && double !== 'NaN') throw new MalformedError('doubleValue is no number');
    return wholeDouble(number);
  }
  const list = field(any, 'arrayValue', 'array_value');
  if (list !== undefined)
    return listOf(field(objectOf(list, 'arrayValue'), 'values')).map((one) =>
      anyOf(one ?? undefined, depth + 1),
    );
  const pairs = field(any, 'kvlistValue', 'kvlist_value');
  if (pairs !== undefined) return pairsOf(field(objectOf(pairs, 'kvlistValue'), 'values'), depth + 1);
  const bytes = field(any, 'bytesValue', 'bytes_value');
  if (bytes !== undefined) return { [BYTES]: textOf(bytes, 'bytesValue') };
  return null;
}

function wholeOf(value: unknown): Value {
  const text = String(value);
  if (!/^-?\d{1,19}$/.test(text)) throw new MalformedError('intValue is no whole number');
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : { [INTEGER]: String(BigInt(text)) };
}
