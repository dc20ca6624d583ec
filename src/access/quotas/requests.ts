import type { Ctx } from '../../platform/ctx/index.ts';
import type { Endpoint } from '../../platform/http/contract.ts';
import { tooMany } from './refused.ts';
import { selectRequestLimits } from './store.ts';

const MINUTE = 60_000;

/**
 * Requests of each workspace in this minute of the clock. They are counted here and nowhere stored: a row for each request would cost more
 * than most requests do, and there is one server (docs/decisions/one-server.md).
 */
export class Requests {
  private minute = 0;
  private made = new Map<string, number>();
  private readonly limits = new Map<string, number>();

  /** What was set before the server started. */
  async open(ctx: Pick<Ctx, 'db'>): Promise<void> {
    for (const { workspace, most } of await selectRequestLimits(ctx)) this.limits.set(workspace, most);
  }

  limit(workspace: string, most: number | null): void {
    if (most === null) this.limits.delete(workspace);
    else this.limits.set(workspace, most);
  }

  /** Counts a request in, or throws `limited`, which is not counted. Whoever manages the server gets through, to set another limit. */
  count(workspace: string, { action, unmetered }: Pick<Endpoint, 'action' | 'unmetered'>, now: number): void {
    if (action === 'public' || action.startsWith('server:') || unmetered === true) return;
    const used = this.used(workspace, now);
    const most = this.limits.get(workspace);
    if (most !== undefined && used >= most)
      throw tooMany(workspace, most, Math.ceil((MINUTE - (now % MINUTE)) / 1000));
    this.made.set(workspace, used + 1);
  }

  used(workspace: string, now: number): number {
    const minute = Math.floor(now / MINUTE);
    if (minute !== this.minute) {
      this.minute = minute;
      this.made = new Map();
    }
    return this.made.get(workspace) ?? 0;
  }
}
