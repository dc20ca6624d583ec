import { signedHeaders } from '../../platform/events/index.ts';
import { iso, linkOf, post, type Message, type Sending } from './message.ts';

/** After Standard Webhooks: id, time and signature in headers. A receiver knows a repeat by `webhook-id`. */
export async function sendWebhook(
  sending: Sending,
  { url, secret }: { url: string; secret: string },
  message: Message,
): Promise<void> {
  const { id, at, workspace, group, notices } = message;
  const body = JSON.stringify({
    type: 'alert.notification',
    timestamp: iso(notices.at(-1)!.at),
    data: {
      workspace,
      group,
      alerts: notices.map((notice) => {
        const { path: _path, seq, facts, at: when, since, ...rest } = notice;
        const link = linkOf(message, notice);
        return {
          ...rest,
          sequence: seq,
          at: iso(when),
          since: iso(since),
          facts: Object.fromEntries(facts),
          ...(link === undefined ? {} : { url: link }),
        };
      }),
    },
  });
  // 410: the receiver says that it is gone for good.
  await post(
    sending,
    { url, body, headers: signedHeaders(secret, id, at, body) },
    (status) => status === 410,
  );
}
