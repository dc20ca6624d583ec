import { existsSync } from 'node:fs';
import path from 'node:path';
import { createEnvironments } from '../environments/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import type { Subscriber } from '../platform/events/index.ts';
import type { Route } from '../platform/http/index.ts';
import type { JobType } from '../platform/jobs/index.ts';
import type { Processes } from '../platform/processes/index.ts';
import type { ModelPlace } from './model.ts';
import { prepareModel, type Preparing, type PrepareOptions, type Say } from './prepare-model.ts';
import { digestOf } from './place.ts';
import { convertJob } from './jobs.ts';
import { runtimeRoutes } from './routes.ts';
import { findConversion } from './store.ts';
import { offerConversion } from './conversion/ask.ts';
import { forgetConversions } from './conversion/forget.ts';
import { conversionTools, type Converting } from './conversion/convert.ts';
import { modelInterpreter, modelRequirements } from './python/environment.ts';

export interface Runtimes {
  /** Brings a version to this machine, with its environment where it needs one, and says how any process here can load it. */
  prepare(
    ctx: Ctx,
    which: { model: string; version: number | string },
    options?: PrepareOptions,
    say?: Say,
  ): Promise<ModelPlace>;
  /** Whether a place can be loaded from: its files are there, and its environment is whole and starts. `prepare` makes it so again. */
  isWhole(place: ModelPlace): Promise<boolean>;
  jobs: ReadonlyArray<JobType<never>>;
  routes: Route[];
  /** Offers conversion to every scikit-learn version that is registered, and forgets those of deleted ones. */
  subscribers: readonly Subscriber[];
}

/** The room as the server has it. `folder`: where models are kept between starts, and their environments where nothing else is said. */
export function createRuntimes({
  processes,
  folder,
  envs = path.join(folder, 'runtimes', 'envs'),
  offers = true,
}: {
  processes: Processes;
  folder: string;
  envs?: string | undefined;
  /** Whether what is registered is converted by itself, and not only when somebody asks. */
  offers?: boolean | undefined;
}): Runtimes {
  const environments = createEnvironments({ processes, folder: envs });
  const environment =
    (tools: readonly string[] = []): Preparing['environment'] =>
    async (ctx, files, facts, say) =>
      modelInterpreter(
        environments,
        await modelRequirements(ctx, files, facts, tools),
        facts?.python_version,
        say,
      );
  const using: Converting = {
    processes,
    root: path.join(folder, 'runtimes', 'models'),
    environment: environment(),
    toolEnvironment: environment(conversionTools()),
    async conversion(ctx, version, files) {
      const row = await findConversion(ctx, version.ref);
      if (row?.state !== 'kept' || row.blob === null || row.files !== digestOf(files)) return undefined;
      return { digest: row.blob };
    },
  };
  const convert = convertJob(using);
  return {
    prepare: (ctx, which, options = {}, say = () => undefined) =>
      prepareModel(ctx, which, options, say, using),
    async isWhole({ folder: files, python }) {
      if (!existsSync(files)) return false;
      await processes.letRead(files); // a kill may have come between
      return python === undefined || environments.stands(path.dirname(path.dirname(python)));
    },
    jobs: [convert],
    routes: runtimeRoutes(convert),
    subscribers: [...(offers ? [offerConversion(convert)] : []), forgetConversions],
  };
}
