import type { Ctx } from '../platform/ctx/index.ts';
import { invalid } from '../platform/errors/index.ts';
import { artifactPath, folderPath, joinPath } from './artifact-path.ts';
import { artifactFolder } from './load-runs.ts';
import { requireActiveRun } from './log-batch.ts';
import { selectLocations } from './store/run-parts.ts';
import { selectRunRow } from './store/runs.ts';

/** A run's artifact by its path under the run, as a path of the whole tree. `write` needs the run to be active. */
export async function runArtifact(ctx: Ctx, run: string, path: string, write: boolean): Promise<string> {
  return joinPath(await root(ctx, run, write), artifactPath(path));
}

export async function runFolder(ctx: Ctx, run: string, path: string): Promise<string> {
  const folder = folderPath(path);
  const top = await root(ctx, run, false);
  return folder === '' ? top : joinPath(top, folder);
}

async function root(ctx: Ctx, id: string, write: boolean): Promise<string> {
  const run = await selectRunRow(ctx, id);
  if (write) requireActiveRun(ctx, run);
  const location = (await selectLocations(ctx, [run.experiment_id])).get(run.experiment_id);
  if (location) {
    throw invalid(`the artifacts of run ${id} are not kept here: its experiment names another place`, {
      field: 'run',
      hint: `clients read them at ${location}`,
    });
  }
  return artifactFolder(run.experiment_id, id);
}
