import type { Tx } from '../../platform/ctx/index.ts';
import { newId } from '../../platform/ids/index.ts';
import type { AlertState, MonitorSettings } from '../contract.ts';
import type { MonitorRow } from '../store-monitors.ts';
import {
  countResolved,
  findOpen,
  insertAlert,
  insertTransition,
  removeAlert,
  selectOpen,
  updateAlert,
  type AlertRow,
} from '../store-alerts.ts';
import { damped, inhibited, PATIENCE, type Finding, type WatchedCause } from './causes.ts';
import { stepOf } from './step.ts';
import type { AlertSaid } from './tell.ts';

/**
 * Only harm wakes somebody up: what has merely moved is looked at in its time. A window that says that requests fail is over: who is to be woken while they do is
 * told by the rules for Prometheus, by the minute.
 */
const SEVERITY: Readonly<Record<WatchedCause, 'page' | 'ticket'>> = {
  performance: 'page',
  data: 'ticket',
  skew: 'ticket',
  drift: 'ticket',
  service: 'ticket',
  volume: 'ticket',
  labels: 'ticket',
  monitor: 'ticket',
};

/** Windows in which an alert that comes again is the same trouble. */
const RECENT = 20;

/** What a window found moves the alerts of its monitor, in the transaction that writes the window down. */
export async function moveAlerts(
  tx: Tx,
  monitor: MonitorRow,
  window: { from: number; model?: string | undefined; version?: number | undefined },
  findings: readonly Finding[],
): Promise<void> {
  const { owner, runbook } = JSON.parse(monitor.settings) as MonitorSettings; // written by this room
  const known = {
    broken: await columnsOf(tx, monitor.id, 'data'),
    skewed: await columnsOf(tx, monitor.id, 'skew'),
  };
  for (const found of findings) {
    const finding = inhibited(found, known);
    if (!finding) continue;
    const before = await findOpen(tx, monitor.id, finding.cause);
    const standing = before && {
      state: before.state as AlertState,
      bad: before.bad_windows,
      good: before.good_windows,
    };
    const again =
      before && finding.is === 'good'
        ? await countResolved(tx, monitor.id, finding.cause, window.from - RECENT * monitor.window_ms)
        : 0;
    const next = stepOf(standing, finding, damped(PATIENCE[finding.cause], again));
    if (next === undefined) continue;
    if (next === 'gone') {
      await removeAlert(tx, before!.id);
      continue;
    }
    const said =
      finding.is === 'bad'
        ? { summary: finding.summary, members: JSON.stringify(finding.members), last_window: window.from }
        : {};
    if (!before) {
      const now = tx.clock.now();
      const row: AlertRow = {
        id: newId(now),
        workspace: tx.workspace,
        endpoint_id: monitor.endpoint_id,
        monitor_id: monitor.id,
        model: window.model ?? null,
        version: window.version ?? null,
        cause: finding.cause,
        severity: SEVERITY[finding.cause],
        state: 'pending',
        summary: finding.summary,
        members: JSON.stringify(finding.members),
        bad_windows: next.bad,
        good_windows: 0,
        first_window: window.from,
        last_window: window.from,
        opened_at: now,
        fired_at: null,
        silenced_until: null,
        resolved_at: null,
        updated_at: now,
        owner: owner ?? null,
        runbook: runbook ?? null,
        feedback: null,
        feedback_by: null,
      };
      await insertAlert(tx, row);
      await insertTransition(tx, row.id, { state: 'pending', note: finding.summary });
      if (next.state === 'firing') await moveAlert(tx, row, 'firing', { note: finding.summary });
      continue;
    }
    const counted = { ...before, ...said, bad_windows: next.bad, good_windows: next.good };
    await updateAlert(tx, before, { ...said, bad_windows: next.bad, good_windows: next.good });
    if (next.state !== before.state) await moveAlert(tx, counted, next.state, { note: finding.summary });
  }
}

/** Columns that an open alert of a cause names. */
async function columnsOf(tx: Tx, monitor: string, cause: 'data' | 'skew'): Promise<ReadonlySet<string>> {
  const open = await findOpen(tx, monitor, cause);
  return new Set(open && open.state !== 'pending' ? (JSON.parse(open.members) as string[]) : []); // written by this room
}

/** Those of a monitor that ends. */
export async function endAlerts(tx: Tx, monitor: string, note: string): Promise<void> {
  for (const row of await selectOpen(tx, monitor))
    if (row.state === 'pending') await removeAlert(tx, row.id);
    else await moveAlert(tx, row, 'resolved', { note });
}

/** One step of an alert's life, with its ledger entry and its event. False where it was somewhere else by then. */
export async function moveAlert(
  tx: Tx,
  row: AlertRow,
  to: AlertState,
  { by, note, until }: { by?: string; note?: string; until?: number } = {},
): Promise<boolean> {
  const now = tx.clock.now();
  const moved = await updateAlert(tx, row, {
    state: to,
    silenced_until: until ?? null,
    ...(to === 'firing' && row.fired_at === null ? { fired_at: now } : {}),
    ...(to === 'resolved' ? { resolved_at: now } : {}),
  });
  if (!moved) return false;
  await insertTransition(tx, row.id, {
    state: to,
    ...(by === undefined ? {} : { by }),
    ...(note === undefined ? {} : { note }),
  });
  const resource = `alert:${row.id}`;
  await tx.record({
    action: `alert.${to}`,
    resource,
    after: {
      cause: row.cause,
      members: JSON.parse(row.members) as string[],
      ...(until === undefined ? {} : { until }),
    },
    ...(note === undefined ? {} : { reason: note }),
    edges:
      to === 'firing' && row.fired_at === null
        ? [{ from: resource, to: `endpoint:${row.endpoint_id}`, relation: 'about' }]
        : [],
  });
  await tx.emit({
    type: `alert.${to}`,
    subject: resource,
    data: {
      endpoint_id: row.endpoint_id,
      cause: row.cause,
      severity: row.severity as AlertSaid['severity'],
      summary: row.summary,
      ...(by === undefined ? {} : { by }),
      ...(note === undefined ? {} : { note }),
    } satisfies AlertSaid,
  });
  return true;
}
