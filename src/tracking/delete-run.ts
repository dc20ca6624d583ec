import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { conflict, missing } from '../platform/errors/index.ts';
import { requireActiveRun, requireOwnRun } from './log-batch.ts';
import { deleteTagRow, selectRunRow, updateRunRow } from './store/runs.ts';

/** Deleting a deleted run changes nothing. */
export const deleteRun = (ctx: Ctx, id: string): Promise<void> =>
  ctx.write((tx) => setRunState(tx, id, 'deleted'));

export const restoreRun = (ctx: Ctx, id: string): Promise<void> =>
  ctx.write((tx) => setRunState(tx, id, 'active'));

export async function setRunState(tx: Tx, id: string, state: 'active' | 'deleted'): Promise<void> {
  const before = await selectRunRow(tx, id);
  requireOwnRun(tx.actor, before);
  if (before.state === state) return;
  if (before.state === 'purging')
    throw conflict(`The run ${id} is being purged`, {
      field: 'run_id',
      hint: 'it was deleted longer ago than the grace period of gc; what is left of it goes with the next one',
    });
  await updateRunRow(tx, id, { state, deleted_with: null });
  const action = state === 'deleted' ? 'run.deleted' : 'run.restored';
  await tx.record({ action, resource: `run:${id}` });
  await tx.emit({ type: action, subject: `run:${id}`, data: { experiment: String(before.experiment_id) } });
}

/** Whether it is deleted: its params, metrics and tags are closed then. */
export const isDeletedRun = async (ctx: Ctx, id: string): Promise<boolean> =>
  (await selectRunRow(ctx, id)).state === 'deleted';

export function deleteTag(ctx: Ctx, id: string, key: string): Promise<void> {
  return ctx.write(async (tx) => {
    requireActiveRun(tx, await selectRunRow(tx, id));
    if (!(await deleteTagRow(tx, id, key)))
      throw missing(`No tag with name: ${key} in run with id ${id}`, { field: 'key' });
    await tx.emit({ type: 'run.updated', subject: `run:${id}` });
  });
}
