import type { Ctx } from '../platform/ctx/index.ts';
import { invalid, missing } from '../platform/errors/index.ts';
import type { Experiment } from './contract.ts';
import { getExperiment } from './get-experiment.ts';
import { checkExperimentName, checkExperimentTags } from './limits.ts';
import {
  deleteExperimentTagRow,
  renameExperiment,
  selectExperiment,
  upsertExperimentTags,
} from './store/experiments.ts';
import { NOTE_TAG } from './well-known.ts';

export interface ExperimentChange {
  name?: string | undefined;
  note?: string | undefined;
  tags?: Readonly<Record<string, string>> | undefined;
  remove_tags?: readonly string[] | undefined;
}

export async function updateExperiment(ctx: Ctx, id: string, change: ExperimentChange): Promise<Experiment> {
  if (change.name !== undefined) checkExperimentName(change.name);
  const tags = { ...change.tags, ...(change.note === undefined ? {} : { [NOTE_TAG]: change.note }) };
  checkExperimentTags(tags);
  await getExperiment(ctx, id);
  return ctx.write(async (tx) => {
    const before = await selectExperiment(tx, id);
    requireActive(before);
    if (change.name !== undefined && change.name !== before.name) {
      await renameExperiment(tx, id, change.name);
      await tx.record({
        action: 'experiment.renamed',
        resource: `experiment:${id}`,
        before: { name: before.name },
        after: { name: change.name },
      });
    }
    for (const key of change.remove_tags ?? []) await deleteExperimentTagRow(tx, id, key);
    await upsertExperimentTags(tx, id, tags);
    await tx.emit({ type: 'experiment.updated', subject: `experiment:${id}` });
    return selectExperiment(tx, id);
  });
}

export async function deleteExperimentTag(ctx: Ctx, id: string, key: string): Promise<void> {
  await getExperiment(ctx, id);
  await ctx.write(async (tx) => {
    requireActive(await selectExperiment(tx, id));
    if (!(await deleteExperimentTagRow(tx, id, key)))
      throw missing(`No tag with name: ${key} in experiment with id ${id}`, { field: 'key' });
    await tx.emit({ type: 'experiment.updated', subject: `experiment:${id}` });
  });
}

export function requireActive(experiment: Experiment): void {
  if (experiment.state !== 'active') {
    throw invalid(
      `The experiment ${experiment.id} must be in the 'active' state. Current state is ${experiment.state}`,
      { field: 'experiment_id', code: 'experiment-deleted', hint: 'restore it first' },
    );
  }
}
