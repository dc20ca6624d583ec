import { Type } from 'typebox';
import { getVersion, type ModelVersion } from '../models/index.ts';
import type { ExecutionDetail } from '../pipelines/contract.ts';
import { getExecution, madeBy } from '../pipelines/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { TreadleError } from '../platform/errors/index.ts';
import type { Subscriber } from '../platform/events/index.ts';
import { job, type JobType } from '../platform/jobs/index.ts';
import { startChecks, type Below, type CheckJob } from './checks.ts';
import { follow } from './propose.ts';
import { deleteProposals, saveWhen, selectOpenOfBranch } from './store.ts';
import { findDataset } from '../data/index.ts';

type DeclareJob = JobType<{ execution: string }>;

/** Whoever runs a project says by its file which changes it checks. */
export const fileSubscriber = (declare: DeclareJob): Subscriber => ({
  name: 'changes.files',
  types: ['execution.created'],
  async handle(tx, { subject }) {
    await tx.enqueue(declare, { execution: subject.replace(/^execution:/, '') });
  },
});

export const declareJob = ({ pipelines }: Below): DeclareJob =>
  job({
    name: 'change.declare',
    payload: Type.Object({ execution: Type.String() }),
    // Nothing else would read this file; and of two the later one counts.
    attempts: 1_000_000,
    concurrency: 1,
    async run(ctx, { execution }, run) {
      const file = await pipelines.declared(ctx, execution);
      await ctx.write(async (tx) => {
        if (file) {
          const { pipeline, when } = file;
          await saveWhen(tx, { pipeline, execution, said: JSON.stringify(when) });
        }
        await run.finish(tx);
      });
    },
  });

/** A version that is registered is checked by the pipelines that ask for it; not by the one that made it, which has judged it. */
export const versionSubscriber = (begin: CheckJob): Subscriber => ({
  name: 'changes.versions',
  types: ['model_version.created'],
  async handle(tx, { subject, data }) {
    const { name, version: number } = (data ?? {}) as { name?: unknown; version?: unknown };
    if (typeof name !== 'string' || typeof number !== 'number') return;
    const version = await getVersion(tx, name, String(number)).catch(unlessMissing);
    if (version?.ref !== subject) return;
    const maker = await makerOf(tx, version);
    // What saw a part of its data comes to no use.
    if (maker?.sampled === true) return;
    await startChecks(
      tx,
      begin,
      {
        change: { kind: 'version_registered', model: version.model, version: String(number) },
        occurrence: subject,
        subject,
      },
      maker?.pipeline,
    );
  },
});

/** The execution that registered it, whose step may come from the cache of another pipeline; else the one that made its run. */
async function makerOf(
  ctx: Ctx,
  { run_id: run, tags }: Pick<ModelVersion, 'run_id' | 'tags'>,
): Promise<{ pipeline: string; sampled: boolean } | undefined> {
  if (run === undefined) return undefined;
  const registrar = await executionOf(ctx, tags['treadle.execution']);
  const maker = registrar?.steps.some((step) => step.run_id === run)
    ? registrar
    : await executionOf(ctx, await madeBy(ctx, run));
  return maker && { pipeline: maker.pipeline, sampled: maker.ci?.sample !== undefined };
}

const executionOf = async (ctx: Ctx, id: string | undefined): Promise<ExecutionDetail | undefined> =>
  id === undefined ? undefined : getExecution(ctx, id).catch(unlessMissing);

/** A branch that moves takes its open proposals along: what was said of the version before is void. */
export const branchSubscriber = (begin: CheckJob): Subscriber => ({
  name: 'changes.branches',
  types: ['dataset_version.committed', 'dataset.branch_moved', 'dataset.deleted'],
  async handle(tx, { type, subject, data }) {
    const { dataset, branch } = (data ?? {}) as { dataset?: string; branch?: string };
    if (type === 'dataset.deleted') return deleteProposals(tx, subject.replace(/^dataset:/, ''));
    const found = dataset === undefined ? undefined : await findDataset(tx, dataset);
    if (!found || branch === undefined) return;
    for (const proposal of await selectOpenOfBranch(tx, found.id, branch))
      await follow(tx, begin, found.name, proposal);
  },
});

function unlessMissing(error: unknown): undefined {
  if (error instanceof TreadleError && error.kind === 'missing') return undefined;
  throw error;
}
