import type { Subscriber } from '../platform/events/index.ts';
import type { Route } from '../platform/http/index.ts';
import type { JobType } from '../platform/jobs/index.ts';
import { beginJob, endSubscriber, verdictJob, type Below } from './checks.ts';
import { branchSubscriber, declareJob, fileSubscriber, versionSubscriber } from './hear.ts';
import { changeRoutes } from './routes.ts';

export { migrations } from './schema.ts';

export interface Changes {
  routes: Route[];
  jobs: ReadonlyArray<JobType<never>>;
  /** Before `start`. */
  subscribers: readonly Subscriber[];
  /** Where this server is found, once it listens. */
  listening(url: string): void;
}

/** The room with what it needs handed in. */
export function openChanges({ publicUrl, ...below }: Below & { publicUrl?: string | undefined }): Changes {
  let url = '';
  const begin = beginJob(below);
  const verdict = verdictJob(() => publicUrl ?? url);
  const declare = declareJob(below);
  return {
    routes: changeRoutes(begin),
    jobs: [begin, verdict, declare],
    subscribers: [
      fileSubscriber(declare),
      versionSubscriber(begin),
      branchSubscriber(begin),
      endSubscriber(verdict),
    ],
    listening: (at) => void (url = at),
  };
}
