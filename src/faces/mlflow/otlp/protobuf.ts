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
import { eachField, Reader, requireShallow } from './reader.ts';
import { toBatches, type Group, type RawSpan, type ReceivedSpans } from './received.ts';

/** An ExportTraceServiceRequest of OTLP (opentelemetry-proto 1.x), from its bytes. */
export function readProtobuf(bytes: Buffer): Promise<ReceivedSpans> {
  const reader = new Reader(bytes);
  const received: Group[] = [];
  eachField(reader, { 1: [2, (one) => void received.push(resourceSpans(one.apart()))] });
  return toBatches(received);
}

function resourceSpans(reader: Reader): Group {
  let resource: Attributes = {};
  const spans: Array<() => RawSpan> = [];
  const later = (one: Reader): void => void spans.push(() => span(one));
  eachField(reader, {
    1: [2, (one) => one.message((inner) => void (resource = resourceOf(inner)))],
    2: [2, (one) => one.message((scope) => eachField(scope, { 2: [2, (inner) => later(inner.apart())] }))],
  });
  return { resource, spans };
}

function resourceOf(reader: Reader): Attributes {
  const attributes: Attributes = {};
  eachField(reader, { 1: [2, (one) => one.message((pair) => keyValue(pair, attributes, 0))] });
  return attributes;
}

function span(reader: Reader): RawSpan {
  const attributes: Attributes = {};
  const events: SpanEvent[] = [];
  const links: SpanLink[] = [];
  let [trace, id, parent, name, message] = ['', '', '', '', ''];
  let [start, end] = [0n, 0n];
  let status: SpanStatus = 'unset';
  while (!reader.done) {
    const { field, type } = reader.tag();
    if (type === 2) {
      if (field === 1) trace = reader.hex();
      else if (field === 2) id = reader.hex();
      else if (field === 4) parent = reader.hex();
      else if (field === 5) name = reader.text();
      else if (field === 9) reader.message((pair) => keyValue(pair, attributes, 0));
      else if (field === 11) reader.message((one) => void events.push(event(one)));
      else if (field === 13) reader.message((one) => void links.push(link(one)));
      else if (field === 15)
        reader.message((state) =>
          eachField(state, {
            2: [2, (one) => void (message = one.text())],
            3: [0, (one) => void (status = STATUS[one.enumeration()] ?? 'unset')],
          }),
        );
      else reader.skip(type);
    } else if (type === 1 && field === 7) start = reader.fixed64();
    else if (type === 1 && field === 8) end = reader.fixed64();
    else reader.skip(type);
  }
  return {
    trace,
    id,
    parent,
    name,
    start: String(start),
    end: String(end),
    status,
    message,
    attributes,
    events,
    links,
  };
}

const STATUS: readonly SpanStatus[] = ['unset', 'ok', 'error'];

function event(reader: Reader): SpanEvent {
  const made: SpanEvent = { name: '', time: '0', attributes: {} };
  eachField(reader, {
    1: [1, (one) => void (made.time = String(one.fixed64()))],
    2: [2, (one) => void (made.name = one.text())],
    3: [2, (one) => one.message((pair) => keyValue(pair, made.attributes, 0))],
  });
  return made;
}

function link(reader: Reader): SpanLink {
  const made: SpanLink = { trace: '', span: '', attributes: {} };
  eachField(reader, {
    1: [2, (one) => void (made.trace = one.hex())],
    2: [2, (one) => void (made.span = one.hex())],
    4: [2, (one) => one.message((pair) => keyValue(pair, made.attributes, 0))],
  });
  return made;
}

function keyValue(reader: Reader, into: { [key: string]: Value }, depth: number): void {
  let key = '';
  let value: Value = null;
  while (!reader.done) {
    const { field, type } = reader.tag();
    if (field === 1 && type === 2) key = reader.text();
    else if (field === 2 && type === 2) reader.message((one) => void (value = anyValue(one, depth + 1)));
    else reader.skip(type);
  }
  // A name like this one would set what the object is made of.
  if (key === '__proto__')
    Object.defineProperty(into, key, { value, enumerable: true, configurable: true, writable: true });
  else into[key] = value;
}

function anyValue(reader: Reader, depth: number): Value {
  requireShallow(depth);
  let value: Value = null;
  while (!reader.done) {
    const { field, type } = reader.tag();
    if (field === 1 && type === 2) value = reader.text();
    else if (field === 2 && type === 0) value = reader.int64() !== 0;
    else if (field === 3 && type === 0) {
      const whole = reader.int64();
      value = typeof whole === 'number' ? whole : { [INTEGER]: String(whole) };
    } else if (field === 4 && type === 1) value = wholeDouble(reader.double());
    else if (field === 5 && type === 2) {
      const list: Value[] = [];
      reader.message((items) =>
        eachField(items, {
          1: [2, (one) => one.message((inner) => void list.push(anyValue(inner, depth + 1)))],
        }),
      );
      value = list;
    } else if (field === 6 && type === 2) {
      const object: { [key: string]: Value } = {};
      reader.message((pairs) =>
        eachField(pairs, { 1: [2, (one) => one.message((pair) => keyValue(pair, object, depth + 1))] }),
      );
      value = object;
    } else if (field === 7 && type === 2) value = { [BYTES]: reader.base64() };
    else reader.skip(type);
  }
  return value;
}

/** An ExportTraceServiceResponse that says how many spans were not taken, and why. */
export function partialSuccess(spans: number, why: string): Uint8Array {
  const text = Buffer.from(why);
  const inner = Buffer.concat([Buffer.from([0x08, ...varint(spans), 0x12, ...varint(text.length)]), text]);
  return Buffer.concat([Buffer.from([0x0a, ...varint(inner.length)]), inner]);
}

/** Seven bits a byte, the lowest first. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return [...bytes, rest];
}
