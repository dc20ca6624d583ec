import type { Ctx } from '../platform/ctx/index.ts';
import { conflict } from '../platform/errors/index.ts';
import type { Engine } from './run/engine.ts';
import { cancelledBy } from './run/cancelled.ts';
import { selectExecution, updateExecution } from './store.ts';

/** Asks an execution to stop. It is told at once where it runs here; anywhere else it reads the mark in its row. */
export async function cancelExecution(ctx: Ctx, id: string, engine: Engine): Promise<void> {
  await ctx.write(async (tx) => {
    const row = await selectExecution(tx, id);
    if (row.state !== 'queued' && row.state !== 'running')
      throw conflict(
        `execution ${row.number} of ${row.pipeline} has ended already: it ${row.state === 'cancelled' ? 'was cancelled' : row.state}`,
        {
          field: 'execution',
          hint: 'only an execution that has not ended can be cancelled',
        },
      );
    if (row.cancel_by !== null) return;
    await updateExecution(tx, id, { cancel_by: tx.actor.name });
    await tx.record({ action: 'execution.cancel_asked', resource: `execution:${id}` });
    await tx.emit({ type: 'execution.cancel_asked', subject: `execution:${id}` });
    await tx.emit({ type: 'execution.updated', subject: `execution:${id}` });
    tx.afterCommit(() => engine.cancels.get(id)?.abort(cancelledBy()));
  });
}
