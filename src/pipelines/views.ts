import type { Ctx } from '../platform/ctx/index.ts';
import { invalid } from '../platform/errors/index.ts';
import type {
  Attempt,
  CheckShown,
  Comparison,
  DataInput,
  DeployResult,
  Execution,
  ExecutionDetail,
  GateResult,
  GitState,
  Outcome,
  Pipeline,
  Reason,
  Step,
  StepOutput,
  StepResources,
} from './contract.ts';
import type { Prepared } from './create-execution.ts';
import { paramShown } from './file/param.ts';
import type { ExecutionOptions } from './run/options.ts';
import type { Reproduces } from './reproduce/compare.ts';
import {
  countSteps,
  selectExecution,
  selectExecutions,
  selectLatest,
  selectNumbers,
  selectPipelines,
  selectSteps,
  type ExecutionQuery,
  type ExecutionRow,
  type StepRow,
} from './store.ts';

/** Executions of a branch that are looked back at. */
const LOOK_BACK = 50;

// Columns of JSON hold what this room wrote there: each is the noun's own field, checked when it was made.
const json = <T>(text: string): T => JSON.parse(text) as T;
const optional = <K extends string, T>(key: K, value: T | null): { [key in K]?: T } =>
  value === null ? {} : ({ [key]: value } as { [key in K]?: T });
const optionalJson = <K extends string, T>(key: K, text: string | null): { [key in K]?: T } =>
  optional(key, text === null ? null : json<T>(text));

export function toExecution(row: ExecutionRow, counts: Record<string, number> | undefined): Execution {
  return {
    id: row.id,
    pipeline: row.pipeline,
    number: row.number,
    state: row.state as Execution['state'],
    ...optional('reason', row.reason),
    trigger: row.caused_by as Execution['trigger'],
    created_at: row.created_at,
    created_by: row.created_by,
    ...optional('started_at', row.started_at),
    ...optional('ended_at', row.ended_at),
    params: json<Prepared['params']>(row.params).map((one) => ({ ...one, value: paramShown(one.value) })),
    data: json<DataInput[]>(row.data),
    code: json<{ digest: string; files: number; git?: GitState }>(row.code),
    steps_by_state: counts ?? {},
    ...optional('experiment_id', row.experiment_id),
    ...optional('run_id', row.run_id),
    ...optionalJson<'model_version', { name: string; version: string }>('model_version', row.model_version),
    ...optionalJson<'gate', GateResult>('gate', row.gate),
    ...optionalJson<'deployment', DeployResult>('deployment', row.deployment),
    ...optionalJson<'reproduces', Reproduces>('reproduces', row.reproduces),
    ...optionalJson<'comparison', Comparison>('comparison', row.comparison),
    ...checkOf(row),
  };
}

function checkOf({ options }: ExecutionRow): { ci?: CheckShown } {
  const { ci } = json<ExecutionOptions>(options);
  return ci ? { ci } : {};
}

export function toStep(row: StepRow, numbers: ReadonlyMap<string, number>): Step {
  const from =
    row.cached_from === null
      ? undefined
      : json<{ execution: string; step: string; pipeline: string; run_id?: string }>(row.cached_from);
  return {
    name: row.name,
    state: row.state as Step['state'],
    command: row.command,
    needs: json<string[]>(row.needs),
    ...optional('key', row.key),
    reasons: json<Reason[]>(row.reasons),
    ...(from ? { cached_from: { ...from, number: numbers.get(from.execution) ?? 0 } } : {}),
    attempt: row.attempt,
    attempts: json<Attempt[]>(row.attempts),
    ...optional('ready_at', row.ready_at),
    ...optional('started_at', row.started_at),
    ...optional('ended_at', row.ended_at),
    ...optional('start_delay_ms', row.start_delay_ms),
    ...optionalJson<'outcome', Outcome>('outcome', row.outcome),
    ...optional('run_id', row.run_id),
    outputs: json<StepOutput[]>(row.outputs),
    ...optionalJson<'resources', StepResources>('resources', row.resources),
    log_bytes: row.log_bytes,
  };
}

