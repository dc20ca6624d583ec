import type { Ctx } from '../platform/ctx/index.ts';
import { findEndpointNamed, selectRevisions, type NamedRevision } from './store.ts';
import { variantsOf } from './views.ts';

/** Revisions that are looked back on: what was taken away so long ago is nobody's standing wish any more. */
const LOOK_BACK = 500;

/**
 * The revision by which a person, or a failure, took a version away from an endpoint: a rollback, or a deployment by hand.
 * Undefined where it answers now, never did, or gave way to what another release deployed.
 */
export async function takenAway(
  ctx: Ctx,
  endpoint: string,
  versionRef: string,
): Promise<NamedRevision | undefined> {
  const found = await findEndpointNamed(ctx, endpoint);
  if (!found) return undefined;
  let after: NamedRevision | undefined;
  for (const row of await selectRevisions(ctx, found.id, {
    states: ['live', 'superseded', 'failed'],
    limit: LOOK_BACK,
  })) {
    if (row.live_at === null) continue; // it never answered
    if (variantsOf(row).some(({ role, version_ref }) => role === 'champion' && version_ref === versionRef))
      return after && !isAsked(after) ? after : undefined;
    after = row;
  }
  return undefined;
}

/** Deployed by a pipeline's wish; before revisions said who asked for them, a pipeline left this note. */
const isAsked = ({ cause, asked_by, note }: NamedRevision): boolean =>
  cause === 'deploy' && (asked_by !== null || /^execution \d+ of /.test(note ?? ''));
