import type { Ctx } from '../platform/ctx/index.ts';
import { invalid } from '../platform/errors/index.ts';
import type { Serving } from '../serving/index.ts';
import type { Monitor, MonitorSettings, MonitorWindow, SignalState } from './contract.ts';
import { overdueSince } from './overdue.ts';
import { requireMonitor } from './set-monitor.ts';
import { seenOf } from './signals/signal-rows.ts';
import { countFeedback } from './store-alerts.ts';
import { selectHistory, selectWindows, type WindowRow } from './store-monitors.ts';

/** The plain reads of monitors. */
export async function getMonitor(ctx: Ctx, serving: Pick<Serving, 'find'>, name: string): Promise<Monitor> {
  const monitor = await requireMonitor(ctx, serving, name);
  const windows = await selectWindows(ctx, monitor, { limit: 1 });
  const [latest] = await withSignals(ctx, await selectHistory(ctx, monitor.id, { limit: 1 }));
  const now = ctx.clock.now();
  const overdue = overdueSince(monitor, windows[0], now);
  const feedback = await countFeedback(ctx, monitor.id);
  return {
    ref: `monitor:${monitor.id}`,
    id: monitor.id,
    endpoint: name,
    window_ms: monitor.window_ms,
    label_delay_ms: monitor.label_delay_ms,
    settings: JSON.parse(monitor.settings) as MonitorSettings, // written by this room
    created_at: monitor.created_at,
    updated_at: monitor.updated_at,
    created_by: monitor.created_by,
    next_at: (Math.floor(now / monitor.window_ms) + 1) * monitor.window_ms,
    ...(overdue === undefined ? {} : { overdue_since: overdue }),
    ...(feedback.useful + feedback.noise === 0 ? {} : { feedback }),
    ...(latest ? { latest } : {}),
  };
}

export async function listWindows(
  ctx: Ctx,
  serving: Pick<Serving, 'find'>,
  name: string,
  { limit = 20, whole = false, page }: { limit?: number; whole?: boolean; page?: string },
): Promise<{ items: MonitorWindow[]; next?: string }> {
  const token = /^(\d{1,9})\.(\d{1,15})$/.exec(page ?? '');
  if (page !== undefined && !token)
    throw invalid('this is not a page token', { field: 'page', hint: 'hand back `next` of the page before' });
  const monitor = await requireMonitor(ctx, serving, name);
  const rows = await selectHistory(ctx, monitor.id, {
    before: token ? { generation: Number(token[1]), from_at: Number(token[2]) } : undefined,
    limit: limit + 1,
  });
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: await withSignals(ctx, shown, whole),
    ...(rows.length > limit && last ? { next: `${last.generation}.${last.from_at}` } : {}),
  };
}

async function withSignals(ctx: Ctx, rows: readonly WindowRow[], whole = false): Promise<MonitorWindow[]> {
  const seen: Awaited<ReturnType<typeof seenOf<WindowRow>>> = [];
  // Newest first, and so one generation after the other.
  for (const [generation, of] of Map.groupBy(rows, (row) => row.generation))
    seen.push(...(await seenOf(ctx, { id: of[0]!.monitor_id, generation }, of, whole)));
  return seen.map(({ row, signals }) => ({
    from: row.from_at,
    to: row.to_at,
    ...(row.stands_for_ms === null ? {} : { stands_for_ms: row.stands_for_ms }),
    state: row.state as SignalState,
    rows: row.row_count,
    ...(row.model === null || row.version === null ? {} : { model: row.model, version: row.version }),
    ...(row.problem === null ? {} : { problem: row.problem }),
    looked_at: row.looked_at,
    ...(row.scored_at === null ? {} : { scored_at: row.scored_at }),
    signals,
  }));
}
