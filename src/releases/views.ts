import { getModel } from '../models/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { invalid } from '../platform/errors/index.ts';
import type { DeployResult, GateResult } from '../pipelines/contract.ts';
import type { Release, ReleaseDetail, ReleaseState, Rollout } from './contract.ts';
import { pointsOf, progressOf } from './rollout/write.ts';
import { readEvidence, stageOf } from './rollout/progress.ts';
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
    ...(row.rollout === null ? {} : { rollout: rolloutOf(row) }),
    ...(row.reason === null ? {} : { reason: row.reason }),
    created_at: row.created_at,
    created_by: row.created_by,
    updated_at: row.updated_at,
    ...(row.ended_at === null ? {} : { ended_at: row.ended_at }),
  };
}

export async function getRelease(ctx: Ctx, id: string): Promise<ReleaseDetail> {
  const row = await requireRelease(ctx, id);
  return {
    ...toRelease(row),
    transitions: await selectTransitions(ctx, id),
    ...(row.rollout === null ? {} : { evidence: pointsOf(row) }),
  };
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

function rolloutOf(row: ReleaseRow): Rollout {
  const progress = progressOf(row);
  const { plan, stage, phase, base, revisions, since, seen, stage_seen, evidence, held } = progress;
  const { harm, proof, words } = readEvidence(progress);
  const at = stageOf(progress);
  const side = ({ answers, errors, losses, loss }: typeof evidence.primary) => ({
    answers,
    errors,
    losses,
    ...(losses === 0 ? {} : { loss: loss / losses }),
  });
  return {
    stages: plan.stages.map((one) =>
      one.role === 'shadow' ? { ...one, percent: 100 } : { role: one.role, percent: one.percent },
    ),
    stage,
    phase,
    percent: phase === 'back' || at.role === 'shadow' ? 0 : at.percent,
    base,
    revision: revisions.at(-1)!,
    since,
    every_s: plan.every_ms / 1000,
    within_s: plan.within_ms / 1000,
    ...(plan.requests === null ? {} : { requests: plan.requests }),
    undecided: plan.undecided,
    losses: plan.losses,
    seen,
    step_seen: stage_seen,
    evidence: { harm, proof, words, primary: side(evidence.primary), trial: side(evidence.canary) },
    ...(held ? { held } : {}),
  };
}
