// All SQL about grants on single things.
import { sql, type ExpressionBuilder, type Selectable } from 'kysely';
import type { Ctx, Tx } from '../../platform/ctx/index.ts';
import { missing } from '../../platform/errors/index.ts';
import { toRole } from '../roles.ts';
import type { AccessTables } from '../schema.ts';
import { changeEpoch } from './epoch.ts';
import type { Said } from './held.ts';

const tables = (ctx: Pick<Ctx, 'db'>) => ctx.db.$extendTables<AccessTables>();
export type GrantRow = Selectable<AccessTables['access_grant']>;
/** With the name of whoever has it: of a person or service, or of a group. */
export interface NamedGrant extends GrantRow {
  user: string | null;
  user_kind: string | null;
  group: string | null;
}

/** False where the very same is granted already. */
export async function insertGrant(tx: Tx, row: GrantRow): Promise<boolean> {
  await changeEpoch(tx);
  const result = await tables(tx)
    .insertInto('access_grant')
    .values(row)
    .onConflict((on) => on.doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows !== 0n;
}

export async function deleteGrant(tx: Tx, id: string): Promise<void> {
  await changeEpoch(tx);
  await tables(tx)
    .deleteFrom('access_grant')
    .where('workspace', '=', tx.workspace)
    .where('id', '=', id)
    .execute();
}

/** Everything that somebody, or a group, was granted, in every workspace. */
export async function dropGrantsOf(tx: Tx, principal: string): Promise<void> {
  await changeEpoch(tx);
  await tables(tx).deleteFrom('access_grant').where('principal', '=', principal).execute();
}

/** Somebody's own in a workspace; returns how many there were. */
export async function dropGrantsIn(tx: Tx, principal: string): Promise<number> {
  await changeEpoch(tx);
  const result = await tables(tx)
    .deleteFrom('access_grant')
    .where('principal', '=', principal)
    .where('workspace', '=', tx.workspace)
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}

export async function countGrantsOf(tx: Tx, principal: string): Promise<number> {
  const { n } = await tables(tx)
    .selectFrom('access_grant')
    .select((eb) => eb.fn.countAll().as('n'))
    .where('principal', '=', principal)
    .where('workspace', '=', tx.workspace)
    .executeTakeFirstOrThrow();
  return Number(n);
}

/** Those of somebody and of their groups, by the index on who has them. */
const of = (person: string) => (eb: ExpressionBuilder<AccessTables, 'access_grant'>) =>
  eb.or([
    eb('access_grant.principal', '=', person),
    eb(
      'access_grant.principal',
      'in',
      eb.selectFrom('group_member').select('group_id').where('group_member.person', '=', person),
    ),
  ]);

/** What somebody was granted in a workspace, their groups’ among it; `from` says which group. */
export async function selectGrantsOf(
  ctx: Pick<Ctx, 'db'>,
  person: string,
  workspace: string,
): Promise<Array<Said & { group: string | null }>> {
  const rows = await tables(ctx)
    .selectFrom('access_grant')
    .leftJoin('person_group', 'person_group.id', 'access_grant.principal')
    .select(['access_grant.level', 'access_grant.kind', 'access_grant.name', 'person_group.name as group'])
    .where('access_grant.workspace', '=', workspace)
    .where(of(person))
    .execute();
  return rows.map(({ level, ...row }) => ({ ...row, level: toRole(level) }));
}

/** Groups that were granted anything in the workspace. */
export async function selectGrantedGroups(ctx: Pick<Ctx, 'db' | 'workspace'>): Promise<Set<string>> {
  const rows = await tables(ctx)
    .selectFrom('access_grant')
    .innerJoin('person_group', 'person_group.id', 'access_grant.principal')
    .select('access_grant.principal')
    .distinct()
    .where('access_grant.workspace', '=', ctx.workspace)
    .execute();
  return new Set(rows.map(({ principal }) => principal));
}

/** The workspaces where somebody was granted anything. */
export async function selectGrantedWorkspaces(ctx: Pick<Ctx, 'db'>, person: string): Promise<string[]> {
  const rows = await tables(ctx)
    .selectFrom('access_grant')
    .select('access_grant.workspace')
    .distinct()
    .where(of(person))
    .execute();
  return rows.map(({ workspace }) => workspace);
}

export interface GrantSearch {
  /** Names and patterns, and names of who has them, that hold this. */
  search?: string | undefined;
  kind?: string | undefined;
  level?: string | undefined;
  /** Id of a person, service or group. */
  principal?: string | undefined;
  sort: 'name' | 'made';
  limit: number;
  /** Where the page before ended. */
  after?: { key: string; id: string } | undefined;
}

const named = (ctx: Pick<Ctx, 'db' | 'workspace'>) =>
  tables(ctx)
    .selectFrom('access_grant')
    .leftJoin('person', 'person.id', 'access_grant.principal')
    .leftJoin('person_group', 'person_group.id', 'access_grant.principal')
    .selectAll('access_grant')
    .select(['person.name as user', 'person.kind as user_kind', 'person_group.name as group'])
    .where('access_grant.workspace', '=', ctx.workspace);

/** By what they are about, or the newest first. */
export function selectGrants(ctx: Ctx, asked: GrantSearch): Promise<NamedGrant[]> {
  const { search, kind, level, principal, sort, limit, after } = asked;
  let query = named(ctx).limit(limit);
  if (kind !== undefined) query = query.where('access_grant.kind', '=', kind);
  if (level !== undefined) query = query.where('access_grant.level', '=', level);
  if (principal !== undefined) query = query.where('access_grant.principal', '=', principal);
  if (search !== undefined && search !== '') {
    const pattern = `%${search.replaceAll('%', '_')}%`;
    query = query.where((eb) =>
      eb.or([
        ctx.dialect.ilike(eb.ref('access_grant.name'), pattern),
        ctx.dialect.ilike(eb.ref('person.name'), pattern),
        ctx.dialect.ilike(eb.ref('person_group.name'), pattern),
      ]),
    );
  }
  if (sort === 'made') {
    if (after) query = query.where('access_grant.id', '<', after.id);
    return query.orderBy('access_grant.id', 'desc').execute();
  }
  if (after)
    query = query.where(
      sql<boolean>`(access_grant.name > ${after.key} or (access_grant.name = ${after.key} and access_grant.id > ${after.id}))`,
    );
  return query.orderBy('access_grant.name').orderBy('access_grant.id').execute();
}

export const findGrant = (ctx: Pick<Ctx, 'db' | 'workspace'>, id: string): Promise<NamedGrant | undefined> =>
  named(ctx).where('access_grant.id', '=', id).executeTakeFirst();

export async function requireGrant(ctx: Pick<Ctx, 'db' | 'workspace'>, id: string): Promise<NamedGrant> {
  const row = await findGrant(ctx, id);
  if (row) return row;
  throw missing(`there is no grant '${id}' in workspace '${ctx.workspace}'`, {
    field: 'grant',
    hint: 'list them with: treadle grant list',
  });
}
