import { createVersion } from '../../models/index.ts';
import type { Ctx } from '../../platform/ctx/index.ts';
import type { CheckShown, StepOutput } from '../contract.ts';
import type { Definition } from '../file/definition.ts';
import { versionsOf } from '../registered.ts';
import { selectExecution, type ExecutionRow, type StepRow } from '../store.ts';
import { sampleOf, type ExecutionOptions } from './options.ts';
import { attachOutput } from './attach-output.ts';

export interface Registered {
  name: string;
  version: string;
}

/** Registers what the file's `model:` names. What came from the cache has its version already: that of the execution which made it. */
export async function registerModel(
  ctx: Ctx,
  execution: ExecutionRow,
  model: Definition['model'],
  step: StepRow | undefined,
): Promise<Registered | undefined> {
  if (!model || !step || step.run_id === null) return undefined;
  const cached = await versionOf(ctx, step);
  if (cached?.name === model.name) return cached;
  const output = (JSON.parse(step.outputs) as StepOutput[]).find(({ name }) => name === model.output); // written by us
  if (!output) return undefined;
  const source = await attachOutput(ctx, step.run_id, output);
  // An execution that a crash cut short right after this comes here again with the same files.
  const known = (await versionsOf(ctx, step.run_id)).find(
    (one) => one.source === source && one.model === model.name,
  );
  const { version } =
    known ??
    (await createVersion(ctx, {
      model: model.name,
      source,
      run_id: step.run_id,
      description: `Made by step ${model.step} of ${execution.pipeline} in execution ${execution.number}.`,
      tags: {
        'treadle.pipeline': execution.pipeline,
        'treadle.execution': execution.id,
        'treadle.step': model.step,
        ...checkedTag(execution),
      },
      makeModel: true,
    }));
  return { name: model.name, version: String(version) };
}

/** Who looks at the registry sees which versions nobody trained to use. */
function checkedTag({ options }: ExecutionRow): Record<string, string> {
  const read = JSON.parse(options) as ExecutionOptions; // written by us
  const sample = sampleOf(read);
  return {
    ...(read.ci ? { 'treadle.ci': checked(read.ci) } : {}),
    ...(sample === undefined ? {} : { 'treadle.sample': sample }),
  };
}

const checked = ({ branch, change }: CheckShown): string =>
  change?.kind === 'dataset_proposed' ? `${change.dataset}#${change.proposal}` : (branch ?? 'a commit');

async function versionOf(ctx: Ctx, { cached_from }: StepRow): Promise<Registered | undefined> {
  if (cached_from === null) return undefined;
  const from = await selectExecution(ctx, (JSON.parse(cached_from) as { execution: string }).execution).catch(
    () => undefined,
  );
  if (!from || from.model_version === null) return undefined;
  return JSON.parse(from.model_version) as Registered;
}
