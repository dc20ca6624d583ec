import { takeRoom } from '../access/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { deleteTree } from './store/artifacts.ts';
import {
  deleteExperimentRows,
  deletePoints,
  deleteRunRows,
  deleteSeries,
  hasRuns,
  markPurging,
  selectDeletedExperiments,
  selectDeletedRuns,
  selectSeries,
} from './store/purge.ts';

/** Points of one transaction: every other writer waits for it. */
const POINTS = 20_000;

export interface Purged {
  runs: number;
  experiments: number;
  /** Deleted, and kept: a registered model comes from it, or has its files there. */
  kept: number;
}

/** What stays although it was deleted. */
export interface NeededArtifacts {
  /** Whether somebody else says that it comes from this run. */
  run(workspace: string, id: string): boolean;
  /** Whether somebody else has files below a folder of artifacts: what it holds stays, and so does the noun. */
  folder(workspace: string, folder: string): boolean;
}

/** Runs and experiments that were deleted before a moment go for good, with their artifacts, unless somebody needs them. */
export async function purgeDeleted(
  ctx: Ctx,
  before: number,
  needed: NeededArtifacts,
  dryRun: boolean,
): Promise<Purged> {
  const purged: Purged = { runs: 0, experiments: 0, kept: 0 };
  const stay = new Set<string>();
  for (let last = ''; ;) {
    const runs = await selectDeletedRuns(ctx, before, last);
    const end = runs.at(-1);
    if (!end) break;
    last = end.id;
    for (const { id, workspace, experiment_id } of runs) {
      const folder = `${experiment_id}/${id}`;
      if (needed.run(workspace, id) || needed.folder(workspace, folder)) {
        purged.kept++;
        stay.add(`${workspace}/${experiment_id}`);
      } else if (dryRun || (await purgeRun(ctx.as({ workspace }), id, folder))) purged.runs++;
    }
  }
  for (const { id, workspace, name } of await selectDeletedExperiments(ctx, before)) {
    if (needed.folder(workspace, String(id)) || stay.has(`${workspace}/${id}`)) {
      purged.kept++;
      continue;
    }
    const gone = dryRun || (await purgeExperiment(ctx.as({ workspace }), id, name));
    if (gone) purged.experiments++;
  }
  return purged;
}

/** Its metrics go in pieces; killed in between, it is taken up by the next purge. False: it was restored. */
async function purgeRun(ctx: Ctx, id: string, folder: string): Promise<boolean> {
  if (!(await ctx.write((tx) => markPurging(tx, id)))) return false;
  for (const { id: series, next_n } of await selectSeries(ctx, id)) {
    for (let below = POINTS; below < next_n; below += POINTS)
      await ctx.write((tx) => deletePoints(tx, series, below));
    await ctx.write((tx) => deleteSeries(tx, series));
  }
  await ctx.write(async (tx) => {
    const artifacts = await deleteTree(tx, folder);
    await deleteRunRows(tx, id);
    await takeRoom(tx, 'runs', -1);
    await tx.record({ action: 'run.purged', resource: `run:${id}`, before: { artifacts } });
  });
  return true;
}

/** With traces and whatever else lies in its folder. False: it was restored, or a run is still in it. */
async function purgeExperiment(ctx: Ctx, id: number, name: string): Promise<boolean> {
  return ctx.write(async (tx) => {
    const now = await selectDeletedExperiments(tx, Number.MAX_SAFE_INTEGER);
    if (!now.some((one) => one.id === id && one.workspace === tx.workspace)) return false;
    if (await hasRuns(tx, id)) return false;
    const artifacts = await deleteTree(tx, String(id));
    await deleteExperimentRows(tx, id);
    await tx.record({
      action: 'experiment.purged',
      resource: `experiment:${id}`,
      before: { name, artifacts },
    });
    return true;
  });
}
