import type { Ctx } from '../platform/ctx/index.ts';
import { findEndpointNamed, selectRevisions } from './store.ts';
import { variantsOf } from './views.ts';

/** Revisions that are looked back on: what answered longer ago than that is not known to have answered. */
const LOOK_BACK = 500;

export interface AnsweredAt {
  /** All times together that it answered as primary, ms. */
  total: number;
  /** Whether it does now. */
  answers: boolean;
  /** Whether it was taken away the last time because it could not answer. */
  failed: boolean;
}

/** Whether a version was ever part of what answered at an endpoint: as a canary, or as a shadow, too. */
export async function wasPartOf(ctx: Ctx, endpoint: string, version: string): Promise<boolean> {
  const row = await findEndpointNamed(ctx, endpoint);
  if (!row) return false;
  const rows = await selectRevisions(ctx, row.id, {
    states: ['live', 'superseded', 'failed'],
    limit: LOOK_BACK,
  });
  return rows.some(
    (revision) =>
      revision.live_at !== null && variantsOf(revision).some(({ version_ref }) => version_ref === version),
  );
}

/** What an endpoint did with these versions as its primary, by their refs; who never answered is left out. */
export async function answeredAt(
  ctx: Ctx,
  endpoint: string,
  versions: readonly string[],
): Promise<ReadonlyMap<string, AnsweredAt>> {
  const found = new Map<string, AnsweredAt>();
  const row = await findEndpointNamed(ctx, endpoint);
  if (!row) return found;
  const now = ctx.clock.now();
  // Newest first: the first that is met of a version says how it ended.
  for (const revision of await selectRevisions(ctx, row.id, {
    states: ['live', 'superseded', 'failed'],
    limit: LOOK_BACK,
  })) {
    if (revision.live_at === null) continue;
    const primary = variantsOf(revision).find(({ role }) => role === 'champion')?.version_ref;
    if (primary === undefined || !versions.includes(primary)) continue;
    const live = revision.state === 'live';
    const span = Math.max(0, (live ? now : (revision.ended_at ?? now)) - revision.live_at);
    const known = found.get(primary);
    if (known) known.total += span;
    else found.set(primary, { total: span, answers: live, failed: revision.state === 'failed' });
  }
  return found;
}
