import type { Tx } from '../platform/ctx/index.ts';
import type { Subscriber } from '../platform/events/index.ts';
import { endAlerts } from './alerts/move.ts';
import { findMonitorOf, removeMonitor, type MonitorRow } from './store-monitors.ts';

/** A watch ends with its alerts and all that it found; the ledger keeps that it was there. */
export async function endWatch(
  tx: Tx,
  monitor: Pick<MonitorRow, 'id'>,
  { endpoint, why }: { endpoint: string; why: string },
): Promise<void> {
  await endAlerts(tx, monitor.id, why);
  await removeMonitor(tx, monitor.id);
  const resource = `monitor:${monitor.id}`;
  await tx.record({ action: 'monitor.deleted', resource });
  await tx.emit({ type: 'monitor.deleted', subject: resource, data: { endpoint } });
}

/** Of an endpoint that was taken away no window comes any more: its monitor would be missed for ever. */
export const endpointSubscriber: Subscriber = {
  name: 'monitoring.endpoints',
  types: ['endpoint.deleted'],
  async handle(tx, { subject, data }) {
    const monitor = await findMonitorOf(tx, subject.slice('endpoint:'.length));
    if (!monitor) return;
    const { name: endpoint } = data as { name: string }; // emitted by serving
    await endWatch(tx, monitor, { endpoint, why: 'the endpoint was taken away' });
  },
};
