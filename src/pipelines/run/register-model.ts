import type { Ctx } from '../../platform/ctx/index.ts';
import type { StepOutput } from '../contract.ts';
import type { Definition } from '../file/definition.ts';
import { selectExecution, type ExecutionRow, type StepRow } from '../store.ts';
import { attachOutput } from './attach-output.ts';
import type { ModelRegistrar } from './engine.ts';

/** Registers what the file's `model:` names. What came from the cache has its version already: that of the execution which made it. */
export async function registerModel(
  ctx: Ctx,
  registrar: ModelRegistrar | undefined,
  execution: ExecutionRow,
  model: Definition['model'],
  step: StepRow | undefined,
): Promise<{ name: string; version: string } | undefined> {
  if (!model || !registrar || !step || step.run_id === null) return undefined;
  const known = await versionOf(ctx, step);
  if (known?.name === model.name) return known;
  const output = (JSON.parse(step.outputs) as StepOutput[]).find(({ name }) => name === model.output); // written by us
  if (!output) return undefined;
  return registrar.register(ctx, {
    name: model.name,
    run: step.run_id,
    source: await attachOutput(ctx, step.run_id, output),
    description: `Made by step ${model.step} of ${execution.pipeline} in execution ${execution.number}.`,
    tags: {
      'treadle.pipeline': execution.pipeline,
      'treadle.execution': execution.id,
      'treadle.step': model.step,
    },
  });
}

async function versionOf(
  ctx: Ctx,
  { cached_from }: StepRow,
): Promise<{ name: string; version: string } | undefined> {
  if (cached_from === null) return undefined;
  const from = await selectExecution(ctx, (JSON.parse(cached_from) as { execution: string }).execution).catch(
    () => undefined,
  );
  if (!from || from.model_version === null) return undefined;
  return JSON.parse(from.model_version) as { name: string; version: string };
}
