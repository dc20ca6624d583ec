import { compareBranches, findDatasetVersion, requireDataset, type Standing } from '../data/index.ts';
import { getVersion } from '../models/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { TreadleError } from '../platform/errors/index.ts';
import { changeOf } from './checks.ts';
import type { ChangeCheck, Proposal, ProposalDetail, ProposalState } from './contract.ts';
import {
  requireProposal,
  selectChecks,
  selectChecksBefore,
  selectProposals,
  type CheckRow,
  type ProposalRow,
} from './store.ts';

/** A proposal is checked once for each version that it proposes. */
export const occurrenceOf = ({ id, head }: ProposalRow): string => `${id}:${head}`;

export const isEnded = ({ state }: Pick<CheckRow, 'state'>): boolean =>
  state === 'done' || state === 'failed';

/** Why it cannot be merged now, each in a sentence. Pure. */
export function blockedBy(
  name: string,
  row: ProposalRow,
  { stands, base, protected: held }: Pick<Standing, 'stands' | 'base' | 'protected'>,
  checks: readonly CheckRow[],
): string[] {
  const why: string[] = [];
  const into = `${name}@${row.into_branch}`;
  if (stands === 'same') why.push(`${into} is at ${base.name} already`);
  if (stands === 'diverged')
    why.push(
      `${into} has moved on to ${base.name}, which ${row.branch} was not made from: make the change again on that, in a new branch`,
    );
  if (!held) return why;
  if (checks.length === 0)
    why.push(
      `${into} is protected, and no pipeline has checked this: none says when: { dataset_proposed: ${into} }`,
    );
  for (const { pipeline, state, verdict, summary, problem } of checks)
    if (!isEnded({ state })) why.push(`the check of ${pipeline} has not ended`);
    else if (verdict !== 'pass')
      why.push(`the check of ${pipeline} did not pass: ${summary ?? problem ?? 'nobody could judge'}`);
  return why;
}

export async function showProposal(ctx: Ctx, name: string, number: number): Promise<ProposalDetail> {
  const dataset = await requireDataset(ctx, name);
  const row = await requireProposal(ctx, dataset, number);
  const counted = occurrenceOf(row);
  const [checks, before] = await Promise.all([
    selectChecks(ctx, 'dataset_proposed', counted),
    selectChecksBefore(ctx, row.id, counted),
  ]);
  const shown = await toProposal(ctx, name, row);
  const said = { checks: checks.map(toCheck), void_checks: before.map(toCheck) };
  if (row.state !== 'open') return { ...shown, protected: false, ...said, blocked: [] };
  try {
    const standing = await compareBranches(ctx, name, { branch: row.branch, into: row.into_branch });
    return {
      ...shown,
      base: standing.base.name,
      protected: standing.protected,
      ...said,
      blocked: blockedBy(name, row, standing, checks),
    };
  } catch (error) {
    if (!(error instanceof TreadleError) || error.kind !== 'missing') throw error;
    return { ...shown, protected: false, ...said, blocked: [error.message] };
  }
}

export async function listProposals(
  ctx: Ctx,
  name: string,
  { state, page, limit = 100 }: { state?: ProposalState; page?: string; limit?: number },
): Promise<{ items: Proposal[]; next?: string }> {
  const dataset = await requireDataset(ctx, name);
  const before = page === undefined ? undefined : Number(page);
  const rows = await selectProposals(ctx, dataset.id, { state, before, limit: limit + 1 });
  const items = await Promise.all(rows.slice(0, limit).map((row) => toProposal(ctx, name, row)));
  return { items, ...(rows.length > limit ? { next: String(items.at(-1)!.number) } : {}) };
}

export async function versionChecks(ctx: Ctx, model: string, version: string): Promise<ChangeCheck[]> {
  const { ref } = await getVersion(ctx, model, version);
  return (await selectChecks(ctx, 'version_registered', ref)).map(toCheck);
}

async function toProposal(ctx: Ctx, dataset: string, row: ProposalRow): Promise<Proposal> {
  const nameOf = async (id: string): Promise<string | undefined> =>
    (await findDatasetVersion(ctx, id, { deleted: true }))?.name;
  const base = row.merged_from === null ? undefined : await nameOf(row.merged_from);
  return {
    dataset,
    number: row.number,
    branch: row.branch,
    into: row.into_branch,
    message: row.message,
    state: row.state as ProposalState,
    head: (await nameOf(row.head)) ?? row.head,
    head_id: row.head,
    ...(base === undefined ? {} : { base }),
    created_at: row.created_at,
    created_by: row.created_by,
    ...(row.ended_at === null ? {} : { ended_at: row.ended_at }),
    ...(row.ended_by === null ? {} : { ended_by: row.ended_by }),
    ...(row.reason === null ? {} : { reason: row.reason }),
  };
}

const toCheck = (row: CheckRow): ChangeCheck => ({
  id: row.id,
  pipeline: row.pipeline,
  change: changeOf(row),
  state: row.state as ChangeCheck['state'],
  ...(row.execution === null ? {} : { execution: row.execution }),
  ...(row.verdict === null ? {} : { verdict: row.verdict }),
  ...(row.summary === null ? {} : { summary: row.summary }),
  ...(row.problem === null ? {} : { problem: row.problem }),
  created_at: row.created_at,
  ...(row.ended_at === null ? {} : { ended_at: row.ended_at }),
});
