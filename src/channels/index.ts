import type { Ctx, Tx } from '../platform/ctx/index.ts';
import type { Family } from '../platform/exposition/index.ts';
import type { Route } from '../platform/http/index.ts';
import type { JobType, Schedule } from '../platform/jobs/index.ts';
import type { Outbound } from '../platform/outbound/index.ts';
import { channelJobs } from './jobs.ts';
import { notify, type Notice } from './notice.ts';
import { measures } from './measures.ts';
import { channelRoutes } from './routes.ts';

export type { Notice } from './notice.ts';
export { migrations } from './schema.ts';

export interface Channels {
  routes: Route[];
  jobs: ReadonlyArray<JobType<never>>;
  schedules: readonly Schedule[];
  /** Tells every channel that it concerns, once; in the transaction in which it happened. */
  notify(tx: Tx, notice: Notice): Promise<void>;
  /** For `/metrics`: of the caller's workspace. */
  measures(ctx: Ctx): Promise<Family[]>;
  /** Where this server is found, once it listens. */
  listening(url: string): void;
}

/** The room with what it needs handed in. `publicUrl`: where people find the server, for links in messages. */
export function openChannels({
  outbound,
  causes,
  publicUrl,
}: {
  outbound: Outbound;
  /** What rooms above tell channels of: `data`, `drift`, … */
  causes: readonly string[];
  publicUrl?: string | undefined;
}): Channels {
  let url = '';
  const parts = { outbound, causes, base: () => publicUrl ?? url };
  const jobs = channelJobs(parts);
  return {
    routes: channelRoutes(parts, jobs),
    jobs: [jobs.deliver, jobs.refresh, jobs.prune],
    schedules: [
      { name: 'channel.refresh', type: jobs.refresh, payload: {}, cron: '11,41 * * * *' },
      { name: 'channel.prune', type: jobs.prune, payload: {}, cron: '23 3 * * *' },
    ],
    notify: (tx, notice) => notify(tx, jobs.deliver, notice),
    measures,
    listening: (at) => void (url = at),
  };
}
