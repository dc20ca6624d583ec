import type { Ctx } from '../platform/ctx/index.ts';
import { conflict } from '../platform/errors/index.ts';
import { deleteExecutionRows, selectExecution } from './store.ts';

/** Deletes an execution that has ended, with its steps; its runs and models stay. Steps that took its results keep them. */
export function deleteExecution(ctx: Ctx, id: string, reason?: string): Promise<{ deleted: string }> {
  return ctx.write(async (tx) => {
    const { pipeline, number, state } = await selectExecution(tx, id);
    if (state === 'queued' || state === 'running')
      throw conflict(`execution ${number} of ${pipeline} has not ended yet`, {
        field: 'execution',
        hint: 'cancel it first: treadle cancel',
      });
    await deleteExecutionRows(tx, id);
    const resource = `execution:${id}`;
    await tx.record({
      action: 'execution.deleted',
      resource,
      before: { pipeline, number, state },
      ...(reason === undefined ? {} : { reason }),
    });
    await tx.emit({ type: 'execution.deleted', subject: resource, data: { pipeline, number } });
    return { deleted: resource };
  });
}
