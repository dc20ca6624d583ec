// All SQL about whose tokens service accounts trust, and about those that were exchanged.
import type { Selectable } from 'kysely';
import type { Ctx, Tx } from '../../platform/ctx/index.ts';
import { conflict, missing } from '../../platform/errors/index.ts';
import type { AccessTables } from '../schema.ts';

const tables = (ctx: Pick<Ctx, 'db'>) => ctx.db.$extendTables<AccessTables>();
export type TrustRow = Selectable<AccessTables['service_trust']>;
/** With the name of the service account. */
export type NamedTrust = TrustRow & { service: string };

export async function insertTrust(tx: Tx, row: TrustRow): Promise<void> {
  const result = await tables(tx)
    .insertInto('service_trust')
    .values(row)
    .onConflict((on) => on.doNothing())
    .executeTakeFirst();
  if (result.numInsertedOrUpdatedRows === 0n)
    throw conflict('the service account trusts these already', {
      field: 'subject',
      hint: 'treadle service trust list shows whom it trusts',
    });
}

const named = (ctx: Pick<Ctx, 'db'>) =>
  tables(ctx)
    .selectFrom('service_trust')
    .innerJoin('person', 'person.id', 'service_trust.person')
    .selectAll('service_trust')
    .select('person.name as service')
    .where('person.removed_at', 'is', null);

export const selectTrusts = (ctx: Ctx): Promise<NamedTrust[]> =>
  named(ctx)
    .where('service_trust.workspace', '=', ctx.workspace)
    .orderBy('service')
    .orderBy('service_trust.id')
    .execute();

/** Of all workspaces: who shows a token is in none yet, and the trust says which it is. */
export const selectTrustsOf = (ctx: Pick<Ctx, 'db'>, issuer: string): Promise<NamedTrust[]> =>
  named(ctx).where('service_trust.issuer', '=', issuer).where('person.disabled_at', 'is', null).execute();

export async function requireTrust(ctx: Ctx, id: string): Promise<NamedTrust> {
  const row = await named(ctx)
    .where('service_trust.workspace', '=', ctx.workspace)
    .where('service_trust.id', '=', id)
    .executeTakeFirst();
  if (row) return row;
  throw missing(`there is no trust '${id}' in workspace '${ctx.workspace}'`, {
    field: 'trust',
    hint: 'list them with: treadle service trust list',
  });
}

export async function deleteTrust(tx: Tx, id: string): Promise<void> {
  await tables(tx)
    .deleteFrom('service_trust')
    .where('workspace', '=', tx.workspace)
    .where('id', '=', id)
    .execute();
}

export async function dropTrustsOf(tx: Tx, person: string): Promise<void> {
  await tables(tx).deleteFrom('service_trust').where('person', '=', person).execute();
}

/** Notes that a token was exchanged, and forgets those that have expired. False where it was before. */
export async function noteExchanged(
  tx: Tx,
  token: { issuer: string; jti: string; expires_at: number },
  now: number,
): Promise<boolean> {
  await tables(tx).deleteFrom('exchanged_token').where('expires_at', '<', now).execute();
  const result = await tables(tx)
    .insertInto('exchanged_token')
    .values(token)
    .onConflict((on) => on.doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows !== 0n;
}
