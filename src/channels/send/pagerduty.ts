import type { Notice } from '../notice.ts';
import { factsOf, iso, linkOf, post, type Message, type Sending } from './message.ts';

const ACTIONS: Readonly<Record<Notice['event'], 'trigger' | 'acknowledge' | 'resolve'>> = {
  firing: 'trigger',
  acknowledged: 'acknowledge',
  // Nobody wants to be woken up; the incident stays.
  silenced: 'acknowledge',
  resolved: 'resolve',
};

/** Events API v2: steps of one alert meet by `dedup_key`, so a repeat changes nothing. */
export async function sendPagerDuty(
  sending: Sending,
  { url, key }: { url: string; key: string },
  message: Message,
): Promise<void> {
  for (const notice of message.notices) {
    const link = linkOf(message, notice);
    const { cause, severity, endpoint, model, title, text, group } = notice;
    const body = {
      routing_key: key,
      event_action: ACTIONS[notice.event],
      dedup_key: `treadle/${message.workspace}/${notice.subject}`.slice(0, 255),
      client: 'Treadle',
      ...(link === undefined ? {} : { client_url: link, links: [{ href: link, text: 'The alert' }] }),
      payload: {
        summary: `${title}: ${text}`.slice(0, 1024),
        source: endpoint,
        severity: severity === 'page' ? 'critical' : 'warning',
        timestamp: iso(notice.at),
        ...(model === undefined ? {} : { component: model }),
        group,
        class: cause,
        custom_details: Object.fromEntries(factsOf(notice)),
      },
    };
    await post(sending, { url, body: JSON.stringify(body) });
  }
}
