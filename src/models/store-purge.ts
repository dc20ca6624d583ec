import { sql } from 'kysely';
import type { Ctx, Tx } from '../platform/ctx/index.ts';
import type { ModelTables } from './schema.ts';
import { tables } from './store.ts';

const PAGE = 500;
const scan = (ctx: Ctx) => ctx.scan.$extendTables<ModelTables>();

/** What models that are there need of runs and folders: versions, and logged models not deleted before a moment. */
export async function* selectNeeds(
  ctx: Ctx,
  before: number,
): AsyncGenerator<{ workspace: string; location: string; runs: Array<string | null> }> {
  for (let last = { workspace: '', model_id: '', version: 0 }; ;) {
    const rows = await scan(ctx)
      .selectFrom('model_version as v')
      .leftJoin('logged_model as l', (join) =>
        join.onRef('l.workspace', '=', 'v.workspace').onRef('l.id', '=', 'v.logged_model_id'),
      )
      .select(['v.workspace', 'v.model_id', 'v.version', 'v.location', 'v.run_id', 'l.run_id as source_run'])
      .where('v.deleted_at', 'is', null)
      .where(
        sql<boolean>`(v.workspace, v.model_id, v.version) > (${last.workspace}, ${last.model_id}, ${last.version})`,
      )
      .orderBy('v.workspace')
      .orderBy('v.model_id')
      .orderBy('v.version')
      .limit(PAGE)
      .execute();
    for (const { workspace, location, run_id, source_run } of rows)
      yield { workspace, location, runs: [run_id, source_run] };
    const end = rows.at(-1);
    if (!end) break;
    last = end;
  }
  for (let last = ''; ;) {
    const rows = await scan(ctx)
      .selectFrom('logged_model')
      .select(['id', 'workspace', 'location'])
      .where((eb) => eb.or([eb('deleted_at', 'is', null), eb('deleted_at', '>', before)]))
      .where('id', '>', last)
      .orderBy('id')
      .limit(PAGE)
      .execute();
    for (const { workspace, location } of rows) yield { workspace, location, runs: [] };
    const end = rows.at(-1);
    if (!end) return;
    last = end.id;
  }
}

/** Deleted before a moment, or of one of these experiments, and no version that is there was made from them. */
export const selectDeletedLoggedModels = (
  ctx: Ctx,
  before: number,
  experiments: ReadonlyArray<{ workspace: string; id: number }>,
): Promise<Array<{ id: string; workspace: string; name: string; location: string }>> =>
  scan(ctx)
    .selectFrom('logged_model')
    .select(['id', 'workspace', 'name', 'location'])
    .where((eb) =>
      eb.or([
        eb('deleted_at', '<=', before),
        ...experiments.map(({ workspace, id }) =>
          eb.and([eb('workspace', '=', workspace), eb('experiment_id', '=', id)]),
        ),
      ]),
    )
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('model_version')
            .select('model_version.version')
            .whereRef('model_version.workspace', '=', 'logged_model.workspace')
            .whereRef('model_version.logged_model_id', '=', 'logged_model.id')
            .where('model_version.deleted_at', 'is', null),
        ),
      ),
    )
    .execute();

export async function deleteLoggedModelRows(tx: Tx, id: string): Promise<void> {
  for (const table of ['logged_model_param', 'logged_model_tag', 'logged_model_metric'] as const)
    await tables(tx)
      .deleteFrom(table)
      .where('workspace', '=', tx.workspace)
      .where('model_id', '=', id)
      .execute();
  await tables(tx)
    .deleteFrom('logged_model')
    .where('workspace', '=', tx.workspace)
    .where('id', '=', id)
    .execute();
}
