// SQL of turns and the steps of their way.
import type { Selectable, Updateable } from 'kysely';
import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { missing } from '../platform/errors/index.ts';
import type { LoopTables } from './schema.ts';

const tables = (ctx: Pick<Ctx, 'db'>) => ctx.db.$extendTables<LoopTables>();
export type TurnRow = Selectable<LoopTables['loop_turn']>;
export type TurnChange = Updateable<LoopTables['loop_turn']>;
export type TransitionRow = Selectable<LoopTables['loop_turn_transition']>;

/** False where this trigger has turned the loop for this occurrence before. */
export async function insertTurn(tx: Tx, row: TurnRow): Promise<boolean> {
  const { numInsertedOrUpdatedRows = 0n } = await tables(tx)
    .insertInto('loop_turn')
    .values(row)
    .onConflict((on) => on.columns(['loop_id', 'trigger_name', 'occurrence']).doNothing())
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows === 0n) return false;
  await insertTransition(tx, row.id, row.state, null);
  return true;
}

/** Turns of a workspace that are over, by loop, kind of trigger and how they ended; those that only said what they would do are not counted. */
export async function countEnded(
  ctx: Ctx,
): Promise<Array<Pick<TurnRow, 'loop_name' | 'kind' | 'state'> & { count: number }>> {
  const rows = await tables(ctx)
    .selectFrom('loop_turn')
    .select((eb) => ['loop_name', 'kind', 'state', eb.fn.countAll().as('count')])
    .where('workspace', '=', ctx.workspace)
    .where('ended_at', 'is not', null)
    .where('dry_run', '=', 0)
    .groupBy(['loop_name', 'kind', 'state'])
    .execute();
  return rows.map((row) => ({ ...row, count: Number(row.count) }));
}

/** Whether it was in that state: each step of the way is taken once, whoever else tries. */
export async function moveTurn(
  tx: Tx,
  { id, state }: Pick<TurnRow, 'id' | 'state'>,
  change: TurnChange & { state: string },
  note: string | null,
): Promise<boolean> {
  const { numUpdatedRows } = await tables(tx)
    .updateTable('loop_turn')
    .set({ ...change, updated_at: tx.clock.now() })
    .where('workspace', '=', tx.workspace)
    .where('id', '=', id)
    .where('state', '=', state)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) return false;
  if (change.state !== state) await insertTransition(tx, id, change.state, note);
  return true;
}

async function insertTransition(tx: Tx, id: string, state: string, note: string | null): Promise<void> {
  const { n } = await tables(tx)
    .selectFrom('loop_turn_transition')
    .select((eb) => eb.fn.countAll().as('n'))
    .where('turn_id', '=', id)
    .executeTakeFirstOrThrow();
  await tables(tx)
    .insertInto('loop_turn_transition')
    .values({ turn_id: id, seq: Number(n) + 1, state, at: tx.clock.now(), note })
    .execute();
}

export const findTurn = (ctx: Ctx, id: string): Promise<TurnRow | undefined> =>
  tables(ctx)
    .selectFrom('loop_turn')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('id', '=', id)
    .executeTakeFirst();

export async function requireTurn(ctx: Ctx, id: string): Promise<TurnRow> {
  const found = await findTurn(ctx, id);
  if (found) return found;
  throw missing(`there is no turn '${id}' in workspace '${ctx.workspace}'`, {
    field: 'turn',
    hint: 'list them with: treadle loop history',
  });
}

export const findTurnOfExecution = (ctx: Ctx, execution: string): Promise<TurnRow | undefined> =>
  tables(ctx)
    .selectFrom('loop_turn')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('execution', '=', execution)
    .executeTakeFirst();

export const selectTransitions = (ctx: Ctx, id: string): Promise<TransitionRow[]> =>
  tables(ctx)
    .selectFrom('loop_turn_transition')
    .selectAll()
    .where('turn_id', '=', id)
    .orderBy('seq')
    .execute();

export interface TurnQuery {
  loop?: string | undefined;
  state?: string | undefined;
  open?: boolean | undefined;
  kind?: string | undefined;
  /** Ids below this one: ids sort by time. */
  before?: string | undefined;
  limit: number;
}

/** Newest first. */
export function selectTurns(
  ctx: Ctx,
  { loop, state, open, kind, before, limit }: TurnQuery,
): Promise<TurnRow[]> {
  let query = tables(ctx).selectFrom('loop_turn').selectAll().where('workspace', '=', ctx.workspace);
  if (loop !== undefined) query = query.where('loop_id', '=', loop);
  if (state !== undefined) query = query.where('state', '=', state);
  if (open === true) query = query.where('ended_at', 'is', null);
  if (kind !== undefined) query = query.where('kind', '=', kind);
  if (before !== undefined) query = query.where('id', '<', before);
  return query.orderBy('id', 'desc').limit(limit).execute();
}

/** The newest one of each of these loops. */
export async function selectLatest(ctx: Ctx, loops: readonly string[]): Promise<TurnRow[]> {
  if (loops.length === 0) return [];
  return tables(ctx)
    .selectFrom('loop_turn')
    .selectAll()
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('loop_turn')
        .select(({ fn }) => fn.max('id').as('id'))
        .where('loop_id', 'in', loops)
        .groupBy('loop_id'),
    )
    .execute();
}

/** Those of a loop that wait, oldest first. */
export const selectWaiting = (ctx: Ctx, loop: string): Promise<TurnRow[]> =>
  tables(ctx)
    .selectFrom('loop_turn')
    .selectAll()
    .where('loop_id', '=', loop)
    .where('state', '=', 'waiting')
    .where('ended_at', 'is', null)
    .orderBy('id')
    .execute();

/** What occupies a model, if anything does. */
export const findFlight = (ctx: Ctx, flight: string): Promise<TurnRow | undefined> =>
  tables(ctx)
    .selectFrom('loop_turn')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('flight', '=', flight)
    .executeTakeFirst();

/** When trainings of a loop began since a time, newest first. */
export async function selectStarts(ctx: Ctx, loop: string, since: number): Promise<number[]> {
  const rows = await tables(ctx)
    .selectFrom('loop_turn')
    .select('started_at')
    .where('loop_id', '=', loop)
    .where('started_at', '>', since)
    .orderBy('started_at', 'desc')
    .execute();
  return rows.flatMap(({ started_at }) => started_at ?? []);
}

/** Turns of all workspaces that have not ended. */
export const selectEveryOpen = (house: Ctx): Promise<Array<Pick<TurnRow, 'id' | 'workspace' | 'state'>>> =>
  tables(house)
    .selectFrom('loop_turn')
    .select(['id', 'workspace', 'state'])
    .where('ended_at', 'is', null)
    .orderBy('id')
    .execute();
