import type { AlertReport, Signal } from '../contract.ts';
import type { AlertRow } from '../store-alerts.ts';
import type { WindowRow } from '../store-monitors.ts';

interface Seen {
  row: WindowRow;
  signals: Signal[];
}

/** How bad it is, from the newest window that said so. */
export function extentOf(alert: Pick<AlertRow, 'cause'>, bad: readonly Seen[]): AlertReport['extent'] {
  if (bad.length === 0) return [];
  const rows = bad.reduce((sum, { row }) => sum + row.row_count, 0);
  const newest = bad.at(-1)!;
  const found: AlertReport['extent'] = [
    {
      name: 'rows',
      value: rows,
      words: `${rows.toLocaleString('en')} rows in ${bad.length} ${bad.length === 1 ? 'window' : 'windows'}`,
    },
  ];
  const performance = bad.findLast(({ signals }) => signals.some(({ signal }) => signal === 'performance'));
  const told = performance?.signals.find(({ signal }) => signal === 'performance');
  if (told) {
    const judged = told.evidence['judged'];
    const before =
      typeof judged === 'object' && judged !== null && 'value' in judged ? Number(judged.value) : undefined;
    found.push({
      name: 'metric',
      words: told.reason,
      ...(told.value === undefined ? {} : { value: told.value }),
      ...(before === undefined ? {} : { before }),
    });
  }
  const whole = newest.signals.find(({ signal, column }) => signal === 'drift' && column === undefined);
  if (whole && (alert.cause === 'drift' || alert.cause === 'skew'))
    found.push({
      name: 'evidence',
      words: whole.reason,
      ...(whole.value === undefined ? {} : { value: whole.value }),
    });
  if (alert.cause === 'service')
    for (const { signal, reason, value } of newest.signals)
      if (signal === 'latency' || signal === 'errors')
        found.push({ name: signal, words: reason, ...(value === undefined ? {} : { value }) });
  for (const { signal, column, reason, value } of newest.signals
    .filter((one) => one.state === 'alert' && one.column !== undefined)
    .slice(0, 10))
    found.push({
      name: `${signal} of ${column}`,
      words: reason,
      ...(value === undefined ? {} : { value }),
    });
  return found;
}

/** Values of columns that are answered worse than the rest, as the newest window that was scored has them. */
export function slicesOf(windows: readonly Seen[]): AlertReport['slices'] {
  const scored = windows.findLast(({ signals }) => signals.some(({ signal }) => signal === 'slices'));
  const slices = scored?.signals.find(({ signal }) => signal === 'slices')?.evidence['slices'];
  if (!Array.isArray(slices)) return [];
  return (slices as Array<AlertReport['slices'][number] & { worse: boolean }>) // written by this room
    .filter(({ worse }) => worse)
    .toSorted((a, b) => b.loss - b.others - (a.loss - a.others))
    .slice(0, 5)
    .map(({ column, value, rows, loss, others }) => ({ column, value, rows, loss, others }));
}
