import { createTurns } from '../platform/aside/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { toAssessment } from './assess.ts';
import type { SpanView, Trace, TraceInfo, TraceStatus } from './contract.ts';
import {
  costOf,
  inputsOf,
  modelOf,
  outputsOf,
  translated,
  typeOf,
  usageOf,
  type Counts,
} from './conventions.ts';
import { plain, type Attributes, type Span } from './span.ts';
import { selectAssessments } from './store/assessments.ts';
import { unpackAll } from './store/span-data.ts';
import { selectParts, selectTrace, selectTraces, type TraceRow } from './store/traces.ts';
import { described } from './store/write-trace.ts';
import {
  COST_METADATA,
  RUN_METADATA,
  SESSION_METADATA,
  STATS_METADATA,
  USAGE_METADATA,
  USER_METADATA,
} from './terms.ts';

/** Rows as people and programs see them. */
export async function toInfos(ctx: Ctx, rows: readonly TraceRow[]): Promise<TraceInfo[]> {
  const assessments = await selectAssessments(
    ctx,
    rows.map(({ n }) => n),
  );
  return rows.map((row) => {
    const { tags, metadata, links } = described(row);
    const run = metadata[RUN_METADATA];
    const tokens = countsIn(metadata[USAGE_METADATA]);
    const cost = countsIn(metadata[COST_METADATA]);
    const optional = {
      name: row.name,
      duration_ms: row.execution_ms,
      client_request_id: row.client_request_id,
      request_preview: row.request_preview,
      response_preview: row.response_preview,
      tokens,
      cost,
      session: metadata[SESSION_METADATA],
      user: metadata[USER_METADATA],
    };
    return {
      id: row.id,
      experiment: String(row.experiment_id),
      status: row.status as TraceStatus,
      started_at: row.started_at,
      ...present(optional),
      runs: [...new Set([...(run === undefined ? [] : [run]), ...links.runs])],
      prompts: links.prompts,
      spans: row.spans,
      tags,
      metadata,
      assessments: (assessments.get(row.n) ?? []).map(toAssessment),
    };
  });
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], null | undefined> };

/** What is there of an object. */
const present = <T extends object>(object: T): Present<T> =>
  // What is null or undefined is left out, which is what the type says.
  Object.fromEntries(
    Object.entries(object).filter(([, one]) => one !== null && one !== undefined),
  ) as Present<T>;

function countsIn(text: string | undefined): Counts | undefined {
  if (text === undefined) return undefined;
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return Object.fromEntries(
      Object.entries(value).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
    );
  } catch {
    return undefined;
  }
}

export interface TraceWithSpans {
  info: TraceInfo;
  spans: Span[];
  /** Whether all spans have come that its client said there are. */
  complete: boolean;
}

/** Traces with their spans, in the order asked for; unknown ones are left out. */
export async function readTraces(ctx: Ctx, ids: readonly string[]): Promise<TraceWithSpans[]> {
  const rows = await selectTraces(ctx, [...new Set(ids)]);
  const infos = await toInfos(ctx, rows);
  const turns = createTurns();
  const read: TraceWithSpans[] = [];
  for (const [i, row] of rows.entries()) {
    const spans: Span[] = [];
    for (const span of unpackAll((await selectParts(ctx, [row.n])).get(row.n) ?? [])) {
      spans.push(translated(span));
      const due = turns();
      if (due) await due;
    }
    const wanted = countsIn(infos[i]!.metadata[STATS_METADATA])?.['num_spans'] ?? 0;
    read.push({ info: infos[i]!, spans, complete: spans.length > 0 && spans.length >= wanted });
  }
  return read;
}

export async function getTraceInfo(ctx: Ctx, id: string): Promise<TraceInfo> {
  return (await toInfos(ctx, [await selectTrace(ctx, id)]))[0]!;
}

export async function getTraceInfos(ctx: Ctx, ids: readonly string[]): Promise<TraceInfo[]> {
  return toInfos(ctx, await selectTraces(ctx, [...new Set(ids)]));
}

export async function getTrace(ctx: Ctx, id: string): Promise<TraceWithSpans> {
  await selectTrace(ctx, id);
  return (await readTraces(ctx, [id]))[0]!;
}

/** A trace as the UI shows it. */
export async function viewTrace(ctx: Ctx, id: string): Promise<Trace> {
  const { info, spans } = await getTrace(ctx, id);
  return { ...info, spans: spans.length, tree: spans.map(toView) };
}

const SHOWN = new Set([
  'mlflow.spanInputs',
  'mlflow.spanOutputs',
  'mlflow.spanType',
  'mlflow.chat.tokenUsage',
  'mlflow.llm.cost',
  'mlflow.llm.model',
  'mlflow.traceRequestId',
]);

function toView(span: Span): SpanView {
  const { attributes } = span;
  const inputs = inputsOf(attributes);
  const outputs = outputsOf(attributes);
  return {
    id: span.id,
    name: span.name,
    status: span.status,
    start: span.start,
    ...present({
      parent: span.parent,
      end: span.end,
      type: typeOf(attributes),
      message: span.message,
      model: modelOf(attributes),
      tokens: usageOf(attributes),
      cost: costOf(attributes),
      inputs: inputs === undefined ? undefined : plain(inputs),
      outputs: outputs === undefined ? undefined : plain(outputs),
    }),
    attributes: plainAll(Object.fromEntries(Object.entries(attributes).filter(([key]) => !SHOWN.has(key)))),
    events: (span.events ?? []).map((event) => ({ ...event, attributes: plainAll(event.attributes) })),
    links: (span.links ?? []).map((link) => ({
      trace: `tr-${link.trace}`,
      span: link.span,
      attributes: plainAll(link.attributes),
    })),
  };
}

const plainAll = (attributes: Attributes): Attributes =>
  Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, plain(value)]));
