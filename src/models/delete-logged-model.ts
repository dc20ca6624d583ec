import type { Ctx } from '../platform/ctx/index.ts';
import { conflict } from '../platform/errors/index.ts';
import type { LoggedModel } from './contract.ts';
import { say } from './say.ts';
import { requireLoggedModel, toLoggedModel, updateLoggedModelRow } from './store-logged-models.ts';

/** Hides a logged model; versions made from it stay, and it can be restored. Deleting a deleted one changes nothing. */
export async function deleteLoggedModel(ctx: Ctx, id: string, reason?: string): Promise<LoggedModel> {
  await ctx.write(async (tx) => {
    const row = await requireLoggedModel(tx, id, true);
    if (row.deleted_at !== null) return;
    const now = tx.clock.now();
    await updateLoggedModelRow(tx, id, { deleted_at: now, updated_at: now });
    await say(
      tx,
      {
        action: 'logged_model.deleted',
        resource: `logged_model:${id}`,
        ...(reason === undefined ? {} : { reason }),
      },
      { name: row.name },
    );
  });
  return toLoggedModel(ctx, await requireLoggedModel(ctx, id, true));
}

export async function restoreLoggedModel(ctx: Ctx, id: string): Promise<LoggedModel> {
  await ctx.write(async (tx) => {
    const row = await requireLoggedModel(tx, id, true);
    if (row.deleted_at === null) throw conflict(`logged model '${id}' is not deleted`, { field: 'model_id' });
    await updateLoggedModelRow(tx, id, { deleted_at: null, updated_at: tx.clock.now() });
    await say(tx, { action: 'logged_model.restored', resource: `logged_model:${id}` }, { name: row.name });
  });
  return toLoggedModel(ctx, await requireLoggedModel(ctx, id));
}
