import { createTurns } from '../platform/aside/index.ts';
import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { invalid } from '../platform/errors/index.ts';
import { getExperiment } from '../tracking/index.ts';
import type { Counts } from './conventions.ts';
import { costOf, usageOf } from './conventions.ts';
import { checkSession, kept, MOST_BYTES, MOST_SPANS, requireSameExperiment, tagOr } from './limits.ts';
import { nextNumber } from './number.ts';
import { plain, type Attributes, type Span } from './span.ts';
import { pack, unpackWithSize } from './store/span-data.ts';
import { experimentNumber, writeTraces } from './store/tables.ts';
import {
  insertParts,
  nextPart,
  selectParts,
  selectTraces,
  type Part,
  type TraceRow,
} from './store/traces.ts';
import { changeTrace, createTraces, described, type NewTrace } from './store/write-trace.ts';
import { summarise, totalOf, type SpanSummary } from './summarise.ts';
import {
  COST_METADATA,
  LOCATION_TAG,
  NAME_TAG,
  SESSION_METADATA,
  spanTerms,
  SPANS_TAG,
  USAGE_METADATA,
  USER_METADATA,
} from './terms.ts';

/** Spans of one trace that came together. */
export interface SpanBatch {
  /** `tr-` and 32 hex digits. */
  trace: string;
  spans: readonly Span[];
  /** What sent them: attributes of their resource. */
  resource: Attributes;
}

interface Prepared extends SpanBatch {
  summary: SpanSummary;
  data: Uint8Array;
  /** Bytes of JSON. */
  size: number;
}

/** Spans that were not kept, since their trace has no room for them. */
export interface Refused {
  trace: string;
  spans: number;
  why: string;
}

const MIB = 1024 * 1024;

/** As many traces are told of by name; those that look read anew what they show. */
const TOLD = 10;

/**
 * Adds spans to traces of an experiment, which begin with their first: all of them or none, but for those of traces that are full. Those are
 * named: that one application runs in a circle costs no other its spans.
 */
export async function logSpans(
  ctx: Ctx,
  experiment: string,
  batches: readonly SpanBatch[],
): Promise<Refused[]> {
  const { state, id, artifact_location } = await getExperiment(ctx, experiment);
  if (state !== 'active')
    throw invalid(`the experiment ${id} is deleted: it takes no traces`, {
      field: 'experiment_id',
      hint: 'restore it, or log to another',
      code: 'state-conflict',
    });
  const turns = createTurns();
  const prepared: Prepared[] = [];
  for (const batch of batches) {
    const spans = latest(batch.spans);
    prepared.push({ ...batch, spans, summary: summarise(spans), ...(await pack(spans)) });
    const due = turns();
    if (due) await due;
  }
  const number = experimentNumber(id);
  const root = (artifact_location ?? `mlflow-artifacts:/${id}`).replace(/\/$/, '');
  return writeTraces(ctx, async (tx) => {
    const refused: Refused[] = [];
    const known = new Map(
      (
        await selectTraces(
          tx,
          prepared.map(({ trace }) => trace),
        )
      ).map((row) => [row.id, row]),
    );
    const fresh: NewTrace[] = [];
    const parts: Part[] = [];
    for (const one of prepared) {
      const old = known.get(one.trace);
      if (old) {
        requireSameExperiment(old, number);
        const why = await extend(tx, old, one);
        if (why !== undefined) refused.push({ trace: one.trace, spans: one.spans.length, why });
        continue;
      }
      const why = tooMuch(one.trace, one.spans.length, one.size);
      if (why !== undefined) refused.push({ trace: one.trace, spans: one.spans.length, why });
      else {
        const made = newTrace(tx, number, root, one);
        fresh.push(made);
        parts.push({ n: made.n, part: 0, data: one.data });
      }
    }
    await createTraces(tx, number, fresh);
    await insertParts(tx, parts);
    const full = new Set(refused.map(({ trace }) => trace));
    for (const { trace } of prepared.filter((one) => !full.has(one.trace)).slice(0, TOLD))
      await tx.emit({ type: 'trace.logged', subject: `trace:${trace}` });
    return refused;
  });
}

/** Of a span that came twice at once, the last. */
const latest = (spans: readonly Span[]): Span[] => [
  ...new Map(spans.map((span) => [span.id, span])).values(),
];

const tooMuch = (trace: string, spans: number, size: number): string | undefined =>
  spans > MOST_SPANS
    ? `the trace ${trace} would have ${spans.toLocaleString('en')} spans, and may have ${MOST_SPANS.toLocaleString('en')}`
    : size > MOST_BYTES
      ? `the trace ${trace} would have ${Math.ceil(size / MIB)} MiB of spans, and may have ${MOST_BYTES / MIB}`
      : undefined;

function newTrace(
  tx: Tx,
  experiment: number,
  root: string,
  { trace, spans, resource, summary }: Prepared,
): NewTrace {
  const tags = tagsOf(resource, summary);
  const name = tags[NAME_TAG] ?? nameOfRoot(spans);
  delete tags[NAME_TAG];
  tags[SPANS_TAG] = 'TRACKING_STORE';
  tags[LOCATION_TAG] = artifactsOf(root, trace);
  const metadata: Record<string, string> = {};
  sayCounts(metadata, summary.usage, summary.cost);
  sayWho(metadata, summary);
  return {
    n: nextNumber(tx.clock.now()),
    workspace: tx.workspace,
    id: trace,
    experiment_id: experiment,
    started_at: summary.start,
    execution_ms: summary.end === undefined ? null : summary.end - summary.start,
    status: summary.status ?? 'IN_PROGRESS',
    name: name === undefined ? null : kept(name),
    client_request_id: null,
    request_preview: orNull(summary.requestPreview),
    response_preview: orNull(summary.responsePreview),
    tags: JSON.stringify(tags),
    metadata: JSON.stringify(metadata),
    links: '{"runs":[],"prompts":[]}',
    total_tokens: wholeOrNull(summary.usage?.['total_tokens']),
    total_cost: summary.cost?.['total_cost'] ?? null,
    spans: spans.length,
    finalized: 0,
    more: spanTerms(summary),
  };
}

