import type { Tx } from '../platform/ctx/index.ts';
import { invalid } from '../platform/errors/index.ts';
import type { ModelMetric } from './contract.ts';
import { existingLoggedModels, insertModelMetrics } from './store-logged-models.ts';

/**
 * Files metric points that name a logged model under that model too. Part of the write that logs them for the run, which
 * says so in the ledger. A model that does not exist is the caller's mistake.
 */
export async function logModelMetrics(
  tx: Tx,
  points: ReadonlyArray<ModelMetric & { model_id: string }>,
): Promise<void> {
  if (points.length === 0) return;
  const ids = [...new Set(points.map(({ model_id }) => model_id))];
  const known = await existingLoggedModels(tx, ids);
  const unknown = ids.find((id) => !known.has(id));
  if (unknown !== undefined)
    throw invalid(`there is no logged model '${unknown}'`, {
      field: 'model_id',
      hint: 'make it first, or log the metric without a model',
    });
  await insertModelMetrics(tx, points);
}
