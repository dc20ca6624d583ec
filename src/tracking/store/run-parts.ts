import { whereSeen } from '../../access/index.ts';
import { inPortions } from '../../platform/aside/index.ts';
import type { Ctx } from '../../platform/ctx/index.ts';
import { add } from './inputs.ts';
import type { Pair } from './runs.ts';
import { PORTION, pieces, readParts, tables } from './tables.ts';

/** Params or tags of many runs at once: all of them, or the keys asked for. */
export async function selectPairsOf(
  ctx: Ctx,
  table: 'run_param' | 'run_tag',
  runs: readonly string[],
  keys?: readonly string[],
): Promise<Map<string, Pair[]>> {
  const pairs = new Map<string, Pair[]>();
  for (const ids of pieces(runs)) {
    const rows = await readParts(ctx, runs.length, (db) =>
      db
        .selectFrom(table)
        .select(['run_id', 'key', 'value'])
        .where('workspace', '=', ctx.workspace)
        .where('run_id', 'in', ids)
        .$if(keys !== undefined, (query) => query.where('key', 'in', keys!))
        .orderBy('run_id')
        .orderBy('key'),
    );
    for await (const portion of inPortions(rows, PORTION))
      for (const { run_id, key, value } of portion) add(pairs, run_id, [key, value]);
  }
  return pairs;
}

/** Where experiments have their artifacts, if not with us. */
export async function selectLocations(
  ctx: Ctx,
  experiments: readonly number[],
): Promise<Map<number, string | null>> {
  const locations = new Map<number, string | null>();
  for (const ids of pieces(experiments)) {
    const rows = await tables(ctx)
      .selectFrom('experiment')
      .select(['id', 'artifact_location'])
      .where('workspace', '=', ctx.workspace)
      .where('id', 'in', ids)
      .execute();
    for (const { id, artifact_location } of rows) locations.set(id, artifact_location);
  }
  return locations;
}

export async function selectExperimentIds(ctx: Ctx): Promise<number[]> {
  const rows = await tables(ctx)
    .selectFrom('experiment')
    .select('id')
    .where('workspace', '=', ctx.workspace)
    .where((eb) => whereSeen(ctx, 'experiment', eb.ref('name')))
    .where('state', '=', 'active')
    .execute();
  return rows.map(({ id }) => id);
}
