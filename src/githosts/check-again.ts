import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { conflict, missing } from '../platform/errors/index.ts';
import type { CheckJob } from './jobs.ts';
import { changeCheck, findCheck, type CheckRow } from './store.ts';

/** Runs a check that has ended once more: what its commit lacked may be there now. What was said of it before stays in the ledger. */
export async function checkAgain(ctx: Ctx, job: CheckJob, id: string): Promise<void> {
  await ctx.write(async (tx) => {
    const check = await findCheck(tx, id);
    if (!check)
      throw missing(`there is no check ${id} of a commit in workspace '${tx.workspace}'`, {
        field: 'check',
        hint: 'list them with: treadle githost checks',
      });
    if (check.state !== 'done' && check.state !== 'failed')
      throw conflict(`the check of ${check.commit_id.slice(0, 10)} has not ended: it is ${check.state}`, {
        field: 'check',
        hint: 'wait for its end; treadle githost checks says why it waits',
      });
    await beginAgain(tx, job, check);
  });
}

/** In the caller's transaction. */
export async function beginAgain(tx: Tx, job: CheckJob, check: CheckRow): Promise<void> {
  const resource = `git_check:${check.id}`;
  const { state, verdict, execution } = check;
  const anew = { state: 'waiting', execution: null, verdict: null, problem: null, ended_at: null };
  await changeCheck(tx, check.id, anew);
  await tx.record({ action: 'git_check.begun_again', resource, before: { state, verdict, execution } });
  await tx.emit({ type: 'git_check.changed', subject: resource });
  await tx.enqueue(job, { check: check.id });
}
