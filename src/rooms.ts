import * as access from './access/index.ts';
import * as data from './data/index.ts';
import * as ledger from './ledger/index.ts';
import * as models from './models/index.ts';
import * as pipelines from './pipelines/index.ts';
import type { Purged } from './maintenance/index.ts';
import * as blobs from './platform/blobs/index.ts';
import type { Ctx } from './platform/ctx/index.ts';
import type { Migration } from './platform/db/index.ts';
import * as events from './platform/events/index.ts';
import * as jobs from './platform/jobs/index.ts';
import * as releases from './releases/index.ts';
import * as runtimes from './runtimes/index.ts';
import * as serving from './serving/index.ts';
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
  ...models.migrations,
  ...pipelines.migrations,
  ...runtimes.migrations,
  ...serving.migrations,
  ...validation.migrations,
  ...releases.migrations,
];

/** Every room that needs blobs: gc removes what none of these names. `rooms.test.ts` looks for columns that nobody lists. */
export const blobUsers: readonly blobs.BlobUser[] = [
  data.blobUser,
  tracking.blobUser,
  pipelines.blobUser,
  runtimes.blobUser,
];

/** What was deleted before a moment, and could be brought back until now, goes for good. */
export async function purge(ctx: Ctx, before: number, dryRun: boolean): Promise<Purged> {
  const logged_models = await models.purgeLoggedModels(ctx, before, dryRun);
  const named = await models.namedFolders(ctx, before);
  return { logged_models, ...(await tracking.purgeDeleted(ctx, before, named, dryRun)) };
}
