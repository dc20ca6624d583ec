import type { MonitorRow, WindowRow } from './store-monitors.ts';

/** Looking at a window may take its time, and a busy machine longer, ms. */
const PATIENCE = { least: 10 * 60_000, most: 60 * 60_000 };

/**
 * Since when a window should have been looked at and was not; undefined where all is in time. It is told from what is stored and the
 * clock, so it is also seen where no job runs any more.
 */
export function overdueSince(
  { window_ms, updated_at }: Pick<MonitorRow, 'window_ms' | 'updated_at'>,
  newest: Pick<WindowRow, 'to_at'> | undefined,
  now: number,
): number | undefined {
  const begun = newest?.to_at ?? Math.floor(updated_at / window_ms) * window_ms;
  const due = begun + window_ms;
  const patience = Math.min(PATIENCE.most, Math.max(PATIENCE.least, window_ms / 4));
  return now > due + patience ? due : undefined;
}