export async function getExecution(ctx: Ctx, id: string): Promise<ExecutionDetail> {
  const row = await selectExecution(ctx, id);
  const rows = await selectSteps(ctx, id);
  const counts: Record<string, number> = {};
  for (const { state } of rows) counts[state] = (counts[state] ?? 0) + 1;
  const sources = rows.flatMap(({ cached_from }) =>
    cached_from === null ? [] : [json<{ execution: string }>(cached_from).execution],
  );
  const numbers = await selectNumbers(ctx, [...new Set(sources)]);
  return {
    ...toExecution(row, counts),
    steps: rows.map((step) => toStep(step, numbers)),
    warnings: json<string[]>(row.warnings),
  };
}

export async function listExecutions(
  ctx: Ctx,
  query: Partial<ExecutionQuery> & { page?: string | undefined },
): Promise<{ items: Execution[]; next?: string }> {
  const { page, limit = 50, ...rest } = query;
  if (page !== undefined && !/^[0-9a-f]{32}$/.test(page))
    throw invalid('this is not a page token', { field: 'page', hint: 'hand back `next` of the page before' });
  const rows = await selectExecutions(ctx, { ...rest, before: page, limit: limit + 1 });
  const shown = rows.slice(0, limit);
  const counts = await countSteps(
    ctx,
    shown.map(({ id }) => id),
  );
  return {
    items: shown.map((row) => toExecution(row, counts.get(row.id))),
    ...(rows.length > limit ? { next: shown.at(-1)!.id } : {}),
  };
}

/**
 * The newest execution of a branch that went through whole, before another one: what the other is compared with. A repetition is none,
 * since it only proves what was; nor is one whose parameters or data were set by hand, unless the other's were set in the same way: no
 * commit of the branch says them.
 */
export async function goodExecution(
  ctx: Ctx,
  { pipeline, branch, before }: { pipeline: string; branch: string | undefined; before: string },
): Promise<Execution | undefined> {
  const own = setByHand(await selectExecution(ctx, before));
  const rows = await selectExecutions(ctx, {
    pipeline,
    branch,
    before,
    state: 'succeeded',
    notBy: branch === undefined ? 'ci' : undefined,
    limit: LOOK_BACK,
  });
  const found = rows.find((row) => {
    const set = setByHand(row);
    return (
      row.caused_by !== 'reproduce' &&
      json<ExecutionOptions>(row.options).steps === undefined &&
      // A check of a commit is of a branch, and of none otherwise.
      (branch !== undefined || json<ExecutionOptions>(row.options).ci === undefined) &&
      (set === FILE_ALONE || set === own)
    );
  });
  return found && toExecution(found, undefined);
}

/** Parameters and references that replaced those of the file: equal texts, equal settings. */
const setByHand = ({ params, options }: Pick<ExecutionRow, 'params' | 'options'>): string =>
  JSON.stringify([
    json<Prepared['params']>(params)
      .filter(({ from }) => from !== 'file')
      .map(({ name, value }) => [name, paramShown(value)]),
    Object.entries(json<ExecutionOptions>(options).data ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)),
  ]);
const FILE_ALONE = '[[],[]]';

export async function listPipelines(
  ctx: Ctx,
  { page = '', limit = 50 }: { page?: string | undefined; limit?: number | undefined },
): Promise<{ items: Pipeline[]; next?: string }> {
  const rows = await selectPipelines(ctx, page, limit + 1);
  const shown = rows.slice(0, limit);
  const latest = await selectLatest(ctx, shown);
  const counts = await countSteps(
    ctx,
    latest.map(({ id }) => id),
  );
  const byName = new Map(latest.map((row) => [row.pipeline, toExecution(row, counts.get(row.id))]));
  const items = shown.map(({ name, executions, created_at, created_by }): Pipeline => {
    const last = byName.get(name);
    return { name, executions, created_at, created_by, ...(last ? { latest: last } : {}) };
  });
  return { items, ...(rows.length > limit ? { next: items.at(-1)!.name } : {}) };
}
