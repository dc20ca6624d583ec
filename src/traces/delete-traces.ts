import type { Ctx } from '../platform/ctx/index.ts';
import { forbidden, invalid, TreadleError } from '../platform/errors/index.ts';
import { deleteFolder, getExperiment } from '../tracking/index.ts';
import { experimentNumber, writeTraces } from './store/tables.ts';
import {
  deleteTerms,
  deleteTraceRows,
  selectExperiments,
  selectOldest,
  selectTrace,
} from './store/traces.ts';

export interface Deletion {
  /** At most this many, the oldest first. */
  most?: number | undefined;
  /** Those that began by then, ms. */
  until?: number | undefined;
  ids?: readonly string[] | undefined;
}

/** Traces of one transaction: every other writer waits for it. */
const PORTION = 200;

/** Deletes traces of an experiment for good. Returns how many there were. */
export async function deleteTraces(ctx: Ctx, experiment: string, which: Deletion): Promise<number> {
  const { id } = await getExperiment(ctx, experiment);
  const { ids, until, most = Number.POSITIVE_INFINITY } = which;
  if (ids === undefined && until === undefined)
    throw invalid('Either `max_timestamp_millis` or `trace_ids` must be specified.', {
      field: 'max_timestamp_millis',
      hint: 'say which traces to delete',
    });
  if (ids !== undefined && (until !== undefined || which.most !== undefined))
    throw invalid('`max_timestamp_millis` and `max_traces` cannot be specified together with `trace_ids`.', {
      field: 'request_ids',
      hint: 'name traces, or say until when',
    });
  if (most <= 0)
    throw invalid(`\`max_traces\` must be a positive integer, received ${most}.`, { field: 'max_traces' });
  return remove(ctx, experimentNumber(id), { ids, until }, most);
}

async function remove(
  ctx: Ctx,
  experiment: number,
  where: Pick<Deletion, 'ids' | 'until'>,
  most: number,
): Promise<number> {
  if (ctx.actor.execution !== undefined)
    throw forbidden('a step of a pipeline deletes no traces', {
      hint: 'delete them with a token of your own: treadle traces, or MLflow’s delete_traces',
    });
  let deleted = 0;
  while (deleted < most) {
    const some = await writeTraces(ctx, async (tx) => {
      const rows = await selectOldest(tx, experiment, where, Math.min(PORTION, most - deleted));
      if (rows.length === 0) return 0;
      await deleteTraceRows(tx, rows);
      for (const { id } of rows) await deleteFolder(tx, `${experiment}/traces/${id}`);
      await tx.record({
        action: 'trace.deleted',
        resource: `experiment:${experiment}`,
        before: { traces: rows.length, first: rows[0]!.id, last: rows.at(-1)!.id },
      });
      await tx.emit({ type: 'trace.deleted', subject: `trace:${rows[0]!.id}` });
      return rows.length;
    });
    deleted += some;
    if (some < PORTION) break;
  }
  return deleted;
}

export async function deleteTrace(ctx: Ctx, id: string): Promise<number> {
  const { experiment_id } = await selectTrace(ctx, id);
  return remove(ctx, experiment_id, { ids: [id] }, 1);
}

/** Traces whose experiment was purged go, too. */
export async function purgeTraces(ctx: Ctx): Promise<number> {
  let purged = 0;
  for (const { workspace, experiment } of await selectExperiments(ctx)) {
    const there = ctx.as({ workspace });
    if (await isThere(there, String(experiment))) continue;
    purged += await remove(there, experiment, {}, Number.POSITIVE_INFINITY);
    await there.write((tx) => deleteTerms(tx, experiment));
  }
  return purged;
}

async function isThere(ctx: Ctx, experiment: string): Promise<boolean> {
  try {
    await getExperiment(ctx, experiment);
    return true;
  } catch (error) {
    if (error instanceof TreadleError && error.kind === 'missing') return false;
    throw error;
  }
}
