import { createHash } from 'node:crypto';
import type { Ctx } from '../../platform/ctx/index.ts';
import { outwardMessageOf } from '../../platform/errors/index.ts';
import { canonical } from '../../platform/json/index.ts';
import type { Serving } from '../../serving/index.ts';
import type { Tables } from '../../tables/index.ts';
import type { AlertReport, Signal, SignalState } from '../contract.ts';
import { passOn, type Attempt } from '../signals/ask.ts';
import { seenOf } from '../signals/signal-rows.ts';
import type { AlertRow } from '../store-alerts.ts';
import { findMonitor, selectWindows, type MonitorRow, type WindowRow } from '../store-monitors.ts';
import { compareRows, type Compared } from './compare-rows.ts';
import { datedSince } from './dated-since.ts';
import { extentOf, slicesOf } from './extent.ts';
import { rankCauses } from './rank-causes.ts';
import { recommend } from './recommend.ts';
import { timelineOf } from './timeline.ts';

export interface Parts {
  serving: Pick<Serving, 'recorded' | 'rules' | 'tellers'>;
  tables: Tables;
}

/** Windows that are looked back at. */
const BACK = 60;
/** And shown. */
const SHOWN = 30;

/** A window with what was seen in it. */
export interface Seen {
  row: WindowRow;
  signals: Signal[];
}

/** The whole report of an alert, from what is stored and, where rows are still there, from a comparison of rows. */
export async function diagnose(
  ctx: Ctx,
  parts: Parts,
  alert: AlertRow,
  attempt: Attempt,
): Promise<Omit<AlertReport, 'sha256'>> {
  const ref = `endpoint:${alert.endpoint_id}`;
  const endpoint = (await parts.serving.tellers.endpoints(ctx, [ref])).get(ref)?.facts.name ?? '';
  const monitor = await findMonitor(ctx, alert.monitor_id);
  const windows = monitor ? await seenWindows(ctx, monitor, alert) : [];
  const notes: string[] = [];
  const members = JSON.parse(alert.members) as string[]; // written by this room
  const bad = windows.filter(
    ({ row }) => row.from_at >= alert.first_window && row.from_at <= alert.last_window,
  );
  const since = await datedSince(ctx, alert, { monitor, windows, column: members[0] });
  const until = monitor ? alert.last_window + monitor.window_ms : Math.max(alert.last_window, since.at);
  let compared: Compared | undefined;
  // What requests hold does not say why they failed or were slow.
  if (monitor && bad.length > 0 && alert.cause !== 'service')
    try {
      compared = await compareRows(
        ctx,
        parts,
        // Losses are dated by when outcomes became known, which is later than what was asked then.
        { alert, monitor, endpoint, since: Math.min(since.at, bad[0]!.row.from_at), until, windows },
        attempt,
      );
    } catch (error) {
      passOn(error, attempt);
      notes.push(`rows could not be compared: ${outwardMessageOf(error)}`);
    }
  if (compared) notes.push(...compared.notes);
  const wide = (monitor?.window_ms ?? 86_400_000) * 14;
  const timeline = await timelineOf(
    ctx,
    { endpoint, model: alert.model, monitor: alert.monitor_id },
    { since: Math.max(0, since.at - wide), until: ctx.clock.now() + 1 },
  );
  const causes = rankCauses(alert, bad, compared?.columns ?? []);
  const { measure, value } = measureOf(alert, members[0]);
  const known = {
    cause: alert.cause as AlertReport['cause'],
    endpoint,
    since,
    causes,
    timeline,
    ...(compared?.parts ? { parts: compared.parts } : {}),
  };
  return {
    alert: alert.id,
    made_at: ctx.clock.now(),
    ...known,
    ...(alert.model === null ? {} : { model: alert.model }),
    ...(alert.version === null ? {} : { version: alert.version }),
    severity: alert.severity as AlertReport['severity'],
    summary: alert.summary,
    until,
    extent: extentOf(alert, bad),
    slices: slicesOf(windows),
    samples: compared?.samples ?? [],
    ...(compared?.auc === undefined ? {} : { separable: compared.auc }),
    ...(compared && compared.apart.length > 0 ? { apart: compared.apart } : {}),
    windows: windows.slice(-SHOWN).map(({ row, signals }) => ({
      from: row.from_at,
      to: row.to_at,
      state: row.state as SignalState,
      rows: row.row_count,
      ...withValue(value({ row, signals })),
    })),
    measure,
    action: recommend({ ...known, window_ms: monitor?.window_ms ?? 86_400_000 }),
    notes,
  };
}

const withValue = (value: number | undefined): { value?: number } => (value === undefined ? {} : { value });

/** The report as it is kept, and the digest that the ledger has of it. */
export function frozen(report: Omit<AlertReport, 'sha256'>): { text: string; sha256: string } {
  const text = canonical(report);
  return { text, sha256: createHash('sha256').update(text).digest('hex') };
}

/** Of the version that the alert is about, oldest first. */
async function seenWindows(ctx: Ctx, monitor: MonitorRow, alert: AlertRow): Promise<Seen[]> {
  const rows = await selectWindows(ctx, monitor, {
    before: alert.last_window + monitor.window_ms,
    limit: BACK,
  });
  return (await seenOf(ctx, monitor, rows)).toReversed();
}

/** What of each window is drawn. */
function measureOf(
  { cause, monitor_id }: Pick<AlertRow, 'cause' | 'monitor_id'>,
  column: string | undefined,
): { measure: string; value(seen: Seen): number | undefined } {
  const of = (signal: Signal['signal'], name?: string) => (seen: Seen) =>
    seen.signals.find((one) => one.signal === signal && one.column === name)?.value;
  if (cause === 'performance') return { measure: 'metric', value: of('performance') };
  if ((cause === 'drift' || cause === 'skew') && column !== undefined)
    return { measure: `stability index of ${column}`, value: of('drift', column) };
  if (cause === 'data' && column !== undefined)
    return { measure: `share of bad values of ${column}`, value: (seen) => worstShare(seen, column) };
  if (cause === 'service') return { measure: 'ms that 99 of 100 answers took at most', value: of('latency') };
  if (cause === 'labels') return { measure: 'share of rows with an outcome', value: of('coverage') };
  return {
    measure: monitor_id.startsWith('alertmanager:') ? 'nothing' : 'rows',
    value: ({ row }) => row.row_count,
  };
}

function worstShare({ signals }: Seen, column: string): number | undefined {
  const own = signals.filter(
    (one) =>
      one.column === column &&
      ['missing', 'misfit', 'unseen', 'infinite', 'range', 'unit'].includes(one.signal),
  );
  return own.length === 0 ? undefined : Math.max(...own.map(({ value = 0 }) => value));
}
