import { Type } from 'typebox';
import { makeReport } from '../ci/index.ts';
import type { CheckedChange } from '../pipelines/contract.ts';
import type { Retraining, When } from '../pipelines/index.ts';
import type { LineageEdge, Tx } from '../platform/ctx/index.ts';
import { conflict, outwardMessageOf, TreadleError } from '../platform/errors/index.ts';
import type { Subscriber } from '../platform/events/index.ts';
import { newId } from '../platform/ids/index.ts';
import { job, type JobRun, type JobType } from '../platform/jobs/index.ts';
import {
  changeCheck,
  findCheck,
  findCheckOfExecution,
  insertCheck,
  selectWhens,
  type CheckRow,
} from './store.ts';

export interface Below {
  pipelines: Pick<Retraining, 'declared' | 'prepareCheck' | 'check'>;
}

export type CheckJob = JobType<{ check: string }>;

/** What is checked, and once for each pipeline that asks for it. */
export interface Occurrence {
  change: CheckedChange;
  /** The same words for the same change, for good. */
  occurrence: string;
  proposal?: string;
  /** What it is a check of, in the ledger. */
  subject: string;
}

const asks = (said: string, change: CheckedChange): boolean => {
  const when = JSON.parse(said) as When; // written by `hear.ts`
  return change.kind === 'dataset_proposed'
    ? when.dataset_proposed.includes(`${change.dataset}@${change.into}`)
    : when.version_registered.includes(change.model);
};

/** In the transaction that hears of a change: a check of each pipeline whose file asks for it, or the one that is there. */
export async function startChecks(
  tx: Tx,
  begin: CheckJob,
  { change, occurrence, proposal, subject }: Occurrence,
  except?: string,
): Promise<number> {
  let begun = 0;
  for (const { pipeline, said } of await selectWhens(tx)) {
    if (pipeline === except || !asks(said, change)) continue;
    const id = newId(tx.clock.now());
    const row: CheckRow = {
      id,
      workspace: tx.workspace,
      pipeline,
      kind: change.kind,
      occurrence,
      proposal: proposal ?? null,
      change: JSON.stringify(change),
      state: 'waiting',
      execution: null,
      verdict: null,
      summary: null,
      problem: null,
      created_at: tx.clock.now(),
      ended_at: null,
    };
    if (!(await insertCheck(tx, row))) continue;
    begun++;
    await say(tx, id, 'created', { after: { pipeline, ...change }, edges: [edge(id, subject)] });
    await tx.enqueue(begin, { check: id });
  }
  return begun;
}

/** A check that has ended begins anew: what was said of it before stays in the ledger. */
export async function beginAgain(tx: Tx, begin: CheckJob, check: CheckRow): Promise<void> {
  const { id, state, verdict, execution } = check;
  const anew = {
    state: 'waiting',
    execution: null,
    verdict: null,
    summary: null,
    problem: null,
    ended_at: null,
  };
  if (!(await changeCheck(tx, check, anew))) return;
  await say(tx, id, 'begun_again', { before: { state, verdict, execution } });
  await tx.enqueue(begin, { check: id });
}

const ATTEMPTS = 10;
/** Whether another attempt may do it. After the last one a check is over, so that it can be asked for again. */
const mayPass = (error: unknown, { attempt }: JobRun): boolean =>
  attempt < ATTEMPTS && !(error instanceof TreadleError && error.kind !== 'unavailable');

/** Begins the execution of a check, once: both are in the row before the job is done. */
export const beginJob = ({ pipelines }: Below): CheckJob =>
  job({
    name: 'change.check',
    payload: Type.Object({ check: Type.String() }),
    attempts: ATTEMPTS,
    backoff: 5_000,
    concurrency: 2,
    async run(ctx, { check: id }, run) {
      const check = await findCheck(ctx, id);
      if (check?.state !== 'waiting') return ctx.write((tx) => run.finish(tx));
      try {
        const prepared = await pipelines.prepareCheck(ctx, check.pipeline, changeOf(check));
        if (!prepared)
          throw conflict(`no run of pipeline '${check.pipeline}' has gone through to its end yet`, {
            hint: 'run it once from its project, then check again: treadle run',
          });
        await pipelines.check(ctx, prepared, async (tx, execution) => {
          if (!(await changeCheck(tx, check, { state: 'running', execution: execution.id })))
            throw conflict(`check ${id} has begun already`);
          await say(tx, id, 'running', {
            edges: [
              { from: `execution:${execution.id}`, to: `change_check:${id}`, relation: 'asked-for-by' },
            ],
          });
          await run.finish(tx);
        });
      } catch (error) {
        run.signal.throwIfAborted(); // the server stops: another attempt does it
        if (mayPass(error, run)) throw error;
        const hint = error instanceof TreadleError && error.hint !== undefined ? `; ${error.hint}` : '';
        await ctx.write((tx) =>
          end(tx, check, 'failed', { problem: `${outwardMessageOf(error)}${hint}` }, run),
        );
      }
    },
  });

/** What the execution says, as the report of `run --ci` has it. */
export const verdictJob = (url: () => string): CheckJob =>
  job({
    name: 'change.verdict',
    payload: Type.Object({ check: Type.String() }),
    attempts: ATTEMPTS,
    backoff: 5_000,
    concurrency: 2,
    async run(ctx, { check: id }, run) {
      const check = await findCheck(ctx, id);
      if (check?.state !== 'running' || check.execution === null) return ctx.write((tx) => run.finish(tx));
      try {
        const { verdict, summary } = await makeReport(ctx, check.execution, { url: url() });
        await ctx.write((tx) => end(tx, check, 'done', { verdict, summary }, run));
      } catch (error) {
        run.signal.throwIfAborted();
        if (mayPass(error, run)) throw error;
        await ctx.write((tx) => end(tx, check, 'failed', { problem: outwardMessageOf(error) }, run));
      }
    },
  });

/** An execution that ends is a verdict where a check asked for it. */
export const endSubscriber = (verdict: CheckJob): Subscriber => ({
  name: 'changes.executions',
  types: ['execution.succeeded', 'execution.rejected', 'execution.failed', 'execution.cancelled'],
  async handle(tx, { subject }) {
    const check = await findCheckOfExecution(tx, subject.replace(/^execution:/, ''));
    if (check?.state === 'running')
      await tx.enqueue(verdict, { check: check.id }, { uniqueKey: `${check.id}/${check.execution}` });
  },
});

export const changeOf = ({ change }: CheckRow): CheckedChange => JSON.parse(change) as CheckedChange; // written above

const edge = (id: string, to: string): LineageEdge => ({
  from: `change_check:${id}`,
  to,
  relation: 'check-of',
});

async function end(
  tx: Tx,
  check: CheckRow,
  state: 'done' | 'failed',
  said: { verdict?: string; summary?: string; problem?: string },
  run: JobRun,
): Promise<void> {
  if (await changeCheck(tx, check, { state, ...said, ended_at: tx.clock.now() }))
    await say(tx, check.id, state, {
      after: { pipeline: check.pipeline, ...said, execution: check.execution },
    });
  await run.finish(tx);
}

async function say(
  tx: Tx,
  id: string,
  verb: string,
  more: Omit<Parameters<Tx['record']>[0], 'action' | 'resource'>,
): Promise<void> {
  const resource = `change_check:${id}`;
  await tx.record({ action: `change_check.${verb}`, resource, ...more });
  await tx.emit({ type: `change_check.${verb}`, subject: resource });
}
