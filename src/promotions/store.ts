// All SQL of the room.
import type { Selectable } from 'kysely';
import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { missing } from '../platform/errors/index.ts';
import type { PromotionTables } from './schema.ts';

const tables = (ctx: Pick<Ctx, 'db'>) => ctx.db.$extendTables<PromotionTables>();
export type EnvironmentRow = Selectable<PromotionTables['environment']>;
export type PromotionRow = Selectable<PromotionTables['environment_promotion']>;

/** In their order. */
export const selectEnvironments = (ctx: Ctx): Promise<EnvironmentRow[]> =>
  tables(ctx)
    .selectFrom('environment')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .orderBy('position')
    .orderBy('name')
    .execute();

export const noEnvironment = (name: string): Error =>
  missing(`there is no environment '${name}'`, {
    field: 'environment',
    hint: 'list them with: treadle environment; make one with: treadle environment set',
  });

export async function saveEnvironment(tx: Tx, row: EnvironmentRow): Promise<void> {
  const { workspace: _workspace, name: _name, created_at: _at, created_by: _by, ...change } = row;
  await tables(tx)
    .insertInto('environment')
    .values(row)
    .onConflict((on) => on.columns(['workspace', 'name']).doUpdateSet(change))
    .execute();
}

/** Whether it was there. */
export async function removeEnvironment(tx: Tx, name: string): Promise<boolean> {
  const { numDeletedRows } = await tables(tx)
    .deleteFrom('environment')
    .where('workspace', '=', tx.workspace)
    .where('name', '=', name)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

export async function insertPromotion(tx: Tx, row: PromotionRow): Promise<void> {
  await tables(tx).insertInto('environment_promotion').values(row).execute();
}

/** Whether this very move was let through already. */
export async function wasLetIn(ctx: Ctx, endpoint: string, version: string, key: string): Promise<boolean> {
  const row = await tables(ctx)
    .selectFrom('environment_promotion')
    .select('id')
    .where('workspace', '=', ctx.workspace)
    .where('endpoint', '=', endpoint)
    .where('version_ref', '=', version)
    .where('move_key', '=', key)
    .executeTakeFirst();
  return row !== undefined;
}

export function selectPromotions(
  ctx: Ctx,
  { environment, model, limit }: { environment: string; model?: string | undefined; limit: number },
): Promise<PromotionRow[]> {
  let rows = tables(ctx)
    .selectFrom('environment_promotion')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('environment', '=', environment);
  if (model !== undefined) rows = rows.where('model', '=', model);
  return rows.orderBy('id', 'desc').limit(limit).execute();
}
