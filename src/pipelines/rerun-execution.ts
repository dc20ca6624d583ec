import type { Ctx } from '../platform/ctx/index.ts';
import { conflict } from '../platform/errors/index.ts';
import type { DataInput, GitState } from './contract.ts';
import { addExecution, type Prepared, type RunJob } from './create-execution.ts';
import { readPipelineFileAside } from './file/read-aside.ts';
import { readManifestBlob } from './plan/reasons.ts';
import type { ExecutionOptions } from './run/options.ts';
import { selectExecution, selectSteps, type ExecutionRow } from './store.ts';

/** Runs the same file, code, parameters and data versions once more. */
export async function rerunExecution(
  ctx: Ctx,
  id: string,
  options: { force?: boolean },
  job: RunJob,
): Promise<string> {
  const row = await selectExecution(ctx, id);
  const before = JSON.parse(row.options) as ExecutionOptions; // written by us
  const { force: _force, ...kept } = before;
  return addExecution(ctx, job, {
    ...(await preparedAgain(ctx, row)),
    trigger: 'rerun',
    options: { ...kept, ...(options.force === true ? { force: true } : {}) },
  });
}

/** What an earlier execution was made of, resolved as it was then. */
export async function preparedAgain(
  ctx: Ctx,
  row: ExecutionRow,
): Promise<Omit<Prepared, 'trigger' | 'options'>> {
  const { definition } = await readPipelineFileAside(row.file);
  if (!definition)
    throw conflict(`the file of execution ${row.number} is not one that this version reads`, {
      hint: 'run it from the project again',
    });
  const names = new Set((await selectSteps(ctx, row.id)).map(({ name }) => name));
  const { git } = JSON.parse(row.code) as { git?: GitState };
  return {
    pipeline: row.pipeline,
    file: row.file,
    steps: definition.steps.filter(({ name }) => names.has(name)),
    params: JSON.parse(row.params) as Prepared['params'],
    data: JSON.parse(row.data) as DataInput[],
    code: await readManifestBlob(ctx, row.manifest),
    git,
    warnings: JSON.parse(row.warnings) as string[],
  };
}
