import { randomUUID } from 'node:crypto';
import type { Ctx, Tx } from '../../platform/ctx/index.ts';
import type { AccessTables } from '../schema.ts';

/**
 * What was made of grants is kept for as long as this word stays the same: it changes in the transaction of each change, and is random, so
 * that one which was never committed is never met again.
 */
export async function changeEpoch(tx: Tx): Promise<void> {
  await tx.db
    .$extendTables<AccessTables>()
    .updateTable('access_epoch')
    .set({ word: randomUUID() })
    .where('id', '=', 1)
    .execute();
}

export async function epochNow(ctx: Pick<Ctx, 'db'>): Promise<string> {
  const row = await ctx.db
    .$extendTables<AccessTables>()
    .selectFrom('access_epoch')
    .select('word')
    .where('id', '=', 1)
    .executeTakeFirstOrThrow();
  return row.word;
}
