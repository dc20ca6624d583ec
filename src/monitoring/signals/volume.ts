import type { Ctx } from '../../platform/ctx/index.ts';
import type { HeldRules, Serving } from '../../serving/index.ts';
import type { Signal } from '../contract.ts';
import { percent } from '../../platform/words/index.ts';
import type { MonitorRow } from '../store-monitors.ts';
import { SHORTEST } from './service.ts';
import type { VersionSeen } from './version-seen.ts';

/**
 * How many rows were answered in a window. Where a share of predictions is recorded it is what planes counted: a smaller share is no smaller traffic. Of
 * windows shorter than a minute, of which they say nothing, it is reckoned from the rows and the share.
 */
export async function volumeOf(
  ctx: Ctx,
  { serving }: { serving: Pick<Serving, 'served'> },
  monitor: MonitorRow,
  asked: { endpoint: string; from: number },
  {
    rows,
    dropped,
    rules,
    version,
  }: {
    rows: number;
    dropped: number;
    rules: Pick<HeldRules, 'least'>;
    version?: VersionSeen | undefined;
  },
): Promise<Signal> {
  const lost =
    dropped > 0 ? `, and ${dropped.toLocaleString('en')} predictions that could not be recorded` : '';
  const state = rows === 0 ? 'no_data' : 'ok';
  const { least: sample } = rules;
  if (sample === 1)
    return {
      signal: 'volume',
      value: rows,
      state,
      reason: `${rows.toLocaleString('en')} rows${lost}`,
      evidence: { rows, dropped },
    };
  const answered =
    monitor.window_ms < SHORTEST
      ? Math.round(rows / sample)
      : await counted(ctx, serving, { ...asked, to: asked.from + monitor.window_ms }, version);
  return {
    signal: 'volume',
    value: answered,
    state,
    reason: `${answered.toLocaleString('en')} rows, of which ${rows.toLocaleString('en')} are recorded: the endpoint records ${percent(sample)} of predictions${lost}`,
    evidence: { rows, dropped, answered, sample },
  };
}

async function counted(
  ctx: Ctx,
  serving: Pick<Serving, 'served'>,
  { endpoint, from, to }: { endpoint: string; from: number; to: number },
  version: VersionSeen | undefined,
): Promise<number> {
  let sum = 0;
  for (const one of await serving.served(ctx, endpoint, { from, to }))
    if (!version || (one.model === version.model && one.version === version.version)) sum += one.rows;
  return sum;
}
