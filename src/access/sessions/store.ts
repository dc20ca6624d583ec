// All SQL about sessions.
import type { Selectable } from 'kysely';
import type { Ctx, Tx } from '../../platform/ctx/index.ts';
import { missing } from '../../platform/errors/index.ts';
import type { PersonRow } from '../people/store.ts';
import type { AccessTables } from '../schema.ts';

const tables = (ctx: Pick<Ctx, 'db'>) => ctx.db.$extendTables<AccessTables>();
export type SessionRow = Selectable<AccessTables['session']>;

export async function insertSession(tx: Tx, row: SessionRow): Promise<void> {
  await tables(tx).insertInto('session').values(row).execute();
}

/** A session and whose it is, by the hash of its secret: the credential says both. */
export async function selectSession(
  ctx: Pick<Ctx, 'db'>,
  hash: string,
): Promise<{ session: SessionRow; person: PersonRow } | undefined> {
  const session = await tables(ctx)
    .selectFrom('session')
    .selectAll()
    .where('hash', '=', hash)
    .executeTakeFirst();
  if (!session) return undefined;
  const person = await tables(ctx)
    .selectFrom('person')
    .selectAll()
    .where('id', '=', session.person)
    .executeTakeFirst();
  return person && { session, person };
}

export const selectSessionsOf = (ctx: Pick<Ctx, 'db'>, person: string): Promise<SessionRow[]> =>
  tables(ctx)
    .selectFrom('session')
    .selectAll()
    .where('person', '=', person)
    .orderBy('used_at', 'desc')
    .execute();

export async function updateSession(
  tx: Tx,
  id: string,
  change: { used_at?: number; workspace?: string },
): Promise<void> {
  await tables(tx).updateTable('session').set(change).where('id', '=', id).execute();
}

export async function deleteSession(tx: Tx, person: string, id: string): Promise<void> {
  const { numDeletedRows } = await tables(tx)
    .deleteFrom('session')
    .where('id', '=', id)
    .where('person', '=', person)
    .executeTakeFirst();
  if (numDeletedRows === 0n)
    throw missing(`you have no session '${id}'`, { field: 'id', hint: 'it may have ended already' });
}

/** Ends what ended by itself: one that nobody used for long, and one that is too old. */
export async function deletePast(tx: Tx, usedBefore: number, now: number): Promise<void> {
  await tables(tx)
    .deleteFrom('session')
    .where((eb) => eb.or([eb('used_at', '<', usedBefore), eb('expires_at', '<=', now)]))
    .execute();
}
