import type { Static } from 'typebox';
import type { Ctx, Tx } from '../../platform/ctx/index.ts';
import { newId } from '../../platform/ids/index.ts';
import type { Serving } from '../../serving/index.ts';
import type { AlertmanagerMessage, AlertmanagerTaken } from '../contract.ts';
import { findOpen, insertAlert, insertTransition, type AlertRow } from '../store-alerts.ts';
import { moveAlert } from './move.ts';

type Received = Static<typeof AlertmanagerMessage>['alerts'][number];

/**
 * Alerts of Alertmanager that name an endpoint of ours become alerts of it. Those that this server raised itself are not taken back: each would
 * be a new one for ever.
 */
export async function receiveAlertmanager(
  ctx: Ctx,
  serving: Pick<Serving, 'find'>,
  { alerts }: Static<typeof AlertmanagerMessage>,
): Promise<AlertmanagerTaken> {
  const ignored: AlertmanagerTaken['ignored'] = [];
  let accepted = 0;
  for (const one of alerts) {
    const { labels, fingerprint } = one;
    const name = labels['endpoint'];
    const why =
      labels['treadle_alert'] !== undefined || labels['origin'] === 'treadle'
        ? 'it is an alert of this server'
        : name === undefined
          ? 'it has no label `endpoint`'
          : undefined;
    const endpoint = why === undefined && name !== undefined ? await serving.find(ctx, name) : undefined;
    if (!endpoint) {
      ignored.push({
        fingerprint,
        why: why ?? `there is no endpoint '${name}' in workspace '${ctx.workspace}'`,
      });
      continue;
    }
    const model = endpoint.current?.variants.find(({ role }) => role === 'champion');
    await ctx.write((tx) => take(tx, endpoint.id, model, one));
    accepted++;
  }
  return { accepted, ignored };
}

async function take(
  tx: Tx,
  endpoint: string,
  of: { model: string; version: number } | undefined,
  { status, labels, annotations, startsAt, fingerprint }: Received,
): Promise<void> {
  const monitor = `alertmanager:${fingerprint}`;
  const open = await findOpen(tx, monitor, 'external');
  if (status === 'resolved') {
    if (open) await moveAlert(tx, open, 'resolved', { note: 'Alertmanager says that it is over' });
    return;
  }
  if (open) return;
  const now = tx.clock.now();
  const name = labels['alertname'] ?? 'an alert';
  const said = annotations['summary'] ?? annotations['description'];
  const started = Date.parse(startsAt);
  const summary = (said === undefined ? name : `${name}: ${said}`).slice(0, 2000);
  const row: AlertRow = {
    id: newId(now),
    workspace: tx.workspace,
    endpoint_id: endpoint,
    monitor_id: monitor,
    model: of?.model ?? null,
    version: of?.version ?? null,
    cause: 'external',
    severity: ['page', 'critical'].includes(labels['severity'] ?? '') ? 'page' : 'ticket',
    state: 'pending',
    summary,
    members: '[]',
    bad_windows: 0,
    good_windows: 0,
    first_window: Number.isNaN(started) || started < 0 ? now : started,
    last_window: now,
    opened_at: now,
    fired_at: null,
    silenced_until: null,
    resolved_at: null,
    updated_at: now,
    owner: null,
    runbook: annotations['runbook_url'] ?? null,
    feedback: null,
    feedback_by: null,
  };
  await insertAlert(tx, row);
  await insertTransition(tx, row.id, { state: 'pending', note: summary });
  await moveAlert(tx, row, 'firing', { note: summary });
}
