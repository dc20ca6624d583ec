import type { Ctx, Tx } from '../../platform/ctx/index.ts';
import { insertMany } from '../../platform/db/index.ts';
import type { DatasetInput, ModelLink } from '../contract.ts';
import type { DatasetRead, FoundVersion, ModelOutput } from '../log-inputs.ts';
import type { Pair, RunTableRow } from './runs.ts';
import { pieces, tables } from './tables.ts';

/** One row a name and digest of an experiment; its description is the first one given. */
export async function upsertDataset(
  tx: Tx,
  run: RunTableRow,
  id: string,
  { name, digest, sourceType, source, schema, profile }: DatasetRead,
): Promise<void> {
  await tables(tx)
    .insertInto('run_dataset')
    .values({
      id,
      workspace: run.workspace,
      experiment_id: run.experiment_id,
      name,
      digest,
      source_type: sourceType,
      source,
      schema: schema ?? null,
      profile: profile ?? null,
    })
    .onConflict((on) => on.doNothing())
    .execute();
}

/** Says whether the run had not read it before. */
export async function linkInput(
  tx: Tx,
  run: RunTableRow,
  dataset: string,
  context: string | undefined,
  version: FoundVersion | undefined,
): Promise<boolean> {
  const result = await tables(tx)
    .insertInto('run_input')
    .values({
      run_id: run.id,
      dataset_id: dataset,
      workspace: run.workspace,
      experiment_id: run.experiment_id,
      context: context ?? null,
      version: version?.id ?? null,
      version_ref: version?.ref ?? null,
    })
    .onConflict((on) => on.doNothing())
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

export async function upsertInputTags(
  tx: Tx,
  run: RunTableRow,
  dataset: string,
  tags: readonly Pair[],
): Promise<void> {
  const rows = [...new Map(tags)].map(([key, value]) => [run.id, dataset, key, value]);
  await insertMany(
    tx.db,
    tx.dialect,
    'run_input_tag',
    ['run_id', 'dataset_id', 'key', 'value'],
    rows,
    'on conflict (run_id, dataset_id, key) do update set value = excluded.value',
  );
}

/** Returns the models that the run was not linked to before. */
export async function insertRunModels(
  tx: Tx,
  run: RunTableRow,
  direction: 'input' | 'output',
  models: readonly ModelOutput[],
): Promise<string[]> {
  const fresh: string[] = [];
  for (const { model, step } of models) {
    const result = await tables(tx)
      .insertInto('run_model')
      .values({
        run_id: run.id,
        model_id: model,
        direction,
        step,
        workspace: run.workspace,
        at: tx.clock.now(),
      })
      .onConflict((on) => on.doNothing())
      .executeTakeFirst();
    if ((result.numInsertedOrUpdatedRows ?? 0n) > 0n) fresh.push(model);
  }
  return fresh;
}

/** Inputs of many runs at once. */
export async function selectInputsOf(
  ctx: Ctx,
  runs: readonly string[],
): Promise<Map<string, DatasetInput[]>> {
  const inputs = new Map<string, DatasetInput[]>();
  for (const ids of pieces(runs)) {
    const rows = await tables(ctx)
      .selectFrom('run_input')
      .innerJoin('run_dataset', 'run_dataset.id', 'run_input.dataset_id')
      .select([
        'run_id',
        'dataset_id',
        'name',
        'digest',
        'source_type',
        'source',
        'schema',
        'profile',
        'context',
        'version',
        'version_ref',
      ])
      .where('run_input.workspace', '=', ctx.workspace)
      .where('run_id', 'in', ids)
      .orderBy('name')
      .orderBy('digest')
      .execute();
    if (rows.length === 0) continue;
    const tags = new Map<string, Pair[]>();
    const tagRows = await tables(ctx)
      .selectFrom('run_input_tag')
      .selectAll()
      .where('run_id', 'in', ids)
      .orderBy('key')
      .execute();
    for (const { run_id, dataset_id, key, value } of tagRows)
      add(tags, `${run_id} ${dataset_id}`, [key, value] as const);
    for (const { run_id, dataset_id, schema, profile, context, version, version_ref, ...row } of rows) {
      add(inputs, run_id, {
        ...row,
        ...(schema === null ? {} : { schema }),
        ...(profile === null ? {} : { profile }),
        tags: Object.fromEntries(tags.get(`${run_id} ${dataset_id}`) ?? []),
        ...(context === null ? {} : { context }),
        ...(version === null ? {} : { version }),
        ...(version_ref === null ? {} : { version_ref }),
      });
    }
  }
  return inputs;
}

/** Linked models of many runs at once, in the order they were linked. */
export async function selectModelsOf(
  ctx: Ctx,
  runs: readonly string[],
): Promise<Map<string, Array<ModelLink & { direction: string }>>> {
  const models = new Map<string, Array<ModelLink & { direction: string }>>();
  for (const ids of pieces(runs)) {
    const rows = await tables(ctx)
      .selectFrom('run_model')
      .selectAll()
      .where('workspace', '=', ctx.workspace)
      .where('run_id', 'in', ids)
      .orderBy('at')
      .orderBy('model_id')
      .execute();
    for (const { run_id, model_id, direction, step } of rows)
      add(models, run_id, { model: model_id, direction, step });
  }
  return models;
}

export function add<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
