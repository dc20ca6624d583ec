import { getModel } from '../models/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { invalid } from '../platform/errors/index.ts';
import type { DeployResult, GateResult } from '../pipelines/contract.ts';
import type { Release, ReleaseDetail, ReleaseState } from './contract.ts';
import { requireRelease, selectReleases, selectTransitions, type ReleaseRow } from './store.ts';

/** The plain reads of the room. Columns of JSON hold what this room wrote there. */

export function toRelease(row: ReleaseRow): Release {
  return {
    ref: `release:${row.id}`,
    id: row.id,
    model: row.model,
    version: row.version,
    version_ref: row.version_ref,
    state: row.state as ReleaseState,
    asked_by: row.execution === null ? 'hand' : 'pipeline',
    ...(row.execution === null
      ? {}
      : { execution: { id: row.execution, pipeline: row.pipeline ?? '', number: row.number ?? 0 } }),
    ...(row.endpoint === null ? {} : { endpoint: row.endpoint }),
    ...(row.expects === null ? {} : { expects: row.expects }),
    ...(row.gate === null ? {} : { gate: JSON.parse(row.gate) as GateResult }),
    ...(row.deployment === null ? {} : { deployment: JSON.parse(row.deployment) as DeployResult }),
    ...(row.reason === null ? {} : { reason: row.reason }),
    created_at: row.created_at,
    created_by: row.created_by,
    updated_at: row.updated_at,
    ...(row.ended_at === null ? {} : { ended_at: row.ended_at }),
  };
}

export async function getRelease(ctx: Ctx, id: string): Promise<ReleaseDetail> {
  return { ...toRelease(await requireRelease(ctx, id)), transitions: await selectTransitions(ctx, id) };
}

export async function listReleases(
  ctx: Ctx,
  query: {
    model?: string;
    endpoint?: string;
    execution?: string;
    state?: ReleaseState;
    limit?: number;
    page?: string;
  },
): Promise<{ items: Release[]; next?: string }> {
  const { model, limit = 100, page, ...rest } = query;
  if (page !== undefined && !/^[0-9a-f]{32}$/.test(page))
    throw invalid('this is not a page token', { field: 'page', hint: 'hand back `next` of the page before' });
  const rows = await selectReleases(ctx, {
    ...rest,
    model_ref: model === undefined ? undefined : (await getModel(ctx, model)).ref,
    before: page,
    limit: limit + 1,
  });
  const shown = rows.slice(0, limit);
  return {
    items: shown.map(toRelease),
    ...(rows.length > limit ? { next: shown.at(-1)!.id } : {}),
  };
}
