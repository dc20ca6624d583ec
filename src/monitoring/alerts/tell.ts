import type { Channels, Notice } from '../../channels/index.ts';
import type { Tx } from '../../platform/ctx/index.ts';
import type { Subscriber } from '../../platform/events/index.ts';
import type { Serving } from '../../serving/index.ts';
import { findAlert } from '../store-alerts.ts';

const STEPS = ['firing', 'acknowledged', 'silenced', 'resolved'] as const satisfies ReadonlyArray<
  Notice['event']
>;

/** What an event of an alert says besides its subject. */
export interface AlertSaid {
  endpoint_id: string;
  cause: string;
  severity: 'page' | 'ticket';
  summary: string;
  by?: string;
  note?: string;
}

/** Hands each step of an alert's life to the channels, in the transaction that says the event was heard. */
export const alertTeller = ({
  serving,
  channels,
  diagnose,
}: {
  serving: Pick<Serving, 'tellers'>;
  channels: Pick<Channels, 'notify'>;
  /** Has its report made, once. */
  diagnose(tx: Tx, alert: string): Promise<unknown>;
}): Subscriber => ({
  name: 'channels.alerts',
  types: STEPS.map((step) => `alert.${step}`),
  async handle(tx, { type, subject, seq, time, data }) {
    const row = await findAlert(tx, subject.slice('alert:'.length));
    const event = STEPS.find((step) => type === `alert.${step}`);
    if (!row || !event) return;
    if (event === 'firing') await diagnose(tx, row.id);
    const { summary, by, note } = data as AlertSaid; // emitted by this room
    const ref = `endpoint:${row.endpoint_id}`;
    const endpoint = (await serving.tellers.endpoints(tx, [ref])).get(ref)?.facts.name ?? '';
    const members = JSON.parse(row.members) as string[]; // written by this room
    await channels.notify(tx, {
      subject,
      seq,
      event,
      at: time,
      since: row.fired_at ?? row.opened_at,
      group: `${row.model ?? endpoint}/${row.cause}`,
      severity: row.severity as Notice['severity'],
      cause: row.cause,
      endpoint,
      ...(row.model === null ? {} : { model: row.model }),
      ...(row.version === null ? {} : { version: row.version }),
      title: `${row.cause} of ${endpoint}`,
      text: summary,
      ...(by === undefined ? {} : { by }),
      ...(by === undefined || note === undefined ? {} : { note }),
      ...(row.owner === null ? {} : { owner: row.owner }),
      ...(row.runbook === null ? {} : { runbook: row.runbook }),
      facts: members.length === 0 ? [] : [['columns', members.slice(0, 20).join(', ')]],
      path: `/alerts/${row.id}`,
    });
  },
});
