// SQL of loops and their schedules; turns are in `store-turns.ts`.
import type { Selectable, Updateable } from 'kysely';
import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { missing } from '../platform/errors/index.ts';
import type { LoopTables } from './schema.ts';

const tables = (ctx: Pick<Ctx, 'db'>) => ctx.db.$extendTables<LoopTables>();
export type LoopRow = Selectable<LoopTables['loop']>;
export type ScheduleRow = Selectable<LoopTables['loop_schedule']>;

export const findLoop = (ctx: Ctx, name: string): Promise<LoopRow | undefined> =>
  tables(ctx)
    .selectFrom('loop')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('name', '=', name)
    .executeTakeFirst();

export async function requireLoop(ctx: Ctx, name: string): Promise<LoopRow> {
  const found = await findLoop(ctx, name);
  if (found) return found;
  throw missing(`there is no loop '${name}' in workspace '${ctx.workspace}'`, {
    field: 'loop',
    hint: 'list them with: treadle loop status',
  });
}

export const findLoopById = (ctx: Ctx, id: string): Promise<LoopRow | undefined> =>
  tables(ctx)
    .selectFrom('loop')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('id', '=', id)
    .executeTakeFirst();

/** In whichever workspace it is. */
export const findLoopAnywhere = (house: Ctx, id: string): Promise<LoopRow | undefined> =>
  tables(house).selectFrom('loop').selectAll().where('id', '=', id).executeTakeFirst();

export interface LoopQuery {
  state?: string | undefined;
  pipeline?: string | undefined;
  endpoint?: string | undefined;
  /** Names after this one. */
  after?: string | undefined;
  limit: number;
}

export function selectLoops(
  ctx: Ctx,
  { state, pipeline, endpoint, after = '', limit }: LoopQuery,
): Promise<LoopRow[]> {
  let query = tables(ctx)
    .selectFrom('loop')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('name', '>', after);
  if (state !== undefined) query = query.where('state', '=', state);
  if (pipeline !== undefined) query = query.where('pipeline', '=', pipeline);
  if (endpoint !== undefined) query = query.where('endpoint', '=', endpoint);
  return query.orderBy('name').limit(limit).execute();
}

export async function insertLoop(tx: Tx, row: LoopRow): Promise<void> {
  await tables(tx).insertInto('loop').values(row).execute();
}

export async function updateLoop(tx: Tx, id: string, change: Updateable<LoopTables['loop']>): Promise<void> {
  await tables(tx)
    .updateTable('loop')
    .set(change)
    .where('workspace', '=', tx.workspace)
    .where('id', '=', id)
    .execute();
}

/** With its schedules and turns. */
export async function removeLoop(tx: Tx, id: string): Promise<void> {
  const db = tables(tx);
  const turns = db.selectFrom('loop_turn').select('id').where('loop_id', '=', id);
  await db.deleteFrom('loop_turn_transition').where('turn_id', 'in', turns).execute();
  await db.deleteFrom('loop_turn').where('loop_id', '=', id).execute();
  await db.deleteFrom('loop_schedule').where('loop_id', '=', id).execute();
  await db.deleteFrom('loop').where('workspace', '=', tx.workspace).where('id', '=', id).execute();
}

export const selectSchedules = (ctx: Ctx, loops: readonly string[]): Promise<ScheduleRow[]> =>
  loops.length === 0
    ? Promise.resolve([])
    : tables(ctx)
        .selectFrom('loop_schedule')
        .selectAll()
        .where('loop_id', 'in', loops)
        .orderBy('next_at')
        .execute();

export const findSchedule = (ctx: Ctx, loop: string, name: string): Promise<ScheduleRow | undefined> =>
  tables(ctx)
    .selectFrom('loop_schedule')
    .selectAll()
    .where('loop_id', '=', loop)
    .where('name', '=', name)
    .executeTakeFirst();

/** Of all workspaces. */
export const selectEverySchedule = (house: Ctx): Promise<ScheduleRow[]> =>
  tables(house).selectFrom('loop_schedule').selectAll().execute();

export async function insertSchedule(tx: Tx, row: ScheduleRow): Promise<void> {
  await tables(tx).insertInto('loop_schedule').values(row).execute();
}

export async function updateSchedule(
  tx: Tx,
  row: Pick<ScheduleRow, 'loop_id' | 'name'>,
  change: Updateable<LoopTables['loop_schedule']>,
): Promise<void> {
  await tables(tx)
    .updateTable('loop_schedule')
    .set(change)
    .where('loop_id', '=', row.loop_id)
    .where('name', '=', row.name)
    .execute();
}

/** Whether nobody else did. */
export async function advanceSchedule(
  tx: Tx,
  row: Pick<ScheduleRow, 'loop_id' | 'name' | 'next_at'>,
  next: number,
): Promise<boolean> {
  const { numUpdatedRows } = await tables(tx)
    .updateTable('loop_schedule')
    .set({ next_at: next })
    .where('loop_id', '=', row.loop_id)
    .where('name', '=', row.name)
    .where('next_at', '=', row.next_at)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

export async function removeSchedule(
  tx: Tx,
  { loop_id, name }: Pick<ScheduleRow, 'loop_id' | 'name'>,
): Promise<void> {
  await tables(tx)
    .deleteFrom('loop_schedule')
    .where('loop_id', '=', loop_id)
    .where('name', '=', name)
    .execute();
}