export const artifactsOf = (root: string, trace: string): string => `${root}/traces/${trace}/artifacts`;

/** Undefined: the spans are kept. Else why not. */
async function extend(
  tx: Tx,
  old: TraceRow,
  { spans, resource, summary, data, size }: Prepared,
): Promise<string | undefined> {
  // One that is full takes nothing more, without being read again for whoever goes on sending.
  if (old.spans >= MOST_SPANS) return tooMuch(old.id, old.spans + spans.length, 0);
  // A span that came before is replaced, and counted once; and a parent may stand for what came before it.
  const before = unpackWithSize((await selectParts(tx, [old.n])).get(old.n) ?? []);
  const all = latest([...before.spans, ...spans]);
  const full = tooMuch(old.id, all.length, before.size + size);
  if (full !== undefined) return full;
  const change: Partial<TraceRow> = { spans: all.length };
  const { tags, metadata } = described(old);
  if (old.finalized === 0) {
    const end = Math.max(
      old.execution_ms === null ? Number.NEGATIVE_INFINITY : old.started_at + old.execution_ms,
      summary.end ?? Number.NEGATIVE_INFINITY,
    );
    change.started_at = Math.min(old.started_at, summary.start);
    change.execution_ms = Number.isFinite(end) ? end - change.started_at : null;
  }
  if (summary.status !== undefined && (old.status === 'IN_PROGRESS' || old.status === 'STATE_UNSPECIFIED'))
    change.status = summary.status;
  if (old.request_preview === null && summary.requestPreview !== undefined)
    change.request_preview = orNull(summary.requestPreview);
  if (old.response_preview === null && summary.responsePreview !== undefined)
    change.response_preview = orNull(summary.responsePreview);
  const { [NAME_TAG]: named, ...added } = tagsOf(resource, summary);
  const name = named ?? (old.name === null ? nameOfRoot(spans) : undefined);
  if (name !== undefined) change.name = kept(name);
  Object.assign(tags, added, { [SPANS_TAG]: 'TRACKING_STORE' });
  const usage = summary.usage && !(old.finalized === 1 && metadata[USAGE_METADATA] !== undefined);
  const cost = summary.cost && !(old.finalized === 1 && metadata[COST_METADATA] !== undefined);
  if (usage || cost) {
    const counted = {
      usage: usage ? totalOf(all, usageOf, ['input_tokens', 'output_tokens', 'total_tokens']) : undefined,
      cost: cost ? totalOf(all, costOf, ['input_cost', 'output_cost', 'total_cost']) : undefined,
    };
    sayCounts(metadata, counted.usage, counted.cost);
    if (counted.usage) change.total_tokens = wholeOrNull(counted.usage['total_tokens']);
    if (counted.cost) change.total_cost = counted.cost['total_cost'] ?? null;
  }
  sayWho(metadata, summary);
  await changeTrace(
    tx,
    old,
    { ...change, tags: JSON.stringify(tags), metadata: JSON.stringify(metadata) },
    { more: spanTerms(summary) },
  );
  await insertParts(tx, [{ n: old.n, part: await nextPart(tx, old.n), data }]);
  return undefined;
}

const nameOfRoot = (spans: readonly Span[]): string | undefined =>
  spans.find(({ parent }) => parent === null)?.name;

/** What sent the spans, and what their root says, as tags; a person's own win. */
function tagsOf(resource: Attributes, { tags }: SpanSummary): Record<string, string> {
  const kept: Record<string, string> = {};
  const keep = (key: string, value: string): void => {
    const tag = tagOr(key, value);
    if (tag) kept[tag[0]] = tag[1];
  };
  for (const [key, value] of Object.entries(resource))
    if (!key.startsWith('telemetry.sdk.') && !key.startsWith('mlflow.'))
      keep(key, typeof value === 'string' ? value : JSON.stringify(plain(value)));
  for (const [key, value] of tags) keep(key, value);
  return kept;
}

/** Counts in the form in which MLflow's clients read and write them. */
export function sayCounts(
  metadata: Record<string, string>,
  usage: Counts | undefined,
  cost: Counts | undefined,
): void {
  if (usage) metadata[USAGE_METADATA] = countsText(usage);
  if (cost) metadata[COST_METADATA] = countsText(cost);
}

const countsText = (counts: Counts): string =>
  `{${Object.entries(counts)
    .map(([key, count]) => `${JSON.stringify(key)}: ${JSON.stringify(count)}`)
    .join(', ')}}`;

function sayWho(metadata: Record<string, string>, { session, user }: SpanSummary): void {
  if (session !== undefined) metadata[SESSION_METADATA] ??= checkSession(kept(session))!;
  if (user !== undefined) metadata[USER_METADATA] ??= kept(user).slice(0, 250);
}

const orNull = (text: string | undefined): string | null => (text === undefined ? null : kept(text));
const wholeOrNull = (count: number | undefined): number | null =>
  count === undefined || !Number.isSafeInteger(count) ? null : count;
