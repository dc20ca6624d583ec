import type { Ctx } from '../platform/ctx/index.ts';
import { missing } from '../platform/errors/index.ts';
import { getRun } from '../tracking/index.ts';
import type { DataInput, RunStep } from './contract.ts';
import { versionsOf } from './registered.ts';
import { outputsOf, readsOf } from './step-reads.ts';
import { selectExecution, selectMaker, selectSteps, type ExecutionRow, type StepRow } from './store.ts';

/** What the step behind a run read and made; of an execution's own run, what the whole of it read and made. */
export async function runStep(ctx: Ctx, run: string): Promise<RunStep> {
  const { execution, steps, step } = await findStep(ctx, run);
  const { id, pipeline, number } = execution;
  const reads = step
    ? readsOf(execution, steps, step)
    : { data: JSON.parse(execution.data) as DataInput[], outputs: [], lost: [] }; // written by us
  // A try that was repeated kept nothing, and what an execution took from its cache it did not make.
  const makers = step
    ? steps.filter(({ run_id, cached_from }) => run_id === run && cached_from === null)
    : steps.filter(({ cached_from }) => cached_from === null);
  const models = new Map<string, RunStep['models'][number]>();
  for (const { run_id } of makers)
    for (const { model: name, version } of run_id === null ? [] : await versionsOf(ctx, run_id))
      models.set(`${name}/${version}`, { name, version });
  return {
    execution: id,
    pipeline,
    number,
    ...(step ? { step: step.name } : {}),
    data: reads.data,
    read: reads.outputs.map(({ maker, output }) => ({
      step: maker.name,
      output,
      ...(maker.run_id === null ? {} : { run_id: maker.run_id }),
    })),
    lost: reads.lost,
    made: makers.flatMap((maker) => outputsOf(maker).map((output) => ({ step: maker.name, output }))),
    models: [...models.values()],
  };
}

interface Found {
  execution: ExecutionRow;
  steps: StepRow[];
  /** None: the run is the execution's own. */
  step?: StepRow;
}

async function findStep(ctx: Ctx, run: string): Promise<Found> {
  const maker = await selectMaker(ctx, run);
  const id = maker ? maker.execution_id : (await getRun(ctx, run)).code?.['execution'];
  if (typeof id === 'string') {
    const [execution, steps] = await Promise.all([selectExecution(ctx, id), selectSteps(ctx, id)]);
    if (execution.run_id === run) return { execution, steps };
    const step = steps.find(
      ({ name, attempts }) =>
        name === maker?.name ||
        (JSON.parse(attempts) as Array<{ run_id?: string }>).some((one) => one.run_id === run), // written by us
    );
    if (step) return { execution, steps, step };
  }
  throw missing(`no step of a pipeline made run '${run}'`, {
    field: 'run',
    hint: 'what other runs read and made is in the run itself',
  });
}
