import type { Ctx } from '../platform/ctx/index.ts';
import { conflict, missing } from '../platform/errors/index.ts';
import { addExecution, type RunJob } from './create-execution.ts';
import { checkRequirements } from '../environments/index.ts';
import type { Step } from './file/definition.ts';
import { preparedAgain } from './rerun-execution.ts';
import type { ExecutionOptions } from './run/options.ts';
import { selectExecution, selectExecutions, selectMaker } from './store.ts';

/**
 * Repeats what made a run: the same code, data versions, parameters and environment lock, every step in a fresh folder and none
 * from the cache. For the run of a step this is the step with all that it needs; for that of an execution, all its steps.
 */
export async function reproduceRun(
  ctx: Ctx,
  run: string,
  options: { tolerance?: number | undefined; environment?: string | undefined },
  job: RunJob,
): Promise<string> {
  const maker = await selectMaker(ctx, run);
  const [whole] = maker ? [] : await selectExecutions(ctx, { run, limit: 1 });
  const row = maker ? await selectExecution(ctx, maker.execution_id) : whole;
  if (!row)
    throw missing(`no pipeline made the run '${run}'`, {
      field: 'run',
      hint: 'name the run of a step or of an execution; only those hold all that is needed to repeat them',
    });
  if (row.state === 'queued' || row.state === 'running')
    throw conflict(`execution ${row.number} of ${row.pipeline} has not ended yet`, { field: 'run' });
  const prepared = await preparedAgain(ctx, row);
  const steps = maker ? withNeeds(prepared.steps, maker.name) : prepared.steps;
  const { file } = JSON.parse(row.options) as ExecutionOptions; // written by us
  let environment: string | undefined;
  if (options.environment !== undefined) {
    checkRequirements(options.environment, 'environment');
    environment = (await ctx.blobs.put(Buffer.from(options.environment))).hash;
  }
  return addExecution(ctx, job, {
    ...prepared,
    steps,
    trigger: 'reproduce',
    options: {
      ...(file === undefined ? {} : { file }),
      force: true,
      ...(environment === undefined ? {} : { environment }),
      ...(options.tolerance === undefined ? {} : { tolerance: options.tolerance }),
    },
    reproduces: { run_id: run, execution: row.id, number: row.number },
  });
}

function withNeeds(steps: readonly Step[], name: string): Step[] {
  const wanted = new Set([name]);
  for (const step of steps.toReversed())
    if (wanted.has(step.name)) for (const need of step.needs) wanted.add(need);
  return steps.filter((step) => wanted.has(step.name));
}
