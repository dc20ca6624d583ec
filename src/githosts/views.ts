import type { Ctx } from '../platform/ctx/index.ts';
import { invalid } from '../platform/errors/index.ts';
import type { CheckState, CommitCheck, GitHost, GitHostKind } from './contract.ts';
import { requireHost, selectChecks, type CheckRow, type GitHostRow } from './store.ts';

export const hookPath = (id: string): string => `/api/v1/hooks/git/${id}`;

export const toHost = (row: GitHostRow): GitHost => ({
  id: row.id,
  name: row.name,
  kind: row.kind as GitHostKind,
  url: row.url,
  repository: row.repository,
  file: row.file,
  has_token: row.token !== null,
  has_secret: row.secret !== null,
  hook: hookPath(row.id),
  created_at: row.created_at,
  created_by: row.created_by,
  updated_at: row.updated_at,
});

const toCheck = (row: CheckRow & { host: string }): CommitCheck => ({
  id: row.id,
  host: row.host,
  commit: row.commit_id,
  branch: row.branch,
  ...(row.base === null ? {} : { base: row.base }),
  ...(row.pull_request === null ? {} : { pull_request: row.pull_request }),
  state: row.state as CheckState,
  ...(row.execution === null ? {} : { execution: row.execution }),
  ...(row.verdict === null ? {} : { verdict: row.verdict }),
  ...(row.problem === null ? {} : { problem: row.problem }),
  created_at: row.created_at,
  ...(row.ended_at === null ? {} : { ended_at: row.ended_at }),
});

type Filter = Pick<Parameters<typeof selectChecks>[1], 'host' | 'state' | 'verdict' | 'branch'>;

export async function listChecks(
  ctx: Ctx,
  { page, limit = 100, ...filter }: Filter & { page?: string; limit?: number },
): Promise<{ items: CommitCheck[]; next?: string }> {
  if (page !== undefined && !/^[0-9a-f]{32}$/.test(page))
    throw invalid('this is not a page token', { field: 'page', hint: 'hand back `next` of the page before' });
  if (filter.host !== undefined) await requireHost(ctx, filter.host); // an empty list would say that it is quiet
  const rows = await selectChecks(ctx, { ...filter, before: page, limit: limit + 1 });
  const items = rows.slice(0, limit).map(toCheck);
  return { items, ...(rows.length > limit ? { next: items.at(-1)!.id } : {}) };
}
