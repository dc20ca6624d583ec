import type { Actor, Ctx, Tx } from '../platform/ctx/index.ts';
import { forbidden, invalid } from '../platform/errors/index.ts';
import { checkKey, clipParam, clipTag } from './limits.ts';
import { appendMetrics, checkMetrics, type MetricPoint } from './log-metrics.ts';
import {
  insertParams,
  selectParams,
  selectRunRow,
  updateRunRow,
  upsertTags,
  type Pair,
  type RunTableRow,
} from './store/runs.ts';
import { NAME_TAG } from './well-known.ts';

export interface Batch {
  metrics?: readonly MetricPoint[];
  params?: readonly Pair[];
  tags?: readonly Pair[];
}

const MOST_METRICS = 1000;
const MOST_OTHERS = 100;
const MOST_TOGETHER = 1000;

/** Logs metrics, params and tags to an active run: all of them or none. `single`: the batch is one item of its own call. */
export async function logBatch(
  ctx: Ctx,
  runId: string,
  batch: Batch,
  options: { single?: boolean } = {},
): Promise<void> {
  const { metrics = [], params: rawParams = [], tags: rawTags = [] } = batch;
  const field = (list: string) => (i: number) => (options.single === true ? '' : `${list}[${i}].`);
  limit('metrics', metrics.length, MOST_METRICS);
  limit('params', rawParams.length, MOST_OTHERS);
  limit('tags', rawTags.length, MOST_OTHERS);
  limit('metrics, params, and tags', metrics.length + rawParams.length + rawTags.length, MOST_TOGETHER);
  checkMetrics(metrics, field('metrics'));
  const params = checkPairs(rawParams, field('params'), clipParam);
  const tags = checkPairs(rawTags, field('tags'), clipTag);
  requireDistinct(params);
  await ctx.write(async (tx) => {
    const run = await selectRunRow(tx, runId);
    requireActiveRun(tx, run);
    await writeParams(tx, run, params);
    await appendMetrics(tx, run, metrics);
    await writeTags(tx, run, tags);
    // One event for all that a batch logged; the UI reads what it shows.
    if (metrics.length > 0) await tx.emit({ type: 'run.metrics_logged', subject: `run:${runId}` });
    if (params.length + tags.length > 0) await tx.emit({ type: 'run.updated', subject: `run:${runId}` });
  });
}

/** Tags of an active run; the run's name follows the tag that mirrors it. */
export async function writeTags(tx: Tx, run: RunTableRow, tags: readonly Pair[]): Promise<void> {
  if (tags.length === 0) return;
  await upsertTags(tx, run, tags);
  const name = new Map(tags).get(NAME_TAG);
  if (name !== undefined && name !== '') await updateRunRow(tx, run.id, { name });
}

/** A param is written once: the same value again is no change, another value is refused. */
async function writeParams(tx: Tx, run: RunTableRow, params: readonly Pair[]): Promise<void> {
  if (params.length === 0) return;
  const compare = async (): Promise<readonly Pair[]> => {
    const known = await selectParams(
      tx,
      run,
      params.map(([key]) => key),
    );
    for (const [key, value] of params) {
      const old = known.get(key);
      if (old !== undefined && old !== value) {
        throw invalid(
          `Changing param values is not allowed. Param with key='${key}' was already logged with value='${old}' for run ID='${run.id}'. Attempted logging new value '${value}'`,
          {
            field: 'params',
            code: 'param-changed',
            hint: 'log it under another key, or start a new run',
          },
        );
      }
    }
    return params.filter(([key]) => !known.has(key));
  };
  const fresh = await compare();
  // Another writer may have been quicker: then its value is the one to compare with.
  if (fresh.length > 0 && (await insertParams(tx, run, fresh)) < fresh.length) await compare();
}

export function requireActiveRun({ actor }: Pick<Ctx, 'actor'>, run: RunTableRow): void {
  requireOwnRun(actor, run);
  if (run.state !== 'active') {
    throw invalid(`The run ${run.id} must be in the 'active' state. Current state is ${run.state}`, {
      field: 'run_id',
      code: 'run-deleted',
      hint: 'restore it first',
    });
  }
}

/** Keys checked, values cut to what is kept. */
export function checkPairs(
  pairs: readonly Pair[],
  field: (i: number) => string,
  clip: (value: string, field: string) => string,
): Pair[] {
  limit('tags', pairs.length, MOST_TOGETHER);
  return pairs.map(([key, value], i) => {
    checkKey(key, `${field(i)}key`);
    return [key, clip(value, `${field(i)}value`)];
  });
}

function requireDistinct(params: readonly Pair[]): void {
  const seen = new Set<string>();
  for (const [key] of params) {
    if (seen.has(key))
      throw invalid(
        `Duplicate parameter keys have been submitted: ${key}. Please ensure the request contains only one param value per param key`,
        { field: 'params' },
      );
    seen.add(key);
  }
}

function limit(what: string, length: number, most: number): void {
  if (length > most)
    throw invalid(`A batch logging request can contain at most ${most} ${what}. Got ${length} ${what}`, {
      field: what,
      hint: 'split it into several requests',
    });
}

/** A step's token writes to the runs of its execution, and to no others. */
export function requireOwnRun({ execution, name }: Actor, run: Pick<RunTableRow, 'id' | 'execution'>): void {
  if (execution === undefined || run.execution === execution) return;
  throw forbidden(`the token of ${name} may not write to run ${run.id}: it is no run of that execution`, {
    field: 'run_id',
    hint: 'log to the run in MLFLOW_RUN_ID, or to one that the step started',
  });
}
