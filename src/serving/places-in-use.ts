import type { Ctx } from '../platform/ctx/index.ts';
import { selectPlacesInUse, type PlacedRevision } from './store.ts';
import { placesOf, sameTraffic } from './table.ts';

/** Folders of models, and their interpreters, that some endpoint of a data folder answers with, makes ready, or may go back to. */
export async function placesInUse(ctx: Ctx, data: string): Promise<string[]> {
  const endpoints = Map.groupBy(await selectPlacesInUse(ctx), ({ endpoint_id }) => endpoint_id);
  return [...endpoints.values()]
    .flatMap(neededOf)
    .flatMap((row) => placesOf(row, data))
    .flatMap(({ folder, python }) => (python === undefined ? [folder] : [folder, python]));
}

/** Of an endpoint's revisions, newest first. Where nothing answers, the last that did stays. */
function neededOf(rows: readonly PlacedRevision[]): PlacedRevision[] {
  const live = rows.find(({ state }) => state === 'live');
  const before = rows.find(
    (row) =>
      row.state === 'superseded' &&
      (live === undefined ||
        (live.back === null
          ? row.revision < live.revision && !sameTraffic(row, live)
          : row.revision === live.back)),
  );
  return [...rows.filter(({ state }) => state !== 'superseded'), ...(before ? [before] : [])];
}
