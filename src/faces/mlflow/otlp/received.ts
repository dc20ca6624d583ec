import { createTurns } from '../../../platform/aside/index.ts';
import { TreadleError } from '../../../platform/errors/index.ts';
import type { Attributes, Span, SpanBatch, SpanEvent, SpanLink, SpanStatus } from '../../../traces/index.ts';

/** A span as it came, whichever encoding it came in. Ids are hex digits; '' where there is none. */
export interface RawSpan {
  trace: string;
  id: string;
  parent: string;
  name: string;
  start: string;
  end: string;
  status: SpanStatus;
  message: string;
  attributes: Attributes;
  events: SpanEvent[];
  links: SpanLink[];
}

export interface ReceivedSpans {
  batches: SpanBatch[];
  /** Traces whose root is among the spans. */
  rooted: string[];
}

/** Names of services that are put on a trace's root, as MLflow's server does: coding assistants. */
const KNOWN_SERVICES = new Set(['claude-code', 'codex_cli_rs', 'codex_vscode', 'gemini-cli', 'qwen-code']);

/** Spans of one resource, each read when its turn comes. */
export interface Group {
  resource: Attributes;
  spans: ReadonlyArray<() => RawSpan>;
}

/** Spans by their trace. Ids shorter than theirs are filled with zeros; longer ones and none are refused. */
export async function toBatches(received: readonly Group[]): Promise<ReceivedSpans> {
  const turns = createTurns();
  const batches = new Map<string, { trace: string; spans: Span[]; resource: Attributes }>();
  const rooted = new Set<string>();
  for (const { resource, spans } of received)
    for (const read of spans) {
      const due = turns();
      if (due) await due;
      const raw = read();
      const trace = `tr-${idOf(raw.trace, 32)}`;
      const root = raw.parent === '';
      const { attributes } = raw;
      attributes['mlflow.traceRequestId'] = trace;
      const service = resource['service.name'];
      if (root && typeof service === 'string' && KNOWN_SERVICES.has(service))
        attributes['service.name'] = service;
      const span: Span = {
        id: idOf(raw.id, 16),
        parent: root ? null : idOf(raw.parent, 16),
        name: raw.name,
        start: raw.start,
        end: raw.end === '0' ? null : raw.end,
        status: raw.status,
        ...(raw.message === '' ? {} : { message: raw.message }),
        attributes,
        ...(raw.events.length === 0 ? {} : { events: raw.events }),
        ...(raw.links.length === 0
          ? {}
          : {
              links: raw.links.map((link) => ({
                ...link,
                trace: link.trace.padStart(32, '0'),
                span: link.span.padStart(16, '0'),
              })),
            }),
      };
      if (root) rooted.add(trace);
      const batch = batches.get(trace);
      if (batch) {
        batch.spans.push(span);
        if (Object.keys(batch.resource).length === 0) batch.resource = resource;
      } else batches.set(trace, { trace, spans: [span], resource });
    }
  return { batches: [...batches.values()], rooted: [...rooted] };
}

function idOf(id: string, digits: number): string {
  if (id === '' || id.length > digits)
    throw new TreadleError('invalid', 'Cannot convert OpenTelemetry span to MLflow span', {
      field: digits === 32 ? 'trace_id' : 'span_id',
      hint: `every span has a trace_id of 16 bytes and a span_id of 8; one is ${id.length / 2} bytes`,
      code: 'unprocessable',
    });
  return id.padStart(digits, '0');
}
