import { Type } from 'typebox';
import { getVersion } from '../models/index.ts';
import { getExecution, madeBy } from '../pipelines/index.ts';
import type { GitState } from '../pipelines/contract.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { outwardMessageOf, TreadleError } from '../platform/errors/index.ts';
import type { Subscriber } from '../platform/events/index.ts';
import { job, type JobType } from '../platform/jobs/index.ts';
import { environmentOfEndpoint } from '../promotions/index.ts';
import type { Release, ReleaseState } from '../releases/contract.ts';
import { ATTEMPTS, isPassing, type Parts } from './jobs.ts';
import { hostApi, type DeploymentState } from './host-api.ts';
import { findDeployment, findHostById, saveDeployment, selectHosts, type GitHostRow } from './store.ts';

type DeployedJob = JobType<{ host: string; release: string }>;

/** How a release stands, as hosts call it. What has not begun to deploy is no deployment. */
const STANDS: Partial<Record<ReleaseState, DeploymentState>> = {
  deploying: 'in_progress',
  rolling_out: 'in_progress',
  succeeded: 'success',
  rolled_back: 'failure',
  failed: 'failure',
  rejected: 'inactive',
  cancelled: 'inactive',
};

/** A version on its way to an endpoint is a deployment of the commit that made it: told to each repository that it came from, until its end. */
export const deployedSubscriber = ({ releases }: Parts, deployed: DeployedJob): Subscriber => ({
  name: 'githosts.releases',
  types: Object.keys(STANDS).map((state) => `release.${state}`),
  async handle(tx, { subject, type }) {
    // Gitea and Forgejo keep no deployments.
    const hosts = (await selectHosts(tx)).filter(({ kind }) => kind !== 'gitea');
    if (hosts.length === 0) return;
    const id = subject.replace(/^release:/, '');
    const release = await releases.find(tx, id);
    if (release?.endpoint === undefined) return;
    const git = await commitOf(tx, release);
    for (const host of hosts.filter((one) => isOf(one, git?.remote)))
      await tx.enqueue(deployed, { host: host.id, release: id }, { uniqueKey: `${host.id}/${id}/${type}` });
  },
});

export const deployedJob = (parts: Parts): DeployedJob =>
  job({
    name: 'git.deployed',
    payload: Type.Object({ host: Type.String(), release: Type.String() }),
    attempts: ATTEMPTS,
    backoff: 5_000,
    // What is told of a release is what it is then; two at once would both tell that it begins.
    concurrency: 1,
    async run(ctx, { host: id, release: of }, run) {
      const host = await findHostById(ctx, id);
      const release = host && (await parts.releases.find(ctx, of));
      if (host && release)
        try {
          await tellDeployment(ctx, parts, host, release, run.signal);
        } catch (error) {
          run.signal.throwIfAborted();
          if (isPassing(error) && run.attempt < ATTEMPTS) throw error;
          ctx.log.warn('a Git host was not told of a deployment', {
            host: host.name,
            error: outwardMessageOf(error),
          });
        }
      await ctx.write((tx) => run.finish(tx));
    },
  });

async function tellDeployment(
  ctx: Ctx,
  { outbound, base }: Parts,
  host: GitHostRow,
  release: Release,
  signal: AbortSignal,
): Promise<void> {
  const { id, state, endpoint, deployment } = release;
  const stands = STANDS[state];
  if (stands === undefined || endpoint === undefined) return;
  const known = await findDeployment(ctx, host.id, id);
  if (known?.told === stands) return;
  // What ended before it came to an endpoint, or answered there before, is none.
  if (!known && (stands === 'inactive' || stands === 'failure' || deployment?.reused === true)) return;
  const git = await commitOf(ctx, release);
  if (git?.commit === undefined) return;
  const remote = await hostApi(outbound, host, signal).deployed(
    git.commit,
    {
      state: stands,
      environment: (await environmentOfEndpoint(ctx, endpoint)) ?? endpoint,
      description: `${release.model} version ${release.version} at ${endpoint}`,
      url: `${base()}/endpoints/${encodeURIComponent(endpoint)}`,
      ...(git.branch === undefined ? {} : { branch: git.branch }),
    },
    known?.remote_id,
  );
  await ctx.write((tx) =>
    saveDeployment(tx, { host_id: host.id, release: id, remote_id: remote, told: stands }),
  );
}

/** Of the execution that asked for it, else of the one that made the version; undefined where nobody can say, or no commit has it. */
async function commitOf(ctx: Ctx, { execution, model, version }: Release): Promise<GitState | undefined> {
  try {
    const { run_id: run } = await getVersion(ctx, model, String(version));
    const of = execution?.id ?? (run === undefined ? undefined : await madeBy(ctx, run));
    const { git } = of === undefined ? {} : (await getExecution(ctx, of)).code;
    return git?.dirty === true ? undefined : git;
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
