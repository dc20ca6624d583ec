import type { Ctx } from '../platform/ctx/index.ts';
import type { LoggedModel, LoggedModelStatus } from './contract.ts';
import { readFacts } from './read-facts.ts';
import { say } from './say.ts';
import {
  requireLoggedModel,
  requireOwnLoggedModel,
  toLoggedModel,
  updateLoggedModelRow,
} from './store-logged-models.ts';

/** Says that the files of a logged model are complete, or that making it failed. When ready, its files are read for what they say. */
export async function finalizeLoggedModel(
  ctx: Ctx,
  id: string,
  status: LoggedModelStatus,
): Promise<LoggedModel> {
  const row = await requireLoggedModel(ctx, id);
  // Before the write: nobody shall wait for the reading.
  const facts = status === 'ready' ? await readFacts(ctx, row.location) : undefined;
  await ctx.write(async (tx) => {
    const before = await requireOwnLoggedModel(tx, id);
    await updateLoggedModelRow(tx, id, {
      status,
      updated_at: tx.clock.now(),
      ...(facts === undefined ? {} : { facts: JSON.stringify(facts) }),
    });
    const after = {
      status,
      ...(facts === undefined ? {} : { digest: facts.digest, size: facts.size, files: facts.files }),
    };
    await say(
      tx,
      {
        action: 'logged_model.finalized',
        resource: `logged_model:${id}`,
        before: { status: before.status },
        after,
      },
      { name: row.name, status },
    );
  });
  return toLoggedModel(ctx, await requireLoggedModel(ctx, id));
}
