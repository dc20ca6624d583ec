import path from 'node:path';
import type { Ctx } from '../platform/ctx/index.ts';
import type { Route } from '../platform/http/index.ts';
import type { JobType } from '../platform/jobs/index.ts';
import type { Processes } from '../platform/processes/index.ts';
import type { ModelPlace } from './model.ts';
import { prepareModel, type PrepareOptions, type Say } from './prepare-model.ts';

export interface Runtimes {
  /** Brings a version to this machine and says how any process of it can load it. Goes on when it was begun before. */
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
export function createRuntimes({ folder }: { processes: Processes; folder: string }): Runtimes {
  return {
    prepare: (ctx, which, options = {}, say = () => undefined) =>
      prepareModel(ctx, which, options, say, {
        root: path.join(folder, 'models'),
        environment: () => Promise.reject(new Error('Python environments come next')),
        conversion: async () => undefined,
      }),
    jobs: [],
    routes: [],
  };
}
