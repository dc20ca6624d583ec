import { Type } from 'typebox';
import { makeReport, toMarkdown } from '../ci/index.ts';
import type { CiReport } from '../ci/contract.ts';
import type { PipelineStart } from '../pipelines/index.ts';
import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { outwardMessageOf, TreadleError } from '../platform/errors/index.ts';
import type { Subscriber } from '../platform/events/index.ts';
import { job, type JobRun, type JobType } from '../platform/jobs/index.ts';
import type { Outbound } from '../platform/outbound/index.ts';
import type { Processes } from '../platform/processes/index.ts';
import type { Releases } from '../releases/index.ts';
import { checkOut } from './check-out.ts';
import { hostApi, type StatusState } from './host-api.ts';
import {
  changeCheck,
  findCheck,
  findCheckOfExecution,
  findHostById,
  type CheckRow,
  type GitHostRow,
} from './store.ts';

export interface Parts {
  outbound: Outbound;
  processes: Processes;
  start: PipelineStart;
  releases: Pick<Releases, 'find'>;
  /** Where this server is found. */
  base(): string;
}

export type CheckJob = JobType<{ check: string }>;

/** Attempts at a host that does not answer: within some hours. */
export const ATTEMPTS = 10;

/** Fetches a commit and begins its execution, once: both are in the row before the job is done. */
export const checkJob = (parts: Parts): CheckJob =>
  job({
    name: 'git.check',
    payload: Type.Object({ check: Type.String() }),
    attempts: ATTEMPTS,
    backoff: 5_000,
    concurrency: 2,
    async run(ctx, { check: id }, run) {
      const found = await findBoth(ctx, id);
      if (!found || found.check.state !== 'waiting') return ctx.write((tx) => run.finish(tx));
      const { check, host } = found;
      try {
        await tell(ctx, parts, host, check, run.signal, {
          state: 'pending',
          text: 'Treadle checks this commit',
        });
        const out = await checkOut(
          ctx,
          parts,
          host,
          { commit: check.commit_id, branch: check.branch },
          run.signal,
        );
        await parts.start(
          ctx,
          {
            file: out.file,
            ...(out.fileName === 'treadle.yaml' ? {} : { file_name: out.fileName }),
            code: out.code,
            git: out.git,
            ci: {
              branch: check.branch,
              ...(check.base === null ? {} : { base: check.base }),
              ...(check.pull_request === null ? {} : { pull_request: check.pull_request }),
            },
          },
          out.warnings,
          async (tx, execution) => {
            await changeCheck(tx, id, { state: 'running', execution: execution.id, problem: null });
            await tx.record({
              action: 'git_check.running',
              resource: `git_check:${id}`,
              edges: [{ from: `execution:${execution.id}`, to: `git_check:${id}`, relation: 'asked-for-by' }],
            });
            await tx.emit({ type: 'git_check.running', subject: `git_check:${id}` });
            await run.finish(tx);
          },
        );
      } catch (error) {
        run.signal.throwIfAborted(); // the server stops: another attempt does it
        if (isPassing(error) && run.attempt < ATTEMPTS) throw await delayed(ctx, id, error);
        await endFailed(ctx, parts, { host, check, error, run });
      }
    },
  });

/** Tells the host the verdict of an execution that has ended. */
export function tellJob(parts: Parts): CheckJob {
  const own: CheckJob = job({
    name: 'git.tell',
    payload: Type.Object({ check: Type.String() }),
    attempts: ATTEMPTS,
    backoff: 5_000,
    concurrency: 4,
    async run(ctx, { check: id }, run) {
      const found = await findBoth(ctx, id);
      if (!found || found.check.state !== 'running' || found.check.execution === null)
        return ctx.write((tx) => run.finish(tx));
      const { check, host } = found;
      // A push that was found in a pull request since is compared with that one's base.
      const report = await makeReport(ctx, found.check.execution, {
        url: parts.base(),
        ...(check.base === null ? {} : { base: check.base }),
      });
      let problem: string | undefined;
      try {
        const api = hostApi(parts.outbound, host, run.signal);
        // The comment first: who sees the status finds it.
        if (check.pull_request !== null)
          await api.comment(check.pull_request, markerOf(host), toMarkdown(report));
        await api.setStatus(check.commit_id, {
          state: report.verdict,
          text: `${report.verdict}: ${report.summary}`,
          url: report.links.execution,
        });
      } catch (error) {
        run.signal.throwIfAborted();
        if (isPassing(error) && run.attempt < ATTEMPTS) throw await delayed(ctx, id, error);
        problem = `${host.url} was not told: ${outwardMessageOf(error)}`;
        ctx.log.warn('a Git host was not told of a verdict', { host: host.name, error });
      }
      await ctx.write(async (tx) => {
        // A pull request that it was found in meanwhile has heard nothing yet.
        const now = await findCheck(tx, id);
        if (now && now.pull_request !== check.pull_request) {
          await tx.enqueue(own, { check: id }, { uniqueKey: `${id}/${now.pull_request}` });
          return run.finish(tx);
        }
        return end(tx, check, { state: 'done', report, problem }, run);
      });
    },
  });
  return own;
}

