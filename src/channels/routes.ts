import { route, type Route } from '../platform/http/index.ts';
import * as contract from './contract.ts';
import type { ChannelJobs, Parts } from './jobs.ts';
import { addChannel, removeChannel, updateChannel } from './set-channel.ts';
import { resend, testChannel } from './try-channel.ts';
import { listChannels, listDeliveries } from './views.ts';

export const channelRoutes = (parts: Parts, { deliver }: ChannelJobs): Route[] => [
  route(contract.listChannels, (ctx) => listChannels(ctx)),
  route(contract.addChannel, (ctx, { body }) => addChannel(ctx, parts, body)),
  route(contract.updateChannel, (ctx, { params, body }) => updateChannel(ctx, parts, params.channel, body)),
  route(contract.removeChannel, async (ctx, { params }) => {
    await removeChannel(ctx, params.channel);
    return {};
  }),
  route(contract.testChannel, (ctx, { params, signal }) => testChannel(ctx, parts, params.channel, signal)),
  route(contract.listDeliveries, (ctx, { query }) => listDeliveries(ctx, query)),
  route(contract.resendDelivery, (ctx, { params }) => resend(ctx, deliver, params.delivery)),
];
