import type { ChannelKind } from '../contract.ts';
import { PAGERDUTY, settingsOf } from '../settings.ts';
import type { ChannelRow } from '../store.ts';
import { sendAlertmanager } from './alertmanager.ts';
import { sendEmail } from './email.ts';
import type { Message, Sending } from './message.ts';
import { sendPagerDuty } from './pagerduty.ts';
import { sendSlack } from './slack.ts';
import { sendWebhook } from './webhook.ts';

/** These keep one thing of each alert, and are told of one step at a time. */
export const ONE_BY_ONE: ReadonlySet<string> = new Set<ChannelKind>(['pagerduty', 'alertmanager']);

/** Sends a message, or throws: `unavailable` where another attempt may do, anything else where none will. */
export async function send(sending: Sending, channel: ChannelRow, message: Message): Promise<void> {
  const settings = settingsOf(channel);
  switch (settings.kind) {
    case 'webhook':
      return sendWebhook(sending, { url: settings.url, secret: channel.secret ?? '' }, message);
    case 'slack':
      return sendSlack(sending, settings.url ?? '', message);
    case 'pagerduty':
      return sendPagerDuty(
        sending,
        { url: settings.url ?? PAGERDUTY, key: settings.routing_key ?? '' },
        message,
      );
    case 'email':
      return sendEmail(sending, settings, message);
    case 'alertmanager':
      return sendAlertmanager(sending, settings, message);
  }
}
