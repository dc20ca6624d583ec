import type { Ctx } from '../platform/ctx/index.ts';
import { invalid, missing } from '../platform/errors/index.ts';
import { newId } from '../platform/ids/index.ts';
import { getExperiment, getRun } from '../tracking/index.ts';
import { writeAssessment, type NewAssessment } from './assess.ts';
import { numberOf } from './span.ts';
import {
  checkMetadata,
  checkName,
  checkSession,
  checkTag,
  checkTime,
  checkTraceId,
  kept,
  requireSameExperiment,
} from './limits.ts';
import { artifactsOf } from './log-spans.ts';
import { nextNumber } from './number.ts';
import { experimentNumber, writeTraces } from './store/tables.ts';
import { selectTrace, selectTraces, type TraceRow } from './store/traces.ts';
import { changeTrace, createTraces, described } from './store/write-trace.ts';
import {
  COST_METADATA,
  FINALIZED_METADATA,
  LOCATION_TAG,
  NAME_TAG,
  SESSION_METADATA,
  USAGE_METADATA,
} from './terms.ts';
import type { TraceStatus } from './contract.ts';

type Pairs = Readonly<Record<string, string>>;

/** A trace as its client says it as a whole; its spans come by themselves. */
export interface TraceStart {
  id: string;
  experiment: string;
  startedAt: number;
  executionMs: number | undefined;
  status: TraceStatus;
  clientRequestId: string | undefined;
  requestPreview: string | undefined;
  responsePreview: string | undefined;
  tags: Pairs;
  metadata: Pairs;
  assessments: readonly NewAssessment[];
}

/** Begins a trace, or says of one whose spans came before what it is as a whole. */
export async function startTrace(ctx: Ctx, start: TraceStart, finalized = true): Promise<TraceRow> {
  checkTraceId(start.id);
  const { state, id: experiment, artifact_location } = await getExperiment(ctx, start.experiment);
  if (state !== 'active')
    throw invalid(`the experiment ${experiment} is deleted: it takes no traces`, {
      field: 'experiment_id',
      hint: 'restore it, or log to another',
      code: 'state-conflict',
    });
  checkTime(start.startedAt, 'request_time');
  if (start.executionMs !== undefined) checkTime(start.startedAt + start.executionMs, 'execution_duration');
  const { [NAME_TAG]: name, ...tags } = Object.fromEntries(
    Object.entries(start.tags).map(([key, value]) =>
      key === NAME_TAG ? [key, checkName(value)!] : checkTag(key, value),
    ),
  );
  const metadata = Object.fromEntries(checkMetadata(Object.entries(start.metadata)));
  checkSession(metadata[SESSION_METADATA]);
  if (finalized) metadata[FINALIZED_METADATA] = 'true';
  const root = (artifact_location ?? `mlflow-artifacts:/${experiment}`).replace(/\/$/, '');
  const number = experimentNumber(experiment);
  return writeTraces(ctx, async (tx) => {
    const [old] = await selectTraces(tx, [start.id]);
    tags[LOCATION_TAG] = artifactsOf(root, start.id);
    const said = {
      experiment_id: number,
      started_at: start.startedAt,
      execution_ms: start.executionMs ?? null,
      status: start.status,
      client_request_id: start.clientRequestId === undefined ? null : kept(start.clientRequestId),
      ...countsIn(metadata),
    };
    let row: TraceRow;
    if (old) {
      requireSameExperiment(old, number);
      const before = described(old);
      const change = {
        ...said,
        ...(name === undefined ? {} : { name }),
        ...(start.requestPreview === undefined ? {} : { request_preview: kept(start.requestPreview) }),
        ...(start.responsePreview === undefined ? {} : { response_preview: kept(start.responsePreview) }),
        tags: JSON.stringify({ ...before.tags, ...tags }),
        metadata: JSON.stringify({ ...before.metadata, ...metadata }),
        ...(finalized ? { finalized: 1 } : {}),
      };
      row = await changeTrace(tx, old, change);
    } else {
      const made = {
        n: nextNumber(tx.clock.now()),
        workspace: tx.workspace,
        id: start.id,
        total_tokens: null,
        total_cost: null,
        ...said,
        name: name ?? null,
        request_preview: start.requestPreview === undefined ? null : kept(start.requestPreview),
        response_preview: start.responsePreview === undefined ? null : kept(start.responsePreview),
        tags: JSON.stringify(tags),
        metadata: JSON.stringify(metadata),
        links: '{"runs":[],"prompts":[]}',
        spans: 0,
        finalized: finalized ? 1 : 0,
      };
      await createTraces(tx, number, [{ ...made, more: [] }]);
      row = await selectTrace(tx, start.id);
    }
    for (const assessment of start.assessments) row = await writeAssessment(tx, row, assessment);
    await tx.emit({ type: 'trace.logged', subject: `trace:${start.id}` });
    return row;
  });
}

/** What a list is sorted by, out of the texts that clients say it in. */
function countsIn(metadata: Pairs): { total_tokens?: number | null; total_cost?: number | null } {
  const counts: { total_tokens?: number | null; total_cost?: number | null } = {};
  const tokens = metadata[USAGE_METADATA];
  if (tokens !== undefined) {
    const total = countIn(tokens, 'total_tokens');
    counts.total_tokens = total !== undefined && Number.isSafeInteger(total) ? total : null;
  }
  const cost = metadata[COST_METADATA];
  if (cost !== undefined) counts.total_cost = countIn(cost, 'total_cost') ?? null;
  return counts;
}

