import type { Ctx } from '../platform/ctx/index.ts';
import type { Model } from './contract.ts';
import { checkDescription, modelName } from './names.ts';
import { brief, say } from './say.ts';
import { findModel, holdModel, modelRef, nameTaken, requireModel, updateModelRow } from './store.ts';
import { toModel } from './store-views.ts';

/** Renames a model, describes it, or both. Its versions and aliases go with it; in the ledger it keeps its ref. */
export async function updateModel(
  ctx: Ctx,
  name: string,
  change: { name?: string | undefined; description?: string | undefined },
): Promise<Model> {
  const newName = change.name === undefined ? undefined : modelName(change.name, 'new_name');
  checkDescription(change.description);
  await ctx.write(async (tx) => {
    const now = tx.clock.now();
    const row = await holdModel(tx, name, now);
    if (newName !== undefined && newName !== name) {
      if (await findModel(tx, newName)) throw nameTaken(newName);
      await updateModelRow(tx, row.id, { name: newName });
      await say(
        tx,
        { action: 'model.renamed', resource: modelRef(row.ref), before: { name }, after: { name: newName } },
        { name: newName, before: name },
      );
    }
    if (change.description !== undefined) {
      await updateModelRow(tx, row.id, { description: change.description });
      const before = row.description === null ? {} : { before: { description: brief(row.description) } };
      await say(
        tx,
        {
          action: 'model.described',
          resource: modelRef(row.ref),
          ...before,
          after: { description: brief(change.description) },
        },
        { name: newName ?? name },
      );
    }
  });
  return toModel(ctx, await requireModel(ctx, newName ?? name));
}
