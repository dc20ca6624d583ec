import { getVersion, type MoveGuard } from '../models/index.ts';
import { conflict } from '../platform/errors/index.ts';
import { sampleOf, type ExecutionOptions } from './run/options.ts';
import { selectExecution, selectMaker } from './store.ts';

/** A version whose run saw a part of its data is for a check alone: nothing that people or programs follow ever points at it. */
export const guardSampled: MoveGuard = async (tx, { from, to }) => {
  for (const { ref, model, version } of to) {
    if (from.includes(ref)) continue;
    const { run_id: run } = await getVersion(tx, model, String(version));
    const step = run === undefined ? undefined : await selectMaker(tx, run);
    if (!step) continue;
    const { options } = await selectExecution(tx, step.execution_id);
    const sample = sampleOf(JSON.parse(options) as ExecutionOptions); // written by us
    if (sample !== undefined)
      throw conflict(`version ${version} of '${model}' was trained on a sample of ${sample}`, {
        field: 'version',
        hint: 'run the pipeline on all of its data: treadle run',
        code: 'sampled',
      });
  }
};
