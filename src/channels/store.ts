// All SQL of the room.
import type { Selectable, Updateable } from 'kysely';
import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { missing } from '../platform/errors/index.ts';
import type { ChannelTables } from './schema.ts';

const tables = (ctx: Pick<Ctx, 'db'>) => ctx.db.$extendTables<ChannelTables>();
export type ChannelRow = Selectable<ChannelTables['channel']>;
export type DeliveryRow = Selectable<ChannelTables['channel_delivery']>;
/** A message holds so many at most. */
export const MESSAGE_HOLDS = 50;

export const selectChannels = (ctx: Ctx): Promise<ChannelRow[]> =>
  tables(ctx)
    .selectFrom('channel')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .orderBy('name')
    .execute();

export const findChannelById = (ctx: Ctx, id: string): Promise<ChannelRow | undefined> =>
  tables(ctx)
    .selectFrom('channel')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('id', '=', id)
    .executeTakeFirst();

export const findChannel = (ctx: Ctx, name: string): Promise<ChannelRow | undefined> =>
  tables(ctx)
    .selectFrom('channel')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('name', '=', name)
    .executeTakeFirst();

export async function requireChannel(ctx: Ctx, name: string): Promise<ChannelRow> {
  const row = await findChannel(ctx, name);
  if (row) return row;
  throw missing(`there is no channel '${name}' in workspace '${ctx.workspace}'`, {
    field: 'channel',
    hint: 'list them with: treadle channel list',
  });
}

export async function insertChannel(tx: Tx, row: ChannelRow): Promise<void> {
  await tables(tx).insertInto('channel').values(row).execute();
}

export async function changeChannel(
  tx: Tx,
  id: string,
  change: Updateable<ChannelTables['channel']>,
): Promise<void> {
  await tables(tx)
    .updateTable('channel')
    .set(change)
    .where('workspace', '=', tx.workspace)
    .where('id', '=', id)
    .execute();
}

/** One more failed attempt, counted in the database: several threads end at once. */
export async function countFailure(tx: Tx, id: string, at: number, error: string): Promise<number> {
  const row = await tables(tx)
    .updateTable('channel')
    .set((eb) => ({ failures: eb('failures', '+', 1), last_at: at, last_error: error }))
    .where('workspace', '=', tx.workspace)
    .where('id', '=', id)
    .returning('failures')
    .executeTakeFirst();
  return row?.failures ?? 0;
}

/** With all that was, or should have been, told to it. */
export async function deleteChannel(tx: Tx, id: string): Promise<void> {
  await tables(tx)
    .deleteFrom('channel_delivery')
    .where('workspace', '=', tx.workspace)
    .where('channel_id', '=', id)
    .execute();
  await tables(tx).deleteFrom('channel').where('workspace', '=', tx.workspace).where('id', '=', id).execute();
}

/** By channel and state. */
export async function countDeliveries(
  ctx: Ctx,
): Promise<Array<{ channel_id: string; state: string; count: number }>> {
  const rows = await tables(ctx)
    .selectFrom('channel_delivery')
    .select(['channel_id', 'state', (eb) => eb.fn.countAll().as('count')])
    .where('workspace', '=', ctx.workspace)
    .groupBy(['channel_id', 'state'])
    .execute();
  return rows.map((row) => ({ ...row, count: Number(row.count) }));
}

