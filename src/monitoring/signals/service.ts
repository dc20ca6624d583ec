import { getVersion } from '../../models/index.ts';
import type { Ctx } from '../../platform/ctx/index.ts';
import type { Serving } from '../../serving/index.ts';
import type { Signal } from '../contract.ts';
import { findEvidence, type Grown, type MonitorRow } from '../store-monitors.ts';
import { hasLearnt, learnNormal, watchService, type ServiceEvidence } from './watch-service.ts';

/** What planes did is written down by the minute: shorter windows hold none. */
export const SHORTEST = 60_000;

export interface Service {
  signals: Signal[];
  /** By ref of the version. */
  evidence?: { version: string; grown: Grown };
}

/**
 * How the version that was asked as primary last was served in a window: from what planes count, since what failed is no row of the log.
 * Restarts of planes and servers cost nothing of it, but for the last second of a plane and the last minute of a server that were killed.
 */
export async function serviceOf(
  ctx: Ctx,
  { serving }: { serving: Pick<Serving, 'served'> },
  monitor: MonitorRow,
  { endpoint, from }: { endpoint: string; from: number },
): Promise<Service> {
  if (monitor.window_ms < SHORTEST) return { signals: [] };
  const window = { from, to: from + monitor.window_ms };
  const all = await serving.served(ctx, endpoint, window);
  const last = all.findLast(({ requests }) => requests > 0);
  if (!last) return { signals: [] };
  const own = (one: { model: string; version: number }): boolean =>
    one.model === last.model && one.version === last.version;
  const { ref } = await getVersion(ctx, last.model, String(last.version));
  const before = await findEvidence(ctx, monitor, ref, 'service');
  const known: ServiceEvidence =
    before === undefined ? { began: from } : (JSON.parse(before) as ServiceEvidence); // written by this room
  const { evidence, signals } = watchService(all.filter(own), window, known);
  if (!known.bets && hasLearnt(known.began, window)) {
    const first = await serving.served(ctx, endpoint, { from: known.began, to: window.to });
    const bets = learnNormal(first.filter(own));
    if (bets) evidence.bets = bets;
  }
  return { signals, evidence: { version: ref, grown: { before, after: JSON.stringify(evidence) } } };
}
