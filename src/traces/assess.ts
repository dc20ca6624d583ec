import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { invalid, missing } from '../platform/errors/index.ts';
import { newId } from '../platform/ids/index.ts';
import type { Assessment, AssessmentError, AssessmentKind } from './contract.ts';
import { kept } from './limits.ts';
import {
  deleteAssessmentRow,
  selectAssessments,
  upsertAssessment,
  type AssessmentRow,
} from './store/assessments.ts';
import { writeTraces } from './store/tables.ts';
import { selectTrace, type TraceRow } from './store/traces.ts';
import { changeTrace } from './store/write-trace.ts';
import { valueText, type Term } from './terms.ts';

export interface NewAssessment {
  /** Made here unless said. */
  id?: string | undefined;
  kind: AssessmentKind;
  name: string;
  value: unknown;
  error?: AssessmentError | undefined;
  rationale?: string | undefined;
  metadata?: Readonly<Record<string, string>> | undefined;
  sourceType: string;
  sourceId: string;
  span?: string | undefined;
  overrides?: string | undefined;
  createdAt?: number | undefined;
  updatedAt?: number | undefined;
}

const VALUE = 1024 * 1024;
const NAME = 250;

/** Says what a trace is worth, or what it should have been. */
export function createAssessment(ctx: Ctx, trace: string, assessment: NewAssessment): Promise<Assessment> {
  return writeTraces(ctx, async (tx) => {
    const row = await selectTrace(tx, trace);
    const id = assessment.id ?? newAssessmentId(tx);
    if ((await ofTrace(tx, row)).some((one) => one.id === id))
      throw invalid(`the trace ${trace} has an assessment ${id} already`, {
        field: 'assessment_id',
        hint: 'leave the id out, and one is made',
      });
    await writeAssessment(tx, row, { ...assessment, id });
    await tx.emit({ type: 'trace.assessed', subject: `trace:${trace}` });
    return toAssessment(await selectAssessment(tx, row, id));
  });
}

const newAssessmentId = (tx: Tx): string => `a-${newId(tx.clock.now())}`;

/** Writes one in the caller's transaction; one with the same id is replaced. */
export async function writeAssessment(tx: Tx, row: TraceRow, assessment: NewAssessment): Promise<TraceRow> {
  const now = tx.clock.now();
  if (assessment.name === '' || assessment.name.length > NAME)
    throw invalid(`the name of an assessment has 1 to ${NAME} characters`, { field: 'assessment_name' });
  const value = jsonOf(assessment.value);
  const made: AssessmentRow = {
    n: row.n,
    id: assessment.id ?? newAssessmentId(tx),
    workspace: tx.workspace,
    kind: assessment.kind,
    name: kept(assessment.name),
    value,
    error: assessment.error === undefined ? null : JSON.stringify(assessment.error),
    rationale: assessment.rationale === undefined ? null : kept(assessment.rationale),
    metadata: JSON.stringify(assessment.metadata ?? {}),
    source_type: kept(assessment.sourceType),
    source_id: kept(assessment.sourceId),
    span_id: assessment.span ?? null,
    overrides: assessment.overrides ?? null,
    valid: 1,
    created_at: assessment.createdAt ?? now,
    updated_at: assessment.updatedAt ?? now,
  };
  const before = await ofTrace(tx, row);
  if (made.overrides !== null) {
    const replaced = await selectAssessment(tx, row, made.overrides);
    await upsertAssessment(tx, { ...replaced, valid: 0 });
  }
  await upsertAssessment(tx, made);
  return reindexed(tx, row, before);
}

export interface AssessmentChange {
  name?: string | undefined;
  /** In an object, since null is a value, too. */
  value?: { kind: AssessmentKind; value: unknown; error?: AssessmentError | undefined } | undefined;
  rationale?: string | undefined;
  metadata?: Readonly<Record<string, string>> | undefined;
}

