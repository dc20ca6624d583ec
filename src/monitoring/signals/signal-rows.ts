import type { Ctx } from '../../platform/ctx/index.ts';
import type { Signal, SignalState } from '../contract.ts';
import { selectSignals, type MonitorRow, type SignalRow, type WindowRow } from '../store-monitors.ts';

/** What a window comes to. Only what was compared is ok: no data, no labels and nothing to compare with are states of their own. */
export function worst(signals: ReadonlyArray<Pick<Signal, 'signal' | 'state' | 'column'>>): SignalState {
  const any = (state: SignalState): boolean => signals.some((one) => one.state === state);
  if (any('alert')) return 'alert';
  if (any('failed')) return 'failed';
  const whole = signals.filter(({ column }) => column === undefined);
  for (const state of ['no_data', 'no_labels'] as const)
    if (whole.some((one) => one.state === state)) return state;
  // Of what is not recorded nothing is known, and nothing is meant to be.
  const columns = signals.filter(({ column, state }) => column !== undefined && state !== 'not_recorded');
  if (columns.length === 0 && any('not_recorded')) return 'not_recorded';
  if (columns.length === 0 || columns.some(({ state }) => state === 'ok')) return 'ok';
  return any('no_reference') ? 'no_reference' : 'no_data';
}

export const signalRows = (
  { id, generation }: Pick<MonitorRow, 'id' | 'generation'>,
  from: number,
  signals: readonly Signal[],
): SignalRow[] =>
  signals.map(({ signal, column, value, state, reason, evidence }) => ({
    monitor_id: id,
    generation,
    from_at: from,
    name: column === undefined ? signal : `${signal} ${column}`,
    signal,
    column_name: column ?? null,
    value: value ?? null,
    state,
    reason,
    evidence: JSON.stringify(evidence),
  }));

export const toSignal = (row: SignalRow): Signal => ({
  signal: row.signal as Signal['signal'],
  ...(row.column_name === null ? {} : { column: row.column_name }),
  ...(row.value === null ? {} : { value: row.value }),
  state: row.state as SignalState,
  reason: row.reason,
  evidence: JSON.parse(row.evidence) as Record<string, unknown>, // written by this room
});

/** Each of these windows with its signals; `whole`: without those of single columns. */
export async function seenOf<Row extends Pick<WindowRow, 'from_at'>>(
  ctx: Ctx,
  monitor: Pick<MonitorRow, 'id' | 'generation'>,
  rows: readonly Row[],
  whole = false,
): Promise<Array<{ row: Row; signals: Signal[] }>> {
  if (rows.length === 0) return [];
  const found = await selectSignals(
    ctx,
    monitor,
    rows.map(({ from_at }) => from_at),
    whole,
  );
  const byWindow = Map.groupBy(found, ({ from_at }) => from_at);
  return rows.map((row) => ({ row, signals: (byWindow.get(row.from_at) ?? []).map(toSignal) }));
}