/** An execution that ends is told where a host asked for it. */
export const endSubscriber = (tellHost: CheckJob): Subscriber => ({
  name: 'githosts.executions',
  types: ['execution.succeeded', 'execution.rejected', 'execution.failed', 'execution.cancelled'],
  async handle(tx, { subject }) {
    const check = await findCheckOfExecution(tx, subject.replace(/^execution:/, ''));
    if (check?.state === 'running')
      await tx.enqueue(tellHost, { check: check.id }, { uniqueKey: `${check.id}/${check.execution}` });
  },
});

async function findBoth(ctx: Ctx, id: string): Promise<{ check: CheckRow; host: GitHostRow } | undefined> {
  const check = await findCheck(ctx, id);
  const host = check && (await findHostById(ctx, check.host_id));
  return host && { check, host };
}

/** Without a token nobody is told; the commit is checked all the same, and the list says so. */
async function tell(
  ctx: Ctx,
  { outbound, base }: Parts,
  host: GitHostRow,
  { commit_id: commit }: CheckRow,
  signal: AbortSignal,
  { state, text }: { state: StatusState; text: string },
): Promise<void> {
  try {
    await hostApi(outbound, host, signal).setStatus(commit, { state, text, url: base() });
  } catch (error) {
    signal.throwIfAborted();
    ctx.log.warn('a Git host was not told that a commit is checked', { host: host.name, error });
  }
}

/** Another attempt comes; until then the list says why there is nothing yet. */
async function delayed(ctx: Ctx, id: string, error: unknown): Promise<unknown> {
  const problem = problemOf(error);
  await ctx.write(async (tx) => {
    await changeCheck(tx, id, { problem });
    await tx.record({ action: 'git_check.delayed', resource: `git_check:${id}`, reason: problem });
    await tx.emit({ type: 'git_check.changed', subject: `git_check:${id}` });
  });
  return error;
}

function problemOf(error: unknown): string {
  const hint = error instanceof TreadleError && error.hint !== undefined ? `; ${error.hint}` : '';
  return `${outwardMessageOf(error)}${hint}`.slice(0, 2000);
}

async function endFailed(
  ctx: Ctx,
  parts: Parts,
  { host, check, error, run }: { host: GitHostRow; check: CheckRow; error: unknown; run: JobRun },
): Promise<void> {
  const problem = problemOf(error);
  ctx.log.warn('a commit could not be checked', { host: host.name, commit: check.commit_id, error });
  await tell(ctx, parts, host, check, run.signal, { state: 'undecided', text: `not checked: ${problem}` });
  await ctx.write((tx) => end(tx, check, { state: 'failed', problem }, run));
}

async function end(
  tx: Tx,
  { id }: CheckRow,
  { state, report, problem }: { state: 'done' | 'failed'; report?: CiReport; problem?: string | undefined },
  run: JobRun,
): Promise<void> {
  await changeCheck(tx, id, {
    state,
    verdict: report?.verdict ?? null,
    problem: problem ?? null,
    ended_at: tx.clock.now(),
  });
  await tx.record({
    action: `git_check.${state}`,
    resource: `git_check:${id}`,
    ...(report ? { after: { verdict: report.verdict, execution: report.execution } } : {}),
    ...(problem === undefined ? {} : { reason: problem }),
  });
  await tx.emit({ type: `git_check.${state}`, subject: `git_check:${id}` });
  await run.finish(tx);
}

/** What may go well later. */
export const isPassing = (error: unknown): boolean =>
  !(error instanceof TreadleError) || error.kind === 'unavailable';

/** Nobody sees it; a connection finds its own comment by it. */
const markerOf = ({ id }: GitHostRow): string => `<!-- treadle check ${id} -->`;
