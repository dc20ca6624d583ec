import type { Static } from 'typebox';
import type { Ctx } from '../platform/ctx/index.ts';
import { missing } from '../platform/errors/index.ts';
import type { changeRuns as endpoint } from './contract.ts';
import { setRunState } from './delete-run.ts';
import { checkKey, clipTag } from './limits.ts';
import { checkPairs, requireActiveRun, writeTags } from './log-batch.ts';
import { deleteTagRow, selectRunRows } from './store/runs.ts';

/** Tags, deletes or restores many runs: all of them or none. Restored first and deleted last, so that tags find them active. */
export function changeRuns(ctx: Ctx, input: Static<(typeof endpoint)['body']>): Promise<{ runs: number }> {
  const ids = [...new Set(input.runs)];
  const tags = checkPairs(Object.entries(input.tags ?? {}), (i) => `tags[${i}].`, clipTag);
  const gone = input.remove_tags ?? [];
  gone.forEach((key, i) => checkKey(key, `remove_tags[${i}]`));
  return ctx.write(async (tx) => {
    if (input.state === 'active') for (const id of ids) await setRunState(tx, id, 'active');
    const runs = await selectRunRows(tx, ids);
    if (runs.length < ids.length) {
      const known = new Set(runs.map(({ id }) => id));
      throw missing(`Run with id=${ids.find((id) => !known.has(id))} not found`, {
        field: 'runs',
        hint: 'treadle runs ls lists the runs with their ids',
      });
    }
    for (const run of tags.length + gone.length === 0 ? [] : runs) {
      requireActiveRun(tx, run);
      for (const key of gone) await deleteTagRow(tx, run.id, key);
      await writeTags(tx, run, tags);
      await tx.emit({ type: 'run.updated', subject: `run:${run.id}` });
    }
    if (input.state === 'deleted') for (const id of ids) await setRunState(tx, id, 'deleted');
    return { runs: ids.length };
  });
}
