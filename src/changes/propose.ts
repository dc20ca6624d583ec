import { compareBranches, lockDatasets, mergeBranch, requireDataset, type Standing } from '../data/index.ts';
import { requireRefName } from '../data/contract.ts';
import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { conflict, invalid } from '../platform/errors/index.ts';
import { newId } from '../platform/ids/index.ts';
import { beginAgain, startChecks, type CheckJob, type Occurrence } from './checks.ts';
import type { ProposalDetail } from './contract.ts';
import {
  changeProposal,
  insertProposal,
  nextProposal,
  requireProposal,
  selectChecks,
  selectOpenOfBranch,
  type ProposalRow,
} from './store.ts';
import { blockedBy, isEnded, occurrenceOf, showProposal } from './views.ts';

/** Proposes a branch for merge into another, and has what is proposed checked. */
export async function propose(
  ctx: Ctx,
  begin: CheckJob,
  {
    dataset: name,
    branch,
    into = 'main',
    message = '',
  }: { dataset: string; branch: string; into?: string; message?: string },
): Promise<ProposalDetail> {
  requireRefName(branch, 'branch');
  requireRefName(into, 'branch');
  if (branch === into)
    throw invalid(`'${branch}' cannot be merged into itself`, {
      field: 'into',
      hint: 'commit the change to a branch of its own: treadle data commit … --branch fix',
    });
  const number = await ctx.write(async (tx) => {
    await lockDatasets(tx);
    const { dataset, head, base, stands } = await compareBranches(tx, name, { branch, into });
    if (stands === 'same')
      throw conflict(
        `${name}@${branch} and ${name}@${into} are both ${base.name}: there is nothing to merge`,
        {
          field: 'branch',
          hint: `commit the change first: treadle data commit ${name} PATH --branch ${branch}`,
        },
      );
    const open = (await selectOpenOfBranch(tx, dataset.id, branch)).find((one) => one.into_branch === into);
    if (open)
      throw conflict(`${name}@${branch} is proposed for ${into} already: ${name}#${open.number}`, {
        field: 'branch',
        hint: 'commits to the branch come to that proposal by themselves',
        code: 'proposed',
      });
    const now = tx.clock.now();
    const row: ProposalRow = {
      id: newId(now),
      workspace: tx.workspace,
      dataset: dataset.id,
      number: await nextProposal(tx, dataset.id),
      branch,
      into_branch: into,
      message,
      head: head.id,
      state: 'open',
      created_at: now,
      created_by: tx.actor.name,
      updated_at: now,
      ended_at: null,
      ended_by: null,
      reason: null,
      merged_from: null,
    };
    await insertProposal(tx, row);
    await say(tx, row, 'proposed', {
      after: { dataset: name, number: row.number, branch, into, version: head.name, message },
    });
    await startChecks(tx, begin, occurrence(name, row, head.name));
    return row.number;
  });
  return showProposal(ctx, name, number);
}

/** The branch has moved: what is proposed is what it is at now. */
export async function follow(tx: Tx, begin: CheckJob, name: string, row: ProposalRow): Promise<void> {
  const { head } = await compareBranches(tx, name, { branch: row.branch, into: row.into_branch });
  if (head.id === row.head || !(await changeProposal(tx, row.id, { head: head.id }))) return;
  const moved = { ...row, head: head.id };
  await say(tx, moved, 'moved', { before: { version_id: row.head }, after: { version: head.name } });
  await startChecks(tx, begin, occurrence(name, moved, head.name));
}

export async function checkAgain(
  ctx: Ctx,
  begin: CheckJob,
  { dataset: name, number }: { dataset: string; number: number },
): Promise<ProposalDetail> {
  await ctx.write(async (tx) => {
    const { row, standing } = await open(tx, name, number);
    // What is checked is what the checks are filed under: whoever hears of the move begins those of the new version.
    if (standing.head.id !== row.head)
      throw conflict(`${name}@${row.branch} has just moved; its checks begin by themselves`, {
        field: 'number',
        hint: `look again: treadle data proposal ${name}#${number}`,
        code: 'branch-moved',
      });
    const checks = await selectChecks(tx, 'dataset_proposed', occurrenceOf(row));
    for (const check of checks) if (isEnded(check)) await beginAgain(tx, begin, check);
    const begun = await startChecks(tx, begin, occurrence(name, row, standing.head.name));
    if (begun + checks.length === 0)
      throw conflict(`no pipeline asks to check what is proposed for ${name}@${row.into_branch}`, {
        field: 'number',
        hint: `say so in its treadle.yaml, and run it: when: { dataset_proposed: ${name}@${row.into_branch} }`,
        code: 'unchecked',
      });
  });
  return showProposal(ctx, name, number);
}