function countIn(text: string, key: string): number | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value !== 'object' || value === null) return undefined;
    const count = (value as Record<string, unknown>)[key];
    return typeof count === 'number' || typeof count === 'string' ? numberOf(count) : undefined;
  } catch {
    return undefined;
  }
}

/** Begins a trace as clients of before 3.0 do: its id is made here. */
export const startUnnamedTrace = (
  ctx: Ctx,
  start: { experiment: string; startedAt: number; tags: Pairs; metadata: Pairs },
): Promise<TraceRow> =>
  startTrace(
    ctx,
    {
      ...start,
      id: `tr-${newId(ctx.clock.now())}`,
      executionMs: undefined,
      status: 'IN_PROGRESS',
      clientRequestId: undefined,
      requestPreview: undefined,
      responsePreview: undefined,
      assessments: [],
    },
    false,
  );

/** And ends it. */
export async function endTrace(
  ctx: Ctx,
  id: string,
  end: { at: number; status: TraceStatus; tags: Pairs; metadata: Pairs },
): Promise<TraceRow> {
  const { [NAME_TAG]: name, ...tags } = Object.fromEntries(
    Object.entries(end.tags).map(([key, value]) =>
      key === NAME_TAG ? [key, checkName(value)!] : checkTag(key, value),
    ),
  );
  const metadata = Object.fromEntries(checkMetadata(Object.entries(end.metadata)));
  checkTime(end.at, 'timestamp_ms');
  return writeTraces(ctx, async (tx) => {
    const old = await selectTrace(tx, id);
    const before = described(old);
    const row = await changeTrace(tx, old, {
      execution_ms: end.at - old.started_at,
      status: end.status,
      ...(name === undefined ? {} : { name }),
      tags: JSON.stringify({ ...before.tags, ...tags }),
      metadata: JSON.stringify({ ...before.metadata, ...metadata }),
      ...countsIn(metadata),
    });
    await tx.emit({ type: 'trace.logged', subject: `trace:${id}` });
    return row;
  });
}

const MOST_LINKS = 100;

/** Says that traces belong to a run; those that are not there are left out. */
export async function linkToRun(ctx: Ctx, traces: readonly string[], run: string): Promise<void> {
  if (traces.length > MOST_LINKS)
    throw invalid(
      `Cannot link more than ${MOST_LINKS} traces to a run in a single request. Provided ${traces.length} traces.`,
      { field: 'trace_ids', hint: `link at most ${MOST_LINKS} at once` },
    );
  await getRun(ctx, run);
  await writeTraces(ctx, async (tx) => {
    for (const row of await selectTraces(tx, traces)) {
      const { links } = described(row);
      if (links.runs.includes(run)) continue;
      await changeTrace(tx, row, { links: JSON.stringify({ ...links, runs: [...links.runs, run] }) });
      await tx.emit({ type: 'trace.updated', subject: `trace:${row.id}` });
    }
  });
}

/** Says which versions of prompts a trace used: `name/version`. */
export async function linkPrompts(ctx: Ctx, trace: string, prompts: readonly string[]): Promise<void> {
  await writeTraces(ctx, async (tx) => {
    const row = await selectTrace(tx, trace);
    const { links } = described(row);
    const all = [...new Set([...links.prompts, ...prompts.map(kept)])];
    if (all.length > 1000)
      throw invalid(`a trace uses at most 1000 versions of prompts, not ${all.length}`, {
        field: 'prompt_versions',
      });
    await changeTrace(tx, row, { links: JSON.stringify({ ...links, prompts: all }) });
    await tx.emit({ type: 'trace.updated', subject: `trace:${trace}` });
  });
}

/** Tags that say where a trace is kept: nobody sets them. */
const FIXED = new Set([
  'mlflow.trace.spansLocation',
  'mlflow.trace.archiveLocation',
  'mlflow.trace.archivalFailure',
]);

export async function setTags(
  ctx: Ctx,
  trace: string,
  tags: ReadonlyArray<readonly [string, string]>,
): Promise<TraceRow> {
  const checked = tags.map(([key, value]) => {
    requireFree(key, 'set');
    return key === NAME_TAG ? ([key, checkName(value)!] as const) : checkTag(key, value);
  });
  return writeTraces(ctx, async (tx) => {
    const row = await selectTrace(tx, trace);
    const { tags: before } = described(row);
    const { [NAME_TAG]: name, ...others } = Object.fromEntries(checked);
    const changed = await changeTrace(tx, row, {
      ...(name === undefined ? {} : { name }),
      tags: JSON.stringify({ ...before, ...others }),
    });
    await tx.emit({ type: 'trace.updated', subject: `trace:${trace}` });
    return changed;
  });
}

export async function removeTag(ctx: Ctx, trace: string, key: string): Promise<TraceRow> {
  requireFree(key, 'deleted');
  return writeTraces(ctx, async (tx) => {
    const row = await selectTrace(tx, trace);
    const { tags } = described(row);
    const there = key === NAME_TAG ? row.name !== null : Object.hasOwn(tags, key);
    if (!there)
      throw missing(`No trace tag with key '${key}' for trace with ID '${trace}'`, { field: 'key' });
    const { [key]: _gone, ...others } = tags;
    const changed = await changeTrace(
      tx,
      row,
      key === NAME_TAG ? { name: null } : { tags: JSON.stringify(others) },
    );
    await tx.emit({ type: 'trace.updated', subject: `trace:${trace}` });
    return changed;
  });
}

function requireFree(key: string, what: string): void {
  if (FIXED.has(key))
    throw invalid(`Tag '${key}' is immutable and cannot be ${what} on a trace.`, { field: 'key' });
}
