import type { Ctx } from '../platform/ctx/index.ts';
import { missing } from '../platform/errors/index.ts';
import type { Experiment } from './contract.ts';
import { getExperiment } from './get-experiment.ts';
import { selectExperiment, setExperimentState } from './store/experiments.ts';
import { deleteRunsOf, restoreRunsOf } from './store/runs.ts';

/** Deletes an experiment and, with it, its active runs; nothing is lost until it is purged. */
export async function deleteExperiment(ctx: Ctx, id: string): Promise<Experiment> {
  await getExperiment(ctx, id);
  return ctx.write(async (tx) => {
    const experiment = await selectExperiment(tx, id);
    if (experiment.state !== 'active')
      throw missing(`No active experiment with id=${id} exists`, {
        field: 'experiment_id',
        hint: 'it is deleted already',
      });
    await setExperimentState(tx, id, 'deleted');
    const runs = await deleteRunsOf(tx, id);
    await tx.record({ action: 'experiment.deleted', resource: `experiment:${id}`, after: { runs } });
    await tx.emit({ type: 'experiment.deleted', subject: `experiment:${id}` });
    return selectExperiment(tx, id);
  });
}

/** Brings it back with the runs that went with it; runs that were deleted before stay deleted. */
export async function restoreExperiment(ctx: Ctx, id: string): Promise<Experiment> {
  await getExperiment(ctx, id);
  return ctx.write(async (tx) => {
    const experiment = await selectExperiment(tx, id);
    if (experiment.state !== 'deleted')
      throw missing(`No deleted experiment with id=${id} exists`, {
        field: 'experiment_id',
        hint: 'it is active',
      });
    await setExperimentState(tx, id, 'active');
    const runs = await restoreRunsOf(tx, id);
    await tx.record({ action: 'experiment.restored', resource: `experiment:${id}`, after: { runs } });
    await tx.emit({ type: 'experiment.restored', subject: `experiment:${id}` });
    return selectExperiment(tx, id);
  });
}
