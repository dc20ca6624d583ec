import type { Ctx, Tx } from '../../platform/ctx/index.ts';
import type { Db } from '../../platform/db/index.ts';
import { missing, type TreadleError } from '../../platform/errors/index.ts';
import type { Quota, QuotaChange, QuotaName } from '../contract.ts';
import { workspaceExists } from '../store.ts';
import { full, QUOTA_CODE, QUOTAS } from './refused.ts';
import type { Requests } from './requests.ts';
import { addUsed, selectQuotas, setMost, type Counted } from './store.ts';

/**
 * Takes room for what the same transaction stores, or throws `forbidden` where the workspace's quota would be passed. One statement, so that of
 * two writers who would pass it together one is refused; it costs the same however much there is. Less than nothing gives room back.
 */
export async function takeRoom(tx: Tx, quota: Counted, amount: number): Promise<void> {
  if (amount === 0 || (await addUsed(tx.db, tx.workspace, quota, amount, amount > 0))) return;
  throw await whyFull(tx, quota, amount);
}

/**
 * At the head of a change that reads what is there to know how much room it takes or gives: two of them would both see it as it was,
 * where the database lets them pass each other. Before anything is recorded or emitted, as all room is taken: else two wait for each other.
 */
export async function holdRoom(tx: Tx, quota: Counted): Promise<void> {
  await tx.dialect.sequenceLock(`quota:${quota}:${tx.workspace}`)?.execute(tx.db);
}

/** Counts what is there already, whatever the quota says: hours of work are not thrown away for the bytes that they left. */
export async function countRoom(tx: Tx, quota: Counted, amount: number): Promise<void> {
  if (amount !== 0) await addUsed(tx.db, tx.workspace, quota, amount, false);
}

/** Gives room back in several workspaces at once: what gc took away, which works for all of them. */
export async function giveRoom(db: Db, quota: Counted, by: ReadonlyMap<string, number>): Promise<void> {
  for (const [workspace, amount] of by) if (amount !== 0) await addUsed(db, workspace, quota, -amount, false);
}

/** Before bytes are taken that would be refused afterwards; what decides is `takeRoom`. */
export async function requireRoom(ctx: Ctx, quota: Counted, amount: number): Promise<void> {
  if (amount <= 0) return;
  const { used = 0, most = null } = (await selectQuotas(ctx)).get(quota) ?? {};
  if (most !== null && used + amount > most) throw full(ctx.workspace, quota, { used, most }, amount);
}

async function whyFull(tx: Tx, quota: Counted, amount: number): Promise<TreadleError> {
  const row = (await selectQuotas(tx)).get(quota);
  return full(tx.workspace, quota, { used: row?.used ?? 0, most: row?.most ?? 0 }, amount);
}

/** Whether an error says that a quota is used up. */
export const isQuota = (error: TreadleError): boolean => error.code === QUOTA_CODE;

export async function listQuotas(ctx: Ctx, requests: Requests): Promise<Quota[]> {
  const rows = await selectQuotas(ctx);
  return QUOTAS.map((quota) => {
    const most = rows.get(quota)?.most ?? null;
    const used =
      quota === 'requests' ? requests.used(ctx.workspace, ctx.clock.now()) : (rows.get(quota)?.used ?? 0);
    return { quota, used, ...(most === null ? {} : { limit: most }) };
  });
}

/** Sets limits, or takes them away. One below what is used is fine: nothing goes, and nothing more comes. */
export function setQuotas(ctx: Ctx, change: QuotaChange, requests: Requests): Promise<Quota[]> {
  return ctx.write(async (tx) => {
    if (!(await workspaceExists(tx, tx.workspace)))
      throw missing(`there is no workspace '${tx.workspace}'`, { field: 'workspace' });
    const before = await selectQuotas(tx);
    const said = QUOTAS.filter((quota) => change[quota] !== undefined);
    for (const quota of said) await setMost(tx, quota, change[quota] ?? null);
    const limits = (of: (quota: QuotaName) => number | null): Record<string, number | null> =>
      Object.fromEntries(said.map((quota) => [quota, of(quota)]));
    await tx.record({
      action: 'workspace.quotas_set',
      resource: `workspace:${tx.workspace}`,
      before: limits((quota) => before.get(quota)?.most ?? null),
      after: limits((quota) => change[quota] ?? null),
    });
    await tx.emit({ type: 'workspace.quotas_set', subject: `workspace:${tx.workspace}` });
    const most = change.requests;
    if (most !== undefined) tx.afterCommit(() => requests.limit(tx.workspace, most));
    return listQuotas(tx, requests);
  });
}
