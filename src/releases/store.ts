// All SQL of the room.
import type { Selectable, Updateable } from 'kysely';
import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { missing } from '../platform/errors/index.ts';
import type { ReleaseState, Transition } from './contract.ts';
import type { ReleaseTables } from './schema.ts';

const tables = (ctx: Pick<Ctx, 'db'>) => ctx.db.$extendTables<ReleaseTables>();
export type ReleaseRow = Selectable<ReleaseTables['release']>;
export type Change = Updateable<ReleaseTables['release']>;

export async function insertRelease(tx: Tx, row: ReleaseRow): Promise<void> {
  await tables(tx).insertInto('release').values(row).execute();
  await insertTransition(tx, row.id, row.state, null);
}

/** Whether it was in that state: each step of the way is taken once, whoever else tries. */
export async function moveRelease(
  tx: Tx,
  row: Pick<ReleaseRow, 'id' | 'state' | 'rollout_writes'>,
  to: ReleaseState,
  change: Change,
  note: string | null,
): Promise<boolean> {
  const { numUpdatedRows } = await tables(tx)
    .updateTable('release')
    .set({
      ...change,
      state: to,
      updated_at: tx.clock.now(),
      rollout_writes: row.rollout_writes + 1,
    })
    .where('workspace', '=', tx.workspace)
    .where('id', '=', row.id)
    .where('state', '=', row.state)
    .where('rollout_writes', '=', row.rollout_writes)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) return false;
  await insertTransition(tx, row.id, to, note);
  return true;
}

async function insertTransition(tx: Tx, id: string, state: string, note: string | null): Promise<void> {
  const { n } = await tables(tx)
    .selectFrom('release_transition')
    .select((eb) => eb.fn.countAll().as('n'))
    .where('release_id', '=', id)
    .executeTakeFirstOrThrow();
  await tables(tx)
    .insertInto('release_transition')
    .values({ release_id: id, seq: Number(n) + 1, state, at: tx.clock.now(), note })
    .execute();
}

/** What goes on within a state. With `writes`, whether nobody wrote the rollout since then. */
export async function updateRelease(tx: Tx, id: string, change: Change, writes?: number): Promise<boolean> {
  let update = tables(tx)
    .updateTable('release')
    .set({ ...change, ...(writes === undefined ? {} : { rollout_writes: writes + 1 }) })
    .where('workspace', '=', tx.workspace)
    .where('id', '=', id);
  if (writes !== undefined) update = update.where('rollout_writes', '=', writes);
  return (await update.executeTakeFirst()).numUpdatedRows > 0n;
}

export const findRelease = (ctx: Ctx, id: string): Promise<ReleaseRow | undefined> =>
  tables(ctx)
    .selectFrom('release')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('id', '=', id)
    .executeTakeFirst();

export async function requireRelease(ctx: Ctx, id: string): Promise<ReleaseRow> {
  const row = await findRelease(ctx, id);
  if (!row)
    throw missing(`there is no release '${id}' in workspace '${ctx.workspace}'`, {
      field: 'release',
      hint: 'list them with: treadle releases',
    });
  return row;
}

export const findOfExecution = (ctx: Ctx, execution: string): Promise<ReleaseRow | undefined> =>
  tables(ctx)
    .selectFrom('release')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('execution', '=', execution)
    .executeTakeFirst();

export const findOfKey = (ctx: Ctx, key: string): Promise<ReleaseRow | undefined> =>
  tables(ctx)
    .selectFrom('release')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('request_key', '=', key)
    .executeTakeFirst();

/** Rollouts at an endpoint that go on, or are held. */
export function selectUnderWayAt(ctx: Ctx, endpoint: string): Promise<ReleaseRow[]> {
  return tables(ctx)
    .selectFrom('release')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('endpoint', '=', endpoint)
    .where('rollout', 'is not', null)
    .where('ended_at', 'is', null)
    .orderBy('id')
    .execute();
}

/** The newest release of a version to an endpoint that has ended. */
export const selectLastEnded = (
  ctx: Ctx,
  endpoint: string,
  versionRef: string,
): Promise<ReleaseRow | undefined> =>
  tables(ctx)
    .selectFrom('release')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('endpoint', '=', endpoint)
    .where('version_ref', '=', versionRef)
    .where('ended_at', 'is not', null)
    .where('state', 'in', ['succeeded', 'rolled_back'])
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();

export async function selectTransitions(ctx: Ctx, id: string): Promise<Transition[]> {
  const rows = await tables(ctx)
    .selectFrom('release_transition')
    .select(['state', 'at', 'note'])
    .where('release_id', '=', id)
    .orderBy('seq')
    .execute();
  return rows.map(({ state, at, note }) => ({
    state: state as ReleaseState,
    at,
    ...(note === null ? {} : { note }),
  }));
}

export interface ReleaseQuery {
  model_ref?: string | undefined;
  endpoint?: string | undefined;
  execution?: string | undefined;
  state?: string | undefined;
  /** Ids below this one: ids sort by time. */
  before?: string | undefined;
  limit: number;
}

export function selectReleases(
  ctx: Ctx,
  { model_ref, endpoint, execution, state, before, limit }: ReleaseQuery,
): Promise<ReleaseRow[]> {
  let query = tables(ctx).selectFrom('release').selectAll().where('workspace', '=', ctx.workspace);
  if (model_ref !== undefined) query = query.where('model_ref', '=', model_ref);
  if (endpoint !== undefined) query = query.where('endpoint', '=', endpoint);
  if (execution !== undefined) query = query.where('execution', '=', execution);
  if (state !== undefined) query = query.where('state', '=', state);
  if (before !== undefined) query = query.where('id', '<', before);
  return query.orderBy('id', 'desc').limit(limit).execute();
}

/** That have not ended, newest first. */
export function selectAllUnderWay(ctx: Ctx, endpoints?: readonly string[]): Promise<ReleaseRow[]> {
  let rows = tables(ctx)
    .selectFrom('release')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('ended_at', 'is', null);
  if (endpoints !== undefined) rows = rows.where('endpoint', 'in', [...endpoints]);
  return rows.orderBy('id', 'desc').limit(500).execute();
}

/** Releases of a model that have not ended. */
export function selectUnderWay(
  ctx: Ctx,
  modelRef: string,
): Promise<Array<Pick<ReleaseRow, 'id' | 'version_ref' | 'endpoint' | 'state'>>> {
  return tables(ctx)
    .selectFrom('release')
    .select(['id', 'version_ref', 'endpoint', 'state'])
    .where('workspace', '=', ctx.workspace)
    .where('model_ref', '=', modelRef)
    .where('ended_at', 'is', null)
    .orderBy('id')
    .execute();
}

/** The newest release of a model that moved its alias, and whether one of this version ever did. */
export async function selectPromotions(
  ctx: Ctx,
  modelRef: string,
  version: number,
): Promise<{ newest: number | undefined; own: boolean }> {
  const moved = tables(ctx)
    .selectFrom('release')
    .select('version')
    .where('workspace', '=', ctx.workspace)
    .where('model_ref', '=', modelRef)
    .where('moved_alias', '=', 1)
    .orderBy('id', 'desc')
    .limit(1);
  const newest = await moved.executeTakeFirst();
  const own = await moved.where('version', '=', version).executeTakeFirst();
  return { newest: newest?.version, own: own !== undefined };
}
