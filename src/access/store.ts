import type { Selectable } from 'kysely';
import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { conflict, missing } from '../platform/errors/index.ts';
import type { Token, Workspace } from './contract.ts';
import { toRole } from './roles.ts';
import type { AccessTables } from './schema.ts';

const tables = (ctx: Pick<Ctx, 'db'>) => ctx.db.$extendTables<AccessTables>();
type TokenRow = Selectable<AccessTables['token']>;

export async function insertWorkspace(tx: Tx, workspace: Workspace): Promise<void> {
  const result = await tables(tx)
    .insertInto('workspace')
    .values(workspace)
    .onConflict((on) => on.doNothing())
    .executeTakeFirst();
  if (result.numInsertedOrUpdatedRows === 0n)
    throw conflict(`workspace '${workspace.name}' exists already`, { field: 'name' });
}

export async function workspaceExists(ctx: Pick<Ctx, 'db'>, name: string): Promise<boolean> {
  const row = await tables(ctx)
    .selectFrom('workspace')
    .select('name')
    .where('name', '=', name)
    .executeTakeFirst();
  return row !== undefined;
}

export const selectWorkspaces = (ctx: Ctx): Promise<Workspace[]> =>
  tables(ctx).selectFrom('workspace').selectAll().orderBy('name').execute();

export async function insertToken(tx: Tx, token: Token, hash: string): Promise<void> {
  await tables(tx)
    .insertInto('token')
    .values({
      ...token,
      hash,
      last_used_at: null,
      revoked_at: null,
      execution: token.execution ?? null,
      person: token.person ?? null,
    })
    .execute();
}

/** Those of steps as long as they open something: there is one for each try of each step, and the ledger has them all. */
export async function selectTokens(ctx: Ctx): Promise<Token[]> {
  const rows = await tables(ctx)
    .selectFrom('token')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where((eb) => eb.or([eb('execution', 'is', null), eb('revoked_at', 'is', null)]))
    .orderBy('created_at', 'desc')
    .execute();
  return rows.map(toToken);
}

/** Somebody's own, of all workspaces, as long as they open something. */
export async function selectTokensOfPerson(ctx: Ctx, person: string): Promise<Token[]> {
  const rows = await tables(ctx)
    .selectFrom('token')
    .selectAll()
    .where('person', '=', person)
    .where('revoked_at', 'is', null)
    .orderBy('created_at', 'desc')
    .execute();
  return rows.map(toToken);
}

export async function findTokenOfPerson(ctx: Ctx, person: string, id: string): Promise<Token> {
  const row = await tables(ctx)
    .selectFrom('token')
    .selectAll()
    .where('id', '=', id)
    .where('person', '=', person)
    .executeTakeFirst();
  if (row) return toToken(row);
  throw missing(`you have no token '${id}'`, { field: 'id', hint: 'list them with GET /api/v1/me/tokens' });
}

/** Of those of these ids that are tokens: what they are called, and whose they are. Revoked ones, too. */
export async function selectTokenNames(
  ctx: Pick<Ctx, 'db'>,
  ids: readonly string[],
): Promise<Array<Pick<TokenRow, 'id' | 'name' | 'person'>>> {
  if (ids.length === 0) return [];
  return tables(ctx)
    .selectFrom('token')
    .select(['id', 'name', 'person'])
    .where('id', 'in', [...new Set(ids)])
    .execute();
}

/** The one look-up that cannot know its workspace: the credential says which it is. */
export async function selectTokenByHash(ctx: Pick<Ctx, 'db'>, hash: string): Promise<Token | undefined> {
  const row = await tables(ctx).selectFrom('token').selectAll().where('hash', '=', hash).executeTakeFirst();
  return row && toToken(row);
}

export async function revokeTokenRow(tx: Tx, id: string, at: number): Promise<Token> {
  const row = await tables(tx)
    .updateTable('token')
    .set((eb) => ({ revoked_at: eb.fn.coalesce('revoked_at', eb.val(at)) }))
    .where('id', '=', id)
    .where('workspace', '=', tx.workspace)
    .returningAll()
    .executeTakeFirst();
  if (!row)
    throw missing(`there is no token '${id}' in workspace '${tx.workspace}'`, {
      field: 'id',
      hint: 'list them with treadle token ls',
    });
  return toToken(row);
}

/** Tokens of an execution that still open something; without one, those of all executions of all workspaces. */
export const selectLiveOf = (
  tx: Tx,
  execution: string | undefined,
): Promise<Array<{ id: string; workspace: string }>> =>
  tables(tx)
    .selectFrom('token')
    .select(['id', 'workspace'])
    .where('revoked_at', 'is', null)
    .$if(execution !== undefined, (query) =>
      query.where('workspace', '=', tx.workspace).where('execution', '=', execution!),
    )
    .$if(execution === undefined, (query) => query.where('execution', 'is not', null))
    .execute();

export async function extendToken(tx: Tx, id: string, until: number): Promise<void> {
  await tables(tx)
    .updateTable('token')
    .set({ expires_at: until })
    .where('workspace', '=', tx.workspace)
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .execute();
}

export async function touchToken(tx: Tx, id: string, at: number): Promise<void> {
  await tables(tx).updateTable('token').set({ last_used_at: at }).where('id', '=', id).execute();
}

/** Whether anybody at all can come in who is not on this machine: a token that works, or a person with a password. */
export async function credentialExists(ctx: Pick<Ctx, 'db'>, now: number): Promise<boolean> {
  const person = await tables(ctx)
    .selectFrom('person')
    .select('id')
    .where('password', 'is not', null)
    .where('disabled_at', 'is', null)
    .executeTakeFirst();
  if (person) return true;
  const row = await tables(ctx)
    .selectFrom('token')
    .select('id')
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return row !== undefined;
}

function toToken({
  hash: _hash,
  last_used_at,
  revoked_at,
  role,
  execution,
  person,
  ...row
}: TokenRow): Token {
  return {
    ...row,
    role: toRole(role),
    ...(last_used_at === null ? {} : { last_used_at }),
    ...(revoked_at === null ? {} : { revoked_at }),
    ...(execution === null ? {} : { execution }),
    ...(person === null ? {} : { person }),
  };
}