/** False where it was written before. */
export async function insertDelivery(tx: Tx, row: DeliveryRow): Promise<boolean> {
  const { numInsertedOrUpdatedRows = 0n } = await tables(tx)
    .insertInto('channel_delivery')
    .values(row)
    .onConflict((on) => on.columns(['channel_id', 'subject', 'seq']).doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows > 0n;
}

/** Whether a channel was told of it before. */
export async function wasTold(ctx: Ctx, channel: string, subject: string): Promise<boolean> {
  const row = await tables(ctx)
    .selectFrom('channel_delivery')
    .select('id')
    .where('workspace', '=', ctx.workspace)
    .where('channel_id', '=', channel)
    .where('subject', '=', subject)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** What waits in a thread, oldest first. */
export const selectWaiting = (
  ctx: Ctx,
  channel: string,
  thread: string,
  limit: number,
): Promise<DeliveryRow[]> =>
  tables(ctx)
    .selectFrom('channel_delivery')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('channel_id', '=', channel)
    .where('state', '=', 'waiting')
    .where('thread', '=', thread)
    .orderBy('id')
    .limit(limit)
    .execute();

export async function changeDeliveries(
  tx: Tx,
  ids: readonly string[],
  change: Updateable<ChannelTables['channel_delivery']>,
): Promise<void> {
  await tables(tx)
    .updateTable('channel_delivery')
    .set(change)
    .where('workspace', '=', tx.workspace)
    .where('id', 'in', ids)
    .execute();
}

export const findDelivery = (ctx: Ctx, id: string): Promise<DeliveryRow | undefined> =>
  tables(ctx)
    .selectFrom('channel_delivery')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('id', '=', id)
    .executeTakeFirst();

/** Newest first. */
export function selectDeliveries(
  ctx: Ctx,
  query: {
    channel?: string | undefined;
    state?: string | undefined;
    subject?: string | undefined;
    before?: string | undefined;
    limit: number;
  },
): Promise<DeliveryRow[]> {
  let rows = tables(ctx).selectFrom('channel_delivery').selectAll().where('workspace', '=', ctx.workspace);
  if (query.channel !== undefined) rows = rows.where('channel_id', '=', query.channel);
  if (query.state !== undefined) rows = rows.where('state', '=', query.state);
  if (query.subject !== undefined) rows = rows.where('subject', '=', query.subject);
  if (query.before !== undefined) rows = rows.where('id', '<', query.before);
  return rows.orderBy('id', 'desc').limit(query.limit).execute();
}

/** What a channel was told last of each subject, where that was taken and is not the end. */
export async function selectGoingOn(ctx: Ctx, channel: string): Promise<DeliveryRow[]> {
  const newest = tables(ctx)
    .selectFrom('channel_delivery')
    .select((eb) => eb.fn.max('id').as('id'))
    .where('workspace', '=', ctx.workspace)
    .where('channel_id', '=', channel)
    .groupBy('subject');
  return tables(ctx)
    .selectFrom('channel_delivery')
    .selectAll()
    .where('id', 'in', newest)
    .where('state', '=', 'sent')
    .where('event', '!=', 'resolved')
    .execute();
}

/** Those that ended before a time, in every workspace, but the newest of what goes on. How many went. */
export async function deleteEnded(tx: Tx, before: number, limit: number): Promise<number> {
  const over = await tables(tx)
    .selectFrom('channel_delivery as one')
    .select('one.id')
    .where('one.state', 'in', ['sent', 'dead'])
    .where('one.ended_at', '<', before)
    .where((eb) =>
      eb.or([
        eb('one.event', '=', 'resolved'),
        eb.exists(
          eb
            .selectFrom('channel_delivery as later')
            .select('later.id')
            .whereRef('later.channel_id', '=', 'one.channel_id')
            .whereRef('later.subject', '=', 'one.subject')
            .whereRef('later.seq', '>', 'one.seq'),
        ),
      ]),
    )
    .limit(limit)
    .execute();
  if (over.length === 0) return 0;
  await tables(tx)
    .deleteFrom('channel_delivery')
    .where(
      'id',
      'in',
      over.map(({ id }) => id),
    )
    .execute();
  return over.length;
}

/** Of every workspace: those of a kind that are on. */
export const selectOfKind = (ctx: Pick<Ctx, 'db'>, kind: string): Promise<ChannelRow[]> =>
  tables(ctx).selectFrom('channel').selectAll().where('kind', '=', kind).where('enabled', '=', 1).execute();
