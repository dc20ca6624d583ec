import type { Ctx } from '../platform/ctx/index.ts';
import { deleteArtifact, deletedExperiments, type NeededArtifacts } from '../tracking/index.ts';
import { folderOf } from './files.ts';
import { deleteLoggedModelRows, selectDeletedLoggedModels, selectNeeds } from './store-purge.ts';

/** Two parts say which run or logged model a folder belongs to: `3/<run>`, `3/models/<id>`. */
const placeOf = (folder: string): string => {
  const parts = folder.split('/');
  return parts.slice(0, parts[1] === 'models' ? 3 : 2).join('/');
};

/**
 * Which runs, and which folders of artifacts, models need that are there, in every workspace: the runs that versions name, or the
 * logged models that they are made from, since the story of a version begins there wherever its files lie; and the folders with files
 * of versions, and of logged models that are not deleted, or may still be restored.
 */
export async function neededByModels(ctx: Ctx, before: number): Promise<NeededArtifacts> {
  const runs = new Set<string>();
  const folders = new Set<string>();
  for await (const need of selectNeeds(ctx, before)) {
    for (const run of need.runs) if (run !== null) runs.add(`${need.workspace} ${run}`);
    const folder = folderOf(need.location);
    if (folder === undefined) continue;
    const place = placeOf(folder);
    folders.add(`${need.workspace} ${place}`);
    folders.add(`${need.workspace} ${place.split('/')[0]}`);
  }
  return {
    run: (workspace, id) => runs.has(`${workspace} ${id}`),
    folder: (workspace, folder) => folders.has(`${workspace} ${folder}`),
  };
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