/** Moves the other branch to the version that was looked at, if nothing stands in its way: all of it is read in this transaction. */
export async function merge(
  ctx: Ctx,
  { dataset: name, number, head, reason }: { dataset: string; number: number; head: string; reason?: string },
): Promise<ProposalDetail> {
  await ctx.write(async (tx) => {
    const { row, standing } = await open(tx, name, number);
    const { head: now } = standing;
    if (now.id !== row.head || (head !== now.name && head !== now.id))
      throw conflict(
        `${name}@${row.branch} moved meanwhile: it is at ${now.name}, and you looked at ${head}`,
        {
          field: 'head',
          hint: 'look at what is new, and at its checks, then merge that',
          code: 'branch-moved',
        },
      );
    const checks = await selectChecks(tx, 'dataset_proposed', occurrenceOf(row));
    const [first, ...more] = blockedBy(name, row, standing, checks);
    if (first !== undefined)
      throw conflict([first, ...more].join('; '), {
        field: 'number',
        hint:
          standing.protected && checks.length === 0
            ? `say it in the treadle.yaml of a pipeline that reads ${name}, and run it whole; or treadle data protect ${name}@${row.into_branch} --off`
            : 'mend what is proposed and commit it to the branch, which is checked again by itself',
        code: 'blocked',
      });
    const why = reason ?? `merged ${name}#${number}`;
    await mergeBranch(tx, name, { branch: row.branch, into: row.into_branch, head: now.id, reason: why });
    await end(tx, name, row, 'merged', {
      reason: reason ?? null,
      merged_from: standing.base.id,
    });
  });
  return showProposal(ctx, name, number);
}

export async function close(
  ctx: Ctx,
  { dataset: name, number, reason }: { dataset: string; number: number; reason?: string },
): Promise<ProposalDetail> {
  await ctx.write(async (tx) => {
    const dataset = await requireDataset(tx, name);
    const row = await requireProposal(tx, dataset, number);
    await end(tx, name, row, 'closed', { reason: reason ?? null });
  });
  return showProposal(ctx, name, number);
}

/** Holds the branches as they are to the end of the transaction. */
async function open(tx: Tx, name: string, number: number): Promise<{ row: ProposalRow; standing: Standing }> {
  await lockDatasets(tx);
  const row = await requireProposal(tx, await requireDataset(tx, name), number);
  if (row.state !== 'open') throw ended(name, row);
  const standing = await compareBranches(tx, name, { branch: row.branch, into: row.into_branch });
  return { row, standing };
}

async function end(
  tx: Tx,
  name: string,
  row: ProposalRow,
  state: 'merged' | 'closed',
  change: { reason: string | null; merged_from?: string },
): Promise<void> {
  const done = { ...change, state, ended_at: tx.clock.now(), ended_by: tx.actor.name };
  if (!(await changeProposal(tx, row.id, done))) throw ended(name, row);
  await say(tx, row, state, {
    after: { number: row.number, branch: row.branch, into: row.into_branch, version_id: row.head },
    ...(change.reason === null ? {} : { reason: change.reason }),
  });
}

const ended = (name: string, { number, state }: ProposalRow): Error =>
  conflict(`${name}#${number} is ${state === 'open' ? 'merged or closed' : state} already`, {
    field: 'number',
    hint: 'propose the branch again',
    code: 'ended',
  });

const occurrence = (dataset: string, row: ProposalRow, version: string): Occurrence => ({
  change: {
    kind: 'dataset_proposed',
    dataset,
    proposal: row.number,
    branch: row.branch,
    into: row.into_branch,
    version,
  },
  occurrence: occurrenceOf(row),
  proposal: row.id,
  subject: `dataset_proposal:${row.id}`,
});

async function say(
  tx: Tx,
  { id, dataset, head }: ProposalRow,
  verb: string,
  more: Omit<Parameters<Tx['record']>[0], 'action' | 'resource' | 'edges'>,
): Promise<void> {
  const resource = `dataset_proposal:${id}`;
  await tx.record({
    action: `dataset_proposal.${verb}`,
    resource,
    ...more,
    edges: [
      { from: resource, to: `dataset:${dataset}`, relation: 'proposed-for' },
      { from: resource, to: `dataset_version:${head}`, relation: 'proposes' },
    ],
  });
  await tx.emit({ type: `dataset_proposal.${verb}`, subject: resource, data: { dataset } });
}
