import type { Ctx } from '../../platform/ctx/index.ts';
import type { Log } from '../../platform/log/index.ts';
import { moment } from '../../platform/words/index.ts';
import { overdueSince } from '../overdue.ts';
import { findOpen } from '../store-alerts.ts';
import { selectMonitorsWithNewest, selectWatchedWorkspaces } from '../store-monitors.ts';
import { moveAlerts } from './move.ts';

/** How often it is looked whether monitors run, ms. */
const EVERY = 60_000;
/** Monitors of a workspace that are looked after. */
const MOST = 1_000;

/**
 * Raises an alert for each monitor that does not run: what a job would have to say of itself, and cannot where no job runs. A window that is
 * looked at resolves it.
 */
export async function checkOverdue(ctx: Ctx): Promise<void> {
  for (const { monitor, newest } of await selectMonitorsWithNewest(ctx, MOST)) {
    const since = overdueSince(monitor, newest, ctx.clock.now());
    if (since === undefined) continue;
    await ctx.write(async (tx) => {
      const open = await findOpen(tx, monitor.id, 'monitor');
      if (open && open.state !== 'pending') return;
      const version =
        newest?.model === null || newest?.version === null
          ? {}
          : { model: newest?.model, version: newest?.version };
      const summary = `no window was looked at since ${moment(since)}: the jobs of the server do not run, or do not get to it`;
      await moveAlerts(tx, monitor, { from: newest?.from_at ?? since - monitor.window_ms, ...version }, [
        { cause: 'monitor', is: 'bad', members: [], summary },
      ]);
    });
  }
}

/** On a timer of its own, and no job: it is the one that must run when jobs do not. The answer ends it. */
export function startWatchdog(ctxFor: (workspace: string) => Ctx, log: Log): () => Promise<void> {
  let going: Promise<void> = Promise.resolve();
  const look = async (): Promise<void> => {
    try {
      for (const workspace of await selectWatchedWorkspaces(ctxFor('default')))
        await checkOverdue(ctxFor(workspace));
    } catch (error) {
      log.warn('whether monitors run could not be looked up', { error });
    }
  };
  // One at a time: a slow database is not asked twice.
  const timer = setInterval(() => void (going = going.then(look)), EVERY);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await going;
  };
}
