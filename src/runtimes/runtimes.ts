import path from 'node:path';
import { createEnvironments } from '../pipelines/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import type { Route } from '../platform/http/index.ts';
import type { JobType } from '../platform/jobs/index.ts';
import type { Processes } from '../platform/processes/index.ts';
import type { ModelPlace } from './model.ts';
import { prepareModel, type Preparing, type PrepareOptions, type Say } from './prepare-model.ts';
import { modelInterpreter, modelRequirements } from './python/environment.ts';

export interface Runtimes {
  /** Brings a version to this machine, with its environment where it needs one, and says how any process here can load it. */
  prepare(
    ctx: Ctx,
    which: { model: string; version: number | string },
    options?: PrepareOptions,
    say?: Say,
  ): Promise<ModelPlace>;
  jobs: ReadonlyArray<JobType<never>>;
  routes: Route[];
}

/** The room as the server has it. `folder`: where models and their environments are kept between starts. */
export function createRuntimes({ processes, folder }: { processes: Processes; folder: string }): Runtimes {
  const environments = createEnvironments({ processes, folder: path.join(folder, 'envs') });
  const preparing: Preparing = {
    root: path.join(folder, 'models'),
    environment: async (ctx, files, facts, say) =>
      modelInterpreter(environments, await modelRequirements(ctx, files, facts), facts?.python_version, say),
    conversion: async () => undefined,
  };
  return {
    prepare: (ctx, which, options = {}, say = () => undefined) =>
      prepareModel(ctx, which, options, say, preparing),
    jobs: [],
    routes: [],
  };
}
