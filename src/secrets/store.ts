// All SQL of the room.
import type { Selectable, Updateable } from 'kysely';
import type { Ctx, Tx } from '../platform/ctx/index.ts';
import type { SecretTables } from './schema.ts';

const tables = (ctx: Pick<Ctx, 'db'>) => ctx.db.$extendTables<SecretTables>();
export type SecretRow = Selectable<SecretTables['secret']>;

export const selectSecrets = (ctx: Ctx): Promise<SecretRow[]> =>
  tables(ctx)
    .selectFrom('secret')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .orderBy('environment')
    .orderBy('name')
    .execute();

export const findSecret = (ctx: Ctx, environment: string, name: string): Promise<SecretRow | undefined> =>
  tables(ctx)
    .selectFrom('secret')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('environment', '=', environment)
    .where('name', '=', name)
    .executeTakeFirst();

export async function saveSecret(tx: Tx, row: SecretRow): Promise<void> {
  const { id: _id, workspace: _w, environment: _e, name: _n, created_at: _at, ...change } = row;
  await tables(tx)
    .insertInto('secret')
    .values(row)
    .onConflict((on) => on.column('id').doUpdateSet(change))
    .execute();
}

export async function removeSecret(tx: Tx, id: string): Promise<void> {
  await tables(tx).deleteFrom('secret').where('workspace', '=', tx.workspace).where('id', '=', id).execute();
}

/** Of every workspace: the master key is the server's. */
export const selectEverySecret = (house: Pick<Ctx, 'db'>): Promise<SecretRow[]> =>
  tables(house).selectFrom('secret').selectAll().orderBy('id').execute();

export async function rewrap(
  tx: Tx,
  id: string,
  change: Pick<Updateable<SecretTables['secret']>, 'master' | 'wrapped'>,
): Promise<void> {
  await tables(tx).updateTable('secret').set(change).where('id', '=', id).execute();
}

/** Names of the master keys that secrets are sealed with. */
export async function selectMasters(house: Pick<Ctx, 'db'>): Promise<string[]> {
  const rows = await tables(house).selectFrom('secret').select('master').distinct().execute();
  return rows.map(({ master }) => master);
}
