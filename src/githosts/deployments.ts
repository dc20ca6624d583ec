import { Type } from 'typebox';
import { getExecution } from '../pipelines/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { outwardMessageOf, TreadleError } from '../platform/errors/index.ts';
import type { Subscriber } from '../platform/events/index.ts';
import { job, type JobType } from '../platform/jobs/index.ts';
import { ATTEMPTS, isPassing, type Parts } from './jobs.ts';
import { hostApi } from './host-api.ts';
import { findHostById, selectHosts, type GitHostRow } from './store.ts';

type DeployedJob = JobType<{ host: string; execution: string; endpoint: string }>;

/** A version that came to answer at an endpoint is a deployment of the commit that made it: told to each repository that it came from. */
export const deployedSubscriber = (deployed: DeployedJob): Subscriber => ({
  name: 'githosts.releases',
  types: ['execution.succeeded'],
  async handle(tx, { subject }) {
    const id = subject.replace(/^execution:/, '');
    const hosts = await selectHosts(tx);
    if (hosts.length === 0) return;
    const execution = await executionOf(tx, id);
    const { git } = execution?.code ?? {};
    if (execution?.deployment?.state !== 'live' || git?.commit === undefined || git.dirty) return;
    if (execution.deployment.reused === true) return; // it answered before
    for (const host of hosts.filter((one) => isOf(one, git.remote)))
      await tx.enqueue(
        deployed,
        { host: host.id, execution: id, endpoint: execution.deployment.endpoint },
        { uniqueKey: `${host.id}/${id}` },
      );
  },
});

export const deployedJob = (parts: Parts): DeployedJob =>
  job({
    name: 'git.deployed',
    payload: Type.Object({ host: Type.String(), execution: Type.String(), endpoint: Type.String() }),
    attempts: ATTEMPTS,
    backoff: 5_000,
    concurrency: 2,
    async run(ctx, { host: id, execution: of, endpoint }, run) {
      const host = await findHostById(ctx, id);
      const execution = host && (await executionOf(ctx, of));
      const commit = execution?.code.git?.commit;
      if (host && execution && commit !== undefined) {
        try {
          await hostApi(parts.outbound, host, run.signal).deployed(commit, {
            environment: endpoint,
            url: `${parts.base()}/endpoints/${encodeURIComponent(endpoint)}`,
            ...(execution.code.git?.branch === undefined ? {} : { branch: execution.code.git.branch }),
          });
        } catch (error) {
          run.signal.throwIfAborted();
          if (isPassing(error) && run.attempt < ATTEMPTS) throw error;
          ctx.log.warn('a Git host was not told of a deployment', {
            host: host.name,
            error: outwardMessageOf(error),
          });
        }
      }
      await ctx.write((tx) => run.finish(tx));
    },
  });

/** Undefined where it was deleted meanwhile. */
async function executionOf(ctx: Ctx, id: string) {
  try {
    return await getExecution(ctx, id);
  } catch (error) {
    if (error instanceof TreadleError && error.kind === 'missing') return undefined;
    throw error;
  }
}

/** `git@host:owner/name.git` and `https://user@host/owner/name` are the same repository. */
export function isOf(
  { url, repository }: Pick<GitHostRow, 'url' | 'repository'>,
  remote: string | undefined,
): boolean {
  if (remote === undefined) return false;
  const bare = (text: string): string =>
    text
      .trim()
      .toLowerCase()
      .replace(/^[a-z+]+:\/\//, '')
      .replace(/^[^/@]*@/, '')
      .replace(/^([^/:]+):(?!\d+\/)/, '$1/')
      .replace(/:\d+\//, '/')
      .replace(/(?:\.git)?\/*$/, '');
  return bare(remote) === bare(`${url}/${repository}`);
}
