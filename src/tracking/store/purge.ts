import type { Ctx, Tx } from '../../platform/ctx/index.ts';
import { scanTables, tables } from './tables.ts';

/** Deleted before a moment, in every workspace. A run whose purge was cut short is `purging`. */
export const selectDeletedRuns = (
  ctx: Ctx,
  before: number,
  after: string,
): Promise<Array<{ id: string; workspace: string; experiment_id: number }>> =>
  scanTables(ctx)
    .selectFrom('run')
    .select(['id', 'workspace', 'experiment_id'])
    .where('state', 'in', ['deleted', 'purging'])
    .where('updated_at', '<=', before)
    .where('id', '>', after)
    .orderBy('id')
    .limit(200)
    .execute();

export const selectDeletedExperiments = (
  ctx: Ctx,
  before: number,
): Promise<Array<{ id: number; workspace: string; name: string }>> =>
  scanTables(ctx)
    .selectFrom('experiment')
    .select(['id', 'workspace', 'name'])
    .where('state', '=', 'deleted')
    .where('updated_at', '<=', before)
    .execute();

export async function hasRuns(tx: Tx, experiment: number): Promise<boolean> {
  const row = await tables(tx)
    .selectFrom('run')
    .select('id')
    .where('workspace', '=', tx.workspace)
    .where('experiment_id', '=', experiment)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** From here on it cannot be restored. False: it was restored meanwhile. */
export async function markPurging(tx: Tx, run: string): Promise<boolean> {
  const { numUpdatedRows } = await tables(tx)
    .updateTable('run')
    .set({ state: 'purging' })
    .where('workspace', '=', tx.workspace)
    .where('id', '=', run)
    .where('state', 'in', ['deleted', 'purging'])
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

export async function selectSeries(ctx: Ctx, run: string): Promise<Array<{ id: number; next_n: number }>> {
  return tables(ctx)
    .selectFrom('metric_series')
    .select(['id', 'next_n'])
    .where('workspace', '=', ctx.workspace)
    .where('run_id', '=', run)
    .execute();
}

/** Points below a number. */
export async function deletePoints(tx: Tx, series: number, below: number): Promise<void> {
  await tables(tx).deleteFrom('metric_point').where('series', '=', series).where('n', '<', below).execute();
}

export async function deleteSeries(tx: Tx, series: number): Promise<void> {
  await tables(tx).deleteFrom('metric_rollup').where('series', '=', series).execute();
  await tables(tx).deleteFrom('metric_point').where('series', '=', series).execute();
  await tables(tx)
    .deleteFrom('metric_series')
    .where('workspace', '=', tx.workspace)
    .where('id', '=', series)
    .execute();
}

export async function deleteRunRows(tx: Tx, run: string): Promise<void> {
  for (const table of ['run_param', 'run_tag', 'run_input', 'run_model'] as const)
    await tables(tx)
      .deleteFrom(table)
      .where('workspace', '=', tx.workspace)
      .where('run_id', '=', run)
      .execute();
  await tables(tx).deleteFrom('run_input_tag').where('run_id', '=', run).execute();
  await tables(tx).deleteFrom('run').where('workspace', '=', tx.workspace).where('id', '=', run).execute();
}

/** Its number is never given again. */
export async function deleteExperimentRows(tx: Tx, id: number): Promise<void> {
  const name = `experiment:${tx.workspace}`;
  const known = await tables(tx)
    .selectFrom('tracking_counter')
    .select('next')
    .where('name', '=', name)
    .executeTakeFirst();
  const next = Math.max(known?.next ?? 0, id + 1);
  await tables(tx)
    .insertInto('tracking_counter')
    .values({ name, next })
    .onConflict((on) => on.column('name').doUpdateSet({ next }))
    .execute();
  for (const table of ['experiment_tag', 'run_dataset'] as const)
    await tables(tx)
      .deleteFrom(table)
      .where('workspace', '=', tx.workspace)
      .where('experiment_id', '=', id)
      .execute();
  await tables(tx)
    .deleteFrom('experiment')
    .where('workspace', '=', tx.workspace)
    .where('id', '=', id)
    .execute();
}
