import type { Ctx } from '../platform/ctx/index.ts';
import { missing } from '../platform/errors/index.ts';
import type { Experiment } from './contract.ts';
import { ensureDefaultExperiment } from './create-experiment.ts';
import { findExperiment, selectExperiment } from './store/experiments.ts';
import { DEFAULT_EXPERIMENT } from './well-known.ts';

export async function getExperiment(ctx: Ctx, id: string): Promise<Experiment> {
  if (id === DEFAULT_EXPERIMENT.id) await ensureDefaultExperiment(ctx);
  return selectExperiment(ctx, id);
}

/** Deleted ones too: their names stay taken. */
export async function getExperimentByName(ctx: Ctx, name: string): Promise<Experiment> {
  if (name === DEFAULT_EXPERIMENT.name) await ensureDefaultExperiment(ctx);
  const found = await findExperiment(ctx, { name });
  if (!found) throw missing(`Could not find experiment with name '${name}'`, { field: 'experiment_name' });
  return found;
}
