import { sql } from 'kysely';
import type { Ctx, Tx } from '../../platform/ctx/index.ts';
import type { Db } from '../../platform/db/index.ts';
import type { QuotaName } from '../contract.ts';
import type { AccessTables } from '../schema.ts';

/** Those that rows are kept of; requests are counted in memory. */
export type Counted = Exclude<QuotaName, 'requests'>;

const tables = (ctx: { db: Db }) => ctx.db.$extendTables<AccessTables>();

/** Adds to what is used, unless that would be more than may be, and `bounded` says that it matters. False: nothing was added. */
export async function addUsed(
  db: Db,
  workspace: string,
  quota: Counted,
  amount: number,
  bounded: boolean,
): Promise<boolean> {
  const row = await tables({ db })
    .insertInto('workspace_quota')
    .values({ workspace, quota, most: null, used: amount })
    .onConflict((on) => {
      const set = on
        .columns(['workspace', 'quota'])
        .doUpdateSet({ used: sql<number>`workspace_quota.used + excluded.used` });
      return bounded
        ? set.where(
            sql<boolean>`workspace_quota.most is null or workspace_quota.used + excluded.used <= workspace_quota.most`,
          )
        : set;
    })
    .executeTakeFirst();
  return row.numInsertedOrUpdatedRows !== 0n;
}

export async function selectQuotas(
  ctx: Pick<Ctx, 'db' | 'workspace'>,
): Promise<Map<string, { most: number | null; used: number }>> {
  const rows = await tables(ctx)
    .selectFrom('workspace_quota')
    .select(['quota', 'most', 'used'])
    .where('workspace', '=', ctx.workspace)
    .execute();
  return new Map(rows.map(({ quota, most, used }) => [quota, { most, used }]));
}

export async function setMost(tx: Tx, quota: QuotaName, most: number | null): Promise<void> {
  await tables(tx)
    .insertInto('workspace_quota')
    .values({ workspace: tx.workspace, quota, most, used: 0 })
    .onConflict((on) => on.columns(['workspace', 'quota']).doUpdateSet({ most }))
    .execute();
}

/** Of all workspaces: for whoever counts in memory. */
export async function selectRequestLimits(
  ctx: Pick<Ctx, 'db'>,
): Promise<Array<{ workspace: string; most: number }>> {
  const rows = await tables(ctx)
    .selectFrom('workspace_quota')
    .select(['workspace', 'most'])
    .where('quota', '=', 'requests')
    .where('most', 'is not', null)
    .execute();
  return rows.flatMap(({ workspace, most }) => (most === null ? [] : [{ workspace, most }]));
}
