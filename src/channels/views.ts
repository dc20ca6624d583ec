import type { Ctx } from '../platform/ctx/index.ts';
import { invalid } from '../platform/errors/index.ts';
import type { Channel, Delivery, DeliveryState } from './contract.ts';
import type { Notice } from './notice.ts';
import { toChannel } from './settings.ts';
import {
  countDeliveries,
  requireChannel,
  selectChannels,
  selectDeliveries,
  type ChannelRow,
  type DeliveryRow,
} from './store.ts';

/** The plain reads of channels and deliveries. */
export async function listChannels(ctx: Ctx): Promise<{ items: Channel[] }> {
  const [rows, counts] = await Promise.all([selectChannels(ctx), countDeliveries(ctx)]);
  return { items: rows.map((row) => toChannel(row, countsOf(counts, row.id))) };
}

export const shownChannel = async (ctx: Ctx, row: ChannelRow): Promise<Channel> =>
  toChannel(row, countsOf(await countDeliveries(ctx), row.id));

function countsOf(counts: Awaited<ReturnType<typeof countDeliveries>>, channel: string) {
  const of = (state: DeliveryState): number =>
    counts.find((one) => one.channel_id === channel && one.state === state)?.count ?? 0;
  return { waiting: of('waiting'), dead: of('dead') };
}

export async function listDeliveries(
  ctx: Ctx,
  query: { channel?: string; state?: DeliveryState; subject?: string; limit?: number; page?: string },
): Promise<{ items: Delivery[]; next?: string }> {
  const { channel, limit = 100, page, ...rest } = query;
  if (page !== undefined && !/^[0-9a-f]{32}$/.test(page))
    throw invalid('this is not a page token', { field: 'page', hint: 'hand back `next` of the page before' });
  const rows = await selectDeliveries(ctx, {
    ...rest,
    channel: channel === undefined ? undefined : (await requireChannel(ctx, channel)).id,
    before: page,
    limit: limit + 1,
  });
  const names = new Map((await selectChannels(ctx)).map(({ id, name }) => [id, name]));
  const shown = rows.slice(0, limit);
  return {
    items: shown.map((row) => toDelivery(row, names.get(row.channel_id) ?? '')),
    ...(rows.length > limit ? { next: shown.at(-1)!.id } : {}),
  };
}

export const noticeOf = (row: Pick<DeliveryRow, 'notice'>): Notice => JSON.parse(row.notice) as Notice; // written by this room

export const toDelivery = (row: DeliveryRow, channel: string): Delivery => ({
  id: row.id,
  channel,
  subject: row.subject,
  group: row.thread,
  title: noticeOf(row).title,
  event: row.event,
  state: row.state as DeliveryState,
  ...(row.message === null ? {} : { message: row.message }),
  attempts: row.attempts,
  ...(row.error === null ? {} : { error: row.error }),
  created_at: row.created_at,
  ...(row.ended_at === null ? {} : { ended_at: row.ended_at }),
});
