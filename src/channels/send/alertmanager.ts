import type { Notice } from '../notice.ts';
import { factsOf, iso, linkOf, post, type Message, type Sending } from './message.ts';

/** How long an alert goes on in Alertmanager when it is not told of again, ms: where this server is gone, it ends by itself. */
export const LASTS = 3 * 3_600_000;

/**
 * API v2, one by one: of a list with one bad alert Alertmanager takes the others and answers 400. Annotations also with the end, which
 * would clear them otherwise; labels are the same in each, since they are what an alert is.
 */
export async function sendAlertmanager(
  sending: Sending,
  { url, token }: { url: string; token?: string | undefined },
  message: Message,
): Promise<void> {
  for (const notice of message.notices) {
    const link = linkOf(message, notice);
    const body = [
      {
        labels: labelsOf(notice, message.workspace),
        annotations: {
          summary: notice.title,
          description: notice.text,
          state: notice.event,
          ...Object.fromEntries(
            factsOf(notice).map(([name, value]) => [
              name === 'runbook' ? 'runbook_url' : name.replaceAll(/[^A-Za-z0-9_]/g, '_'),
              value,
            ]),
          ),
        },
        startsAt: iso(notice.since),
        endsAt: iso(notice.event === 'resolved' ? Math.max(notice.at, notice.since + 1) : message.at + LASTS),
        ...(link === undefined ? {} : { generatorURL: link }),
      },
    ];
    await post(sending, {
      url: `${url.replace(/\/+$/, '')}/api/v2/alerts`,
      body: JSON.stringify(body),
      ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
    });
  }
}

/** Alertmanager takes no empty label. */
function labelsOf(
  { cause, severity, endpoint, model, subject }: Notice,
  workspace: string,
): Record<string, string> {
  return {
    alertname: `Treadle${cause.replaceAll(/(?:^|_)([a-z])/g, (_all, letter: string) => letter.toUpperCase())}`,
    severity,
    cause,
    workspace,
    ...(endpoint === '' ? {} : { endpoint }),
    ...(model === undefined ? {} : { model }),
    treadle_alert: subject,
  };
}
