import type { Ctx } from '../platform/ctx/index.ts';
import { messageOf } from '../platform/errors/index.ts';
import type { Engine } from './engine.ts';
import { putEntry } from './go-live.ts';
import { preparePlaces } from './prepare-revision.ts';
import { findRevisionById, selectAllLive, type NamedRevision } from './store.ts';
import { placesOf, storedPlaces } from './table.ts';
import { previousOf } from './views.ts';

/**
 * Brings the planes to what the database says is live: after a start, and again as long as something live could not be taken up
 * (then the answer is false). What is being answered already stays untouched.
 */
export async function restore(system: Ctx, engine: Engine): Promise<boolean> {
  const held = Array.from(engine.planes.entries(), ({ id }) => id);
  const rows = await selectAllLive(system);
  const ids = new Set(rows.map(({ endpoint_id }) => endpoint_id));
  // Only what was held before the look: an endpoint made meanwhile is not in these rows.
  for (const id of held) if (!ids.has(id)) await engine.planes.take(id);
  const fresh = rows.filter(({ endpoint_id, serial }) => engine.planes.entry(endpoint_id)?.serial !== serial);
  const all = await Promise.all(
    fresh.map(async (row) => {
      const ctx = system.as({ workspace: row.workspace });
      try {
        await restoreOne(ctx, row, engine);
        if (engine.faults.clear(row.serial))
          ctx.log.info('a live revision could be taken up again', {
            endpoint: row.endpoint,
            revision: row.revision,
          });
        return true;
      } catch (error) {
        const problem = messageOf(error);
        if (engine.faults.note(row.serial, problem))
          ctx.log.error('a live revision could not be taken up again; it is tried again all the time', {
            endpoint: row.endpoint,
            revision: row.revision,
            error: problem,
          });
        await tryWayBack(ctx, row, engine);
        return false;
      }
    }),
  );
  return all.every(Boolean);
}

async function restoreOne(ctx: Ctx, row: NamedRevision, engine: Engine): Promise<void> {
  const silent = (): void => undefined;
  const places = await preparePlaces(ctx, row, engine, silent);
  const now = await findRevisionById(ctx, row.id);
  if (now?.state !== 'live') return;
  const held = { ...now, places: storedPlaces(places, engine.data) };
  const replaces = engine.planes.entry(row.endpoint_id) !== undefined;
  // A switch that failed halfway: the old one answers until the new one is loaded.
  const loads = replaces
    ? await Promise.all(places.map((place) => engine.planes.load(place, place.limits.load)))
    : [];
  try {
    await putEntry(ctx, held, engine);
  } finally {
    for (const { release } of loads) release();
  }
  if (replaces) return;
  // The one before is loaded once this one answers, so that a rollback is quick again.
  for (const place of placesOf(held, engine.data))
    (await engine.planes.load(place, place.limits.load)).release();
  const before = await previousOf(ctx, held);
  if (!before || before.places === null) return;
  try {
    await warmFallback(ctx, held, before, engine);
    engine.faults.clear(before.serial);
  } catch (error) {
    noWayBack(ctx, before, error, engine); // what answers is not worse for it
  }
}

/** Whether a revision that cannot be loaded leaves one to go back to: told before somebody tries. */
async function tryWayBack(ctx: Ctx, row: NamedRevision, engine: Engine): Promise<void> {
  try {
    const before = await previousOf(ctx, row);
    if (!before || engine.faults.of(before.serial)) return;
    await preparePlaces(ctx, before, engine, () => undefined).catch((error: unknown) =>
      noWayBack(ctx, before, error, engine),
    );
  } catch (error) {
    ctx.log.warn('what a rollback would go back to could not be looked up', { error: messageOf(error) });
  }
}

function noWayBack(ctx: Ctx, before: NamedRevision, error: unknown, engine: Engine): void {
  const problem = messageOf(error);
  if (engine.faults.note(before.serial, problem))
    ctx.log.warn('what a rollback would go back to cannot be loaded', {
      endpoint: before.endpoint,
      revision: before.revision,
      error: problem,
    });
}

async function warmFallback(
  ctx: Ctx,
  row: NamedRevision,
  before: NamedRevision,
  engine: Engine,
): Promise<void> {
  const loads = await Promise.all(
    (await preparePlaces(ctx, before, engine, () => undefined)).map((place) =>
      engine.planes.load(place, place.limits.load),
    ),
  );
  try {
    const now = await findRevisionById(ctx, row.id);
    if (now?.state === 'live') await putEntry(ctx, { ...now, places: row.places }, engine);
  } finally {
    for (const { release } of loads) release();
  }
}
