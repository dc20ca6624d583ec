import { getModel } from '../models/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { invalid } from '../platform/errors/index.ts';
import type { Evaluation, EvaluationSummary, Verdict } from './contract.ts';
import { resolveGateData } from './data/gate-data.ts';
import type { TableSource } from './data/table-source.ts';
import {
  questionOf,
  requireEvaluation,
  selectEvaluations,
  selectNewest,
  toEvaluation,
  toSummary,
} from './store.ts';

/** The plain reads of the room. */
export async function getEvaluation(ctx: Ctx, id: string): Promise<Evaluation> {
  return toEvaluation(await requireEvaluation(ctx, id));
}

/** The newest evaluation of a version that came to an end, with its verdict and proof. */
export async function newestFor(ctx: Ctx, versionRef: string): Promise<Evaluation | undefined> {
  const row = await selectNewest(ctx, versionRef);
  return row && toEvaluation(row);
}

export async function listEvaluations(
  ctx: Ctx,
  query: {
    model?: string;
    version?: number;
    execution?: string;
    verdict?: Verdict;
    limit?: number;
    page?: string;
  },
): Promise<{ items: EvaluationSummary[]; next?: string }> {
  const { model, version, execution, verdict, limit = 100, page } = query;
  if (version !== undefined && model === undefined)
    throw invalid('a version without its model', { field: 'version', hint: 'name the model, too' });
  if (page !== undefined && !/^[0-9a-f]{32}$/.test(page))
    throw invalid('this page does not exist', { field: 'page', hint: 'hand back `next` of the page before' });
  const rows = await selectEvaluations(ctx, {
    model_ref: model === undefined ? undefined : (await getModel(ctx, model)).ref,
    version,
    execution,
    verdict,
    before: page,
    limit: limit + 1,
  });
  const items = rows.slice(0, limit).map(toSummary);
  return { items, ...(rows.length > limit ? { next: items.at(-1)!.id } : {}) };
}

/** Waits for the end of an evaluation, a time at most. */
export async function waitForEnd(
  ctx: Ctx,
  id: string,
  seconds: number,
  signal: AbortSignal,
): Promise<Evaluation> {
  // Another server may do the work, so the row is looked at; the first looks come quickly.
  const until = ctx.clock.now() + seconds * 1000;
  for (let pause = 25; ; pause = Math.min(500, pause * 1.5)) {
    const found = await getEvaluation(ctx, id);
    if (found.state === 'done' || found.state === 'failed') return found;
    const left = until - ctx.clock.now();
    if (left <= 0 || signal.aborted) return found;
    await new Promise((resolve) => setTimeout(resolve, Math.min(pause, left)));
  }
}

/** The table that the newest evaluation of a version was judged on; undefined where none came to an end. Bytes that are gone are an error. */
export async function judgedOn(ctx: Ctx, versionRef: string): Promise<TableSource | undefined> {
  const row = await selectNewest(ctx, versionRef);
  return row && resolveGateData(ctx, questionOf(row).data);
}
