// All SQL of the room.
import type { Selectable, Updateable } from 'kysely';
import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { missing } from '../platform/errors/index.ts';
import type { GitHostTables } from './schema.ts';

const tables = (ctx: Pick<Ctx, 'db'>) => ctx.db.$extendTables<GitHostTables>();
export type GitHostRow = Selectable<GitHostTables['git_host']>;
export type CheckRow = Selectable<GitHostTables['git_check']>;

export const selectHosts = (ctx: Ctx): Promise<GitHostRow[]> =>
  tables(ctx)
    .selectFrom('git_host')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .orderBy('name')
    .execute();

export const findHost = (ctx: Ctx, name: string): Promise<GitHostRow | undefined> =>
  tables(ctx)
    .selectFrom('git_host')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('name', '=', name)
    .executeTakeFirst();

export const findHostById = (ctx: Ctx, id: string): Promise<GitHostRow | undefined> =>
  tables(ctx)
    .selectFrom('git_host')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('id', '=', id)
    .executeTakeFirst();

/** Of any workspace: who tells of a push shows the secret, and no token. */
export const findHostAnywhere = (house: Ctx, id: string): Promise<GitHostRow | undefined> =>
  tables(house).selectFrom('git_host').selectAll().where('id', '=', id).executeTakeFirst();

export async function requireHost(ctx: Ctx, name: string): Promise<GitHostRow> {
  const row = await findHost(ctx, name);
  if (row) return row;
  throw missing(`there is no connection '${name}' to a Git host in workspace '${ctx.workspace}'`, {
    field: 'host',
    hint: 'list them with: treadle githost list',
  });
}

export async function saveHost(tx: Tx, row: GitHostRow): Promise<void> {
  const { id: _id, workspace: _workspace, name: _name, ...change } = row;
  await tables(tx)
    .insertInto('git_host')
    .values(row)
    .onConflict((on) => on.column('id').doUpdateSet(change))
    .execute();
}

/** With what was heard of it. */
export async function deleteHostRows(tx: Tx, id: string): Promise<void> {
  await tables(tx)
    .deleteFrom('git_deployment')
    .where('workspace', '=', tx.workspace)
    .where('host_id', '=', id)
    .execute();
  await tables(tx).deleteFrom('git_delivery').where('host_id', '=', id).execute();
  await tables(tx)
    .deleteFrom('git_check')
    .where('workspace', '=', tx.workspace)
    .where('host_id', '=', id)
    .execute();
  await tables(tx)
    .deleteFrom('git_host')
    .where('workspace', '=', tx.workspace)
    .where('id', '=', id)
    .execute();
}

/** False where it was heard before. */
export async function insertDelivery(tx: Tx, host: string, delivery: string): Promise<boolean> {
  const rows = await tables(tx)
    .insertInto('git_delivery')
    .values({ host_id: host, delivery, at: tx.clock.now() })
    .onConflict((on) => on.doNothing())
    .returning('delivery')
    .execute();
  return rows.length > 0;
}

export async function deleteDeliveries(tx: Tx, host: string, before: number): Promise<void> {
  await tables(tx).deleteFrom('git_delivery').where('host_id', '=', host).where('at', '<', before).execute();
}

/** False where the commit is checked already. */
export async function insertCheck(tx: Tx, row: CheckRow): Promise<boolean> {
  const rows = await tables(tx)
    .insertInto('git_check')
    .values(row)
    .onConflict((on) => on.doNothing())
    .returning('id')
    .execute();
  return rows.length > 0;
}

export const findCheck = (ctx: Ctx, id: string): Promise<CheckRow | undefined> =>
  tables(ctx)
    .selectFrom('git_check')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('id', '=', id)
    .executeTakeFirst();

export const findCheckByOccurrence = (
  ctx: Ctx,
  host: string,
  occurrence: string,
): Promise<CheckRow | undefined> =>
  tables(ctx)
    .selectFrom('git_check')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('host_id', '=', host)
    .where('occurrence', '=', occurrence)
    .executeTakeFirst();

export const findCheckOfExecution = (ctx: Ctx, execution: string): Promise<CheckRow | undefined> =>
  tables(ctx)
    .selectFrom('git_check')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('execution', '=', execution)
    .executeTakeFirst();

export async function changeCheck(
  tx: Tx,
  id: string,
  change: Updateable<GitHostTables['git_check']>,
): Promise<void> {
  await tables(tx)
    .updateTable('git_check')
    .set(change)
    .where('workspace', '=', tx.workspace)
    .where('id', '=', id)
    .execute();
}

export const selectChecks = (
  ctx: Ctx,
  {
    host,
    state,
    verdict,
    branch,
    before,
    limit,
  }: {
    host?: string | undefined;
    state?: string | undefined;
    verdict?: string | undefined;
    branch?: string | undefined;
    before?: string | undefined;
    limit: number;
  },
): Promise<Array<CheckRow & { host: string }>> =>
  tables(ctx)
    .selectFrom('git_check')
    .innerJoin('git_host', 'git_host.id', 'git_check.host_id')
    .selectAll('git_check')
    .select('git_host.name as host')
    .where('git_check.workspace', '=', ctx.workspace)
    .$if(host !== undefined, (query) => query.where('git_host.name', '=', host!))
    .$if(state !== undefined, (query) => query.where('git_check.state', '=', state!))
    .$if(verdict !== undefined, (query) => query.where('git_check.verdict', '=', verdict!))
    .$if(branch !== undefined, (query) => query.where('git_check.branch', '=', branch!))
    .$if(before !== undefined, (query) => query.where('git_check.id', '<', before!))
    .orderBy('git_check.id', 'desc')
    .limit(limit)
    .execute();

type DeploymentRow = Selectable<GitHostTables['git_deployment']>;

export const findDeployment = (ctx: Ctx, host: string, release: string): Promise<DeploymentRow | undefined> =>
  tables(ctx)
    .selectFrom('git_deployment')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('host_id', '=', host)
    .where('release', '=', release)
    .executeTakeFirst();

export async function saveDeployment(tx: Tx, row: Omit<DeploymentRow, 'workspace'>): Promise<void> {
  const { remote_id, told } = row;
  await tables(tx)
    .insertInto('git_deployment')
    .values({ ...row, workspace: tx.workspace })
    .onConflict((on) => on.columns(['host_id', 'release']).doUpdateSet({ remote_id, told }))
    .execute();
}
