import type { Ctx } from '../../platform/ctx/index.ts';
import type { AlertReport, Signal } from '../contract.ts';
import { dateChange } from '../detectors/change-point.ts';
import { planDrift } from '../detectors/e-detector.ts';
import { referenceCounts } from '../detectors/reference-counts.ts';
import type { Watched } from '../signals/questions.ts';
import type { AlertRow } from '../store-alerts.ts';
import { selectReferences, type MonitorRow, type WindowRow } from '../store-monitors.ts';

type Since = AlertReport['since'];
interface Seen {
  row: WindowRow;
  signals: Signal[];
}

/** Since when: dated from the windows of the column that is named first, from the losses, or from the first window that said so. */
export async function datedSince(
  ctx: Ctx,
  alert: AlertRow,
  {
    monitor,
    windows,
    column,
  }: { monitor: MonitorRow | undefined; windows: readonly Seen[]; column: string | undefined },
): Promise<Since> {
  if (monitor && alert.cause === 'performance') {
    const since = harmSince(windows);
    if (since !== undefined)
      return { at: since, words: 'since then the losses say harm, as outcomes became known' };
  }
  if (alert.cause === 'service') {
    const since = serviceSince(windows);
    if (since !== undefined)
      return { at: since, words: 'since then more of them fail, or are slow, than usual' };
  }
  if (monitor && column !== undefined && ['drift', 'skew', 'data'].includes(alert.cause)) {
    const dated = await dateColumn(ctx, monitor, windows, column);
    if (dated) return dated;
  }
  return { at: alert.first_window, words: 'the first window that said so' };
}

function harmSince(windows: readonly Seen[]): number | undefined {
  for (const { signals } of windows.toReversed()) {
    const harm = signals.find(({ signal }) => signal === 'performance')?.evidence['harm'];
    if (!Array.isArray(harm)) continue;
    const since: unknown = (harm[0] as { since?: unknown } | undefined)?.since;
    return typeof since === 'number' ? since : undefined;
  }
  return undefined;
}

/** Of the newest window that says so. */
function serviceSince(windows: readonly Seen[]): number | undefined {
  for (const { signals } of windows.toReversed()) {
    const bad = signals.filter(
      ({ signal, state }) => state === 'alert' && (signal === 'latency' || signal === 'errors'),
    );
    const since = bad.flatMap(({ evidence }) =>
      typeof evidence['since'] === 'number' ? [evidence['since']] : [],
    );
    if (bad.length > 0) return since.length > 0 ? Math.min(...since) : undefined;
  }
  return undefined;
}

/** Whether the newest window that looked at a column compared it with this. */
function isReferenceOf({ column, histogram }: Watched, windows: readonly Seen[]): boolean {
  const counts = windows
    .toReversed()
    .flatMap(({ signals }) => signals.filter((one) => one.signal === 'drift' && one.column === column))
    .flatMap(({ evidence }) =>
      Array.isArray(evidence['reference_counts']) ? [evidence['reference_counts']] : [],
    )[0];
  return counts === undefined || String(counts) === String(histogram.counts);
}

async function dateColumn(
  ctx: Ctx,
  monitor: MonitorRow,
  windows: readonly Seen[],
  column: string,
): Promise<Since | undefined> {
  const last = windows.at(-1)?.row;
  if (!last || last.version_ref === null) return undefined;
  const references = await selectReferences(ctx, monitor.id, last.version_ref);
  const watched = references
    .flatMap((row) => JSON.parse(row.watched) as Watched[]) // written by this room
    // A column that is hashed now has another reference than before.
    .find((one) => one.column === column && isReferenceOf(one, windows));
  if (!watched) return undefined;
  const counted = windows.flatMap(({ row, signals }) => {
    const drift = signals.find((one) => one.signal === 'drift' && one.column === column);
    const counts = drift?.evidence['counts'];
    const same = row.version_ref === last.version_ref && Array.isArray(counts);
    return same && counts.length === watched.histogram.counts.length
      ? [{ from: row.from_at, to: row.to_at, counts: { [column]: counts.map(Number) } }]
      : [];
  });
  if (counted.length < 2) return undefined;
  const plan = planDrift([
    { ...referenceCounts(column, watched.anchor, watched.histogram), windows: watched.windows ?? [] },
  ]);
  const { since, low, high } = dateChange(plan, column, counted);
  return { at: since, low, high, words: `dated from ${counted.length} windows of ${column}` };
}
