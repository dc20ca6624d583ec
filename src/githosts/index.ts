import type { Subscriber } from '../platform/events/index.ts';
import type { Route } from '../platform/http/index.ts';
import type { JobType } from '../platform/jobs/index.ts';
import { deployedJob, deployedSubscriber } from './deployments.ts';
import { checkJob, endSubscriber, tellJob, type Parts } from './jobs.ts';
import { openOneFile, type OneFile } from './one-file.ts';
import { gitHostRoutes } from './routes.ts';

export type { Merge } from './host-api.ts';
export type { FileChange, OneFile } from './one-file.ts';
export { migrations } from './schema.ts';

export interface GitHosts {
  routes: Route[];
  jobs: ReadonlyArray<JobType<never>>;
  /** Before `start`. */
  subscribers: readonly Subscriber[];
  files: OneFile;
  /** Where this server is found, once it listens. */
  listening(url: string): void;
}

/** The room with what it needs handed in. */
export function openGitHosts({
  publicUrl,
  ...below
}: Omit<Parts, 'base'> & { publicUrl?: string | undefined }): GitHosts {
  let url = '';
  const parts: Parts = { ...below, base: () => publicUrl ?? url };
  const check = checkJob(parts);
  const tell = tellJob(parts);
  const deployed = deployedJob(parts);
  return {
    routes: gitHostRoutes(parts, { check, tell }),
    jobs: [check, tell, deployed],
    files: openOneFile(below),
    subscribers: [endSubscriber(tell), deployedSubscriber(parts, deployed)],
    listening: (at) => void (url = at),
  };
}
