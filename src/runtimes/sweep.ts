import path from 'node:path';
import { sweepEnvironments } from '../environments/index.ts';
import { sweepFolders, type Swept } from '../platform/files/index.ts';

/** Folders of models, and environments, that no place in use lies in and nobody has used since a moment. They are made again when they are wanted. */
export async function sweepRuntimes(
  data: string,
  inUse: readonly string[],
  before: { models: number; environments: number },
  dryRun: boolean,
): Promise<{ models: Swept; environments: Swept }> {
  const models = path.join(data, 'runtimes', 'models');
  const envs = path.join(data, 'runtimes', 'envs');
  const below = (root: string): Set<string> =>
    new Set(
      inUse.flatMap((place) => {
        const inside = path.relative(root, place);
        return inside.startsWith('..') ? [] : [inside.split(path.sep)[0]!];
      }),
    );
  const [folders, environments] = [below(models), below(envs)];
  return {
    models: await sweepFolders(models, (name) => folders.has(name), before.models, dryRun),
    environments: await sweepEnvironments(
      envs,
      (name) => environments.has(name),
      before.environments,
      dryRun,
    ),
  };
}
