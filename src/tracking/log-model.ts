import type { Ctx } from '../platform/ctx/index.ts';
import { appendItem, pythonJson } from '../platform/json/index.ts';
import { requireActiveRun, writeTags } from './log-batch.ts';
import { selectRunRow } from './store/runs.ts';
import { selectPairsOf } from './store/run-parts.ts';

const HISTORY_TAG = 'mlflow.log-model.history';

/** Notes a model that an older client packaged among the run's artifacts, where such clients look for it: in a tag of the run. */
export async function noteModel(ctx: Ctx, runId: string, model: object): Promise<void> {
  await ctx.write(async (tx) => {
    const run = await selectRunRow(tx, runId);
    requireActiveRun(tx, run);
    const tags = await selectPairsOf(tx, 'run_tag', [runId], [HISTORY_TAG]);
    const value = appendItem(tags.get(runId)?.[0]?.[1], pythonJson(model));
    await writeTags(tx, run, [[HISTORY_TAG, value]]);
    await tx.emit({ type: 'run.updated', subject: `run:${runId}` });
  });
}
