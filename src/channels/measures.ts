import type { Ctx } from '../platform/ctx/index.ts';
import type { Family } from '../platform/exposition/index.ts';
import { countDeliveries, selectChannels } from './store.ts';

/** Deliveries by what became of them, and whether a channel fails just now. */
export async function measures(ctx: Ctx): Promise<Family[]> {
  const [channels, counts] = await Promise.all([selectChannels(ctx), countDeliveries(ctx)]);
  const { workspace } = ctx;
  return [
    {
      name: 'treadle_channel_deliveries',
      help: 'Steps of alerts that were told to a channel, wait, or were given up (dead); those of the last 90 days.',
      type: 'gauge',
      samples: channels.flatMap(({ id, name, kind }) =>
        ['waiting', 'sent', 'dead'].map((state) => ({
          labels: { workspace, channel: name, kind, state },
          value: counts.find((one) => one.channel_id === id && one.state === state)?.count ?? 0,
        })),
      ),
    },
    {
      name: 'treadle_channel_failures',
      help: 'Failed attempts in a row.',
      type: 'gauge',
      samples: channels.map(({ name, kind, failures }) => ({
        labels: { workspace, channel: name, kind },
        value: failures,
      })),
    },
  ];
}
