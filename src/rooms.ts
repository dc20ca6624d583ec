import path from 'node:path';
import * as access from './access/index.ts';
import * as channels from './channels/index.ts';
import * as changes from './changes/index.ts';
import * as data from './data/index.ts';
import { sweepEnvironments } from './environments/index.ts';
import * as genai from './genai/index.ts';
import * as githosts from './githosts/index.ts';
import * as gitops from './gitops/index.ts';
import * as governance from './governance/index.ts';
import * as ledger from './ledger/index.ts';
import * as loops from './loops/index.ts';
import * as models from './models/index.ts';
import * as pipelines from './pipelines/index.ts';
import type { Rooms } from './maintenance/index.ts';
import * as monitoring from './monitoring/index.ts';
import * as blobs from './platform/blobs/index.ts';
import type { Migration } from './platform/db/index.ts';
import * as events from './platform/events/index.ts';
import * as jobs from './platform/jobs/index.ts';
import * as promotions from './promotions/index.ts';
import * as releases from './releases/index.ts';
import * as runtimes from './runtimes/index.ts';
import * as secrets from './secrets/index.ts';
import * as serving from './serving/index.ts';
import * as traces from './traces/index.ts';
import * as tracking from './tracking/index.ts';
import * as validation from './validation/index.ts';

/** What rooms say of their stored state, for the server and for whoever opens a data folder without one. */

/** One ordered list; each room's own steps stay in its `schema.ts`. */
export const migrations: Migration[] = [
  ...events.migrations,
  ...jobs.migrations,
  ...ledger.migrations,
  ...blobs.migrations,
  ...access.migrations,
  ...data.migrations,
  ...tracking.migrations,
  ...traces.migrations,
  ...models.migrations,
  ...pipelines.migrations,
  ...runtimes.migrations,
  ...serving.migrations,
  ...validation.migrations,
  ...releases.migrations,
  ...monitoring.migrations,
  ...loops.migrations,
  ...githosts.migrations,
  ...changes.migrations,
  ...channels.migrations,
  ...governance.migrations,
  ...promotions.migrations,
  ...gitops.migrations,
  ...secrets.migrations,
  ...genai.migrations,
];

/** Every room that needs blobs: gc removes what none of these names. `rooms.test.ts` looks for columns that nobody lists. */
export const blobUsers: readonly blobs.BlobUser[] = [
  data.blobUser,
  tracking.blobUser,
  pipelines.blobUser,
  runtimes.blobUser,
  validation.blobUser,
  monitoring.blobUser,
];

/** Every room that needs versions of models: what none of these names may be deleted without force. */
export const versionUsers: readonly models.VersionUser[] = [serving.versionUses, releases.versionUses];

/** Rooms that say what may point at a version: whoever moves an alias, a stage or an endpoint asks each of them. */
export const moveGuards: readonly models.MoveGuard[] = [
  pipelines.guardSampled,
  promotions.guardEnvironments,
  governance.guardMoves,
];

/** Rooms that say which files of runs and models stay as they are: whoever writes or deletes one by its address asks each of them. */
export const artifactGuards: readonly tracking.ArtifactGuard[] = [governance.guardFiles];

/** What requests name, as rooms know it: the things that grants are about. */
export const subjects: access.Resolvers = {
  ...access.grantResolvers,
  ...data.subjects,
  ...tracking.subjects,
  ...traces.subjects,
  ...genai.subjects,
  ...models.subjects,
  ...serving.subjects,
  ...promotions.subjects,
  ...governance.subjects,
};

/** What the subjects of events are of, as rooms know it: those that grants are about. */
export const eventSubjects: access.Resolvers = {
  ...data.eventSubjects,
  ...tracking.eventSubjects,
  ...traces.subjects,
  ...models.eventSubjects,
  ...serving.eventSubjects,
  ...promotions.subjects,
};

/** Rooms that need recorded predictions: retention by age leaves what any of these names. */
export const predictionHolders: readonly serving.PredictionHolder[] = [monitoring.predictionHolder];

/** Folders of the data folder whose files a backup takes along: whole once they have their names, and never changed. */
export const keptFolders: readonly string[] = [serving.RECORDS_FOLDER];

/** An environment takes minutes to make and is wanted again by the next run: it stays longer than what gc removes otherwise, ms. */
const ENVIRONMENTS_STAY = 14 * 24 * 60 * 60 * 1000;

/** What the rooms do for gc on a data folder. */
export const storeRooms = (folder: string): Rooms => ({
  users: blobUsers,
  async purge(ctx, before, dryRun) {
    const logged_models = await models.purgeLoggedModels(ctx, before, dryRun);
    const needed = await models.neededByModels(ctx, before);
    const purged = await tracking.purgeDeleted(ctx, before, needed, dryRun);
    if (!dryRun) await traces.purgeTraces(ctx);
    return { logged_models, ...purged };
  },
  async sweep(ctx, before, dryRun) {
    const now = ctx.clock.now();
    // No grace at all is for a folder without a server: everything that can be made again goes.
    const environments = now - before < 60_000 ? before : Math.min(before, now - ENVIRONMENTS_STAY);
    const inUse = await serving.placesInUse(ctx, folder);
    const first = await runtimes.sweepRuntimes(folder, inUse, { models: before, environments }, dryRun);
    const steps = await sweepEnvironments(path.join(folder, 'envs'), () => false, environments, dryRun);
    return {
      models: first.models,
      environments: {
        folders: first.environments.folders + steps.folders,
        bytes: first.environments.bytes + steps.bytes,
      },
    };
  },
});
