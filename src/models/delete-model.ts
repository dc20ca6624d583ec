import type { Ctx } from '../platform/ctx/index.ts';
import { say } from './say.ts';
import { aliasesOf, holdModel, modelRef, purgeModel } from './store.ts';

/** Deletes a model with its versions, tags and aliases. The files belong to runs and logged models, and stay there. */
export function deleteModel(ctx: Ctx, name: string, reason?: string): Promise<{ deleted_versions: number }> {
  return ctx.write(async (tx) => {
    const now = tx.clock.now();
    const row = await holdModel(tx, name, now);
    const aliases = await aliasesOf(tx, row.id);
    const versions = await purgeModel(tx, row.id, now);
    const before = { name, versions, last_version: row.last_version, aliases };
    await say(
      tx,
      {
        action: 'model.deleted',
        resource: modelRef(row.ref),
        before,
        ...(reason === undefined ? {} : { reason }),
      },
      { name, versions },
    );
    return { deleted_versions: versions };
  });
}
