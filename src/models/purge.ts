import type { Ctx } from '../platform/ctx/index.ts';
import { deleteArtifact, deletedExperiments } from '../tracking/index.ts';
import { folderOf } from './files.ts';
import { deleteLoggedModelRows, selectDeletedLoggedModels, selectLocations } from './store-purge.ts';

/** Two parts say which run or logged model a folder belongs to: `3/<run>`, `3/models/<id>`. */
const placeOf = (folder: string): string => {
  const parts = folder.split('/');
  return parts.slice(0, parts[1] === 'models' ? 3 : 2).join('/');
};

/**
 * Which folders of artifacts hold files of models that are there, in every workspace: of versions, and of logged models that are
 * not deleted, or may still be restored.
 */
export async function namedFolders(
  ctx: Ctx,
  before: number,
): Promise<(workspace: string, folder: string) => boolean> {
  const named = new Set<string>();
  for await (const { workspace, location } of selectLocations(ctx, before)) {
    const folder = folderOf(location);
    if (folder === undefined) continue;
    const place = placeOf(folder);
    named.add(`${workspace} ${place}`);
    named.add(`${workspace} ${place.split('/')[0]}`);
  }
  return (workspace, folder) => named.has(`${workspace} ${folder}`);
}

/** Logged models that were deleted before a moment, or whose experiment was, and that no version is made from, go for good. */
export async function purgeLoggedModels(ctx: Ctx, before: number, dryRun: boolean): Promise<number> {
  let purged = 0;
  // A statement holds so many conditions; the rest is for the next purge.
  const experiments = (await deletedExperiments(ctx, before)).slice(0, 500);
  for (const { id, workspace, name, location } of await selectDeletedLoggedModels(ctx, before, experiments)) {
    purged++;
    if (dryRun) continue;
    await ctx.as({ workspace }).write(async (tx) => {
      const folder = folderOf(location);
      if (folder !== undefined) await deleteArtifact(tx, placeOf(folder));
      await deleteLoggedModelRows(tx, id);
      await tx.record({ action: 'logged_model.purged', resource: `logged_model:${id}`, before: { name } });
    });
  }
  return purged;
}