export function updateAssessment(
  ctx: Ctx,
  trace: string,
  id: string,
  change: AssessmentChange,
): Promise<Assessment> {
  return writeTraces(ctx, async (tx) => {
    const row = await selectTrace(tx, trace);
    const before = await ofTrace(tx, row);
    const old = await selectAssessment(tx, row, id);
    if (change.value && change.value.kind !== old.kind)
      throw invalid(`Cannot update ${change.value.kind} value on ${article(old.kind)} assessment.`, {
        field: change.value.kind,
      });
    const metadata = { ...(JSON.parse(old.metadata) as object), ...change.metadata };
    await upsertAssessment(tx, {
      ...old,
      name: change.name === undefined ? old.name : kept(change.name),
      ...(change.value
        ? {
            value: jsonOf(change.value.value),
            error: change.value.error === undefined ? null : JSON.stringify(change.value.error),
          }
        : {}),
      rationale: change.rationale === undefined ? old.rationale : kept(change.rationale),
      metadata: JSON.stringify(metadata),
      updated_at: tx.clock.now(),
    });
    await reindexed(tx, row, before);
    await tx.emit({ type: 'trace.assessed', subject: `trace:${trace}` });
    return toAssessment(await selectAssessment(tx, row, id));
  });
}

const article = (kind: string): string => (kind === 'feedback' ? 'a Feedback' : 'an Expectation');

/** Takes one back; what it replaced holds again. False: there was none. */
export function deleteAssessment(ctx: Ctx, trace: string, id: string): Promise<boolean> {
  return writeTraces(ctx, async (tx) => {
    const row = await selectTrace(tx, trace);
    const all = await ofTrace(tx, row);
    const old = all.find((one) => one.id === id);
    if (!old) return false;
    await deleteAssessmentRow(tx, row.n, id);
    const replaced = all.find((one) => one.id === old.overrides);
    if (replaced) await upsertAssessment(tx, { ...replaced, valid: 1 });
    await reindexed(tx, row, all);
    await tx.emit({ type: 'trace.assessed', subject: `trace:${trace}` });
    return true;
  });
}

export async function getAssessment(ctx: Ctx, trace: string, id: string): Promise<Assessment> {
  return toAssessment(await selectAssessment(ctx, await selectTrace(ctx, trace), id));
}

async function selectAssessment(ctx: Ctx, row: TraceRow, id: string): Promise<AssessmentRow> {
  const found = (await ofTrace(ctx, row)).find((one) => one.id === id);
  if (!found)
    throw missing(`Assessment with ID '${id}' not found for trace '${row.id}'`, { field: 'assessment_id' });
  return found;
}

const ofTrace = async (ctx: Ctx, { n }: TraceRow): Promise<AssessmentRow[]> =>
  (await selectAssessments(ctx, [n])).get(n) ?? [];

/** What a trace is found by follows its assessments that hold; `before`: as they were. */
async function reindexed(tx: Tx, row: TraceRow, before: readonly AssessmentRow[]): Promise<TraceRow> {
  const after = await ofTrace(tx, row);
  return changeTrace(tx, row, {}, { more: termsOf(after), less: termsOf(before) });
}

const termsOf = (rows: readonly AssessmentRow[]): Term[] =>
  rows.flatMap(({ kind, name, value, valid }) =>
    valid === 1
      ? [
          { kind: 'has' as const, key: kind, value: name },
          ...(kind === 'issue'
            ? []
            : [{ kind: kind as 'feedback' | 'expectation', key: name, value: valueText(value) }]),
        ]
      : [],
  );

function jsonOf(value: unknown): string {
  const json = JSON.stringify(value ?? null);
  if (json.length > VALUE)
    throw invalid(`the value of an assessment has at most ${VALUE} characters as JSON, not ${json.length}`, {
      field: 'value',
      hint: 'log long text as an artifact',
    });
  return json.includes('\\u0000') ? JSON.stringify(withoutNul(value)) : json;
}

/** No database keeps a NUL in text in the same way. */
const withoutNul = (value: unknown): unknown => {
  if (typeof value === 'string') return kept(value);
  if (Array.isArray(value)) return value.map(withoutNul);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [kept(key), withoutNul(one)]));
};

export const toAssessment = (row: AssessmentRow): Assessment => ({
  id: row.id,
  kind: row.kind as AssessmentKind,
  name: row.name,
  value: JSON.parse(row.value) as unknown,
  ...(row.error === null ? {} : { error: JSON.parse(row.error) as AssessmentError }),
  ...(row.rationale === null ? {} : { rationale: row.rationale }),
  metadata: JSON.parse(row.metadata) as Record<string, string>,
  source_type: row.source_type,
  source_id: row.source_id,
  ...(row.span_id === null ? {} : { span: row.span_id }),
  ...(row.overrides === null ? {} : { overrides: row.overrides }),
  valid: row.valid === 1,
  created_at: row.created_at,
  updated_at: row.updated_at,
});
