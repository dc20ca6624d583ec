import { sql } from 'kysely';
import type { Ctx, Tx } from '../../platform/ctx/index.ts';
import { insertMany } from '../../platform/db/index.ts';
import type { DatasetInput, ModelLink } from '../contract.ts';
import type { DatasetRead, FoundVersion, ModelOutput } from '../reads.ts';
import type { Pair, RunTableRow } from './runs.ts';
import { CONTEXT_TAG } from '../well-known.ts';
import { pieces, scanTables, tables } from './tables.ts';

/** Bytes of descriptions that are read on the loop. */
const FEW_TEXT = 1024 * 1024;

/** A dataset that a run read: the id of its description, and which version of ours it is. */
export interface InputLink {
  id: string;
  dataset: DatasetRead;
  version: FoundVersion | undefined;
}

/** One row a name and digest of an experiment; its description is the first one given. */
export async function upsertDatasets(tx: Tx, run: RunTableRow, links: readonly InputLink[]): Promise<void> {
  await insertMany(
    tx.db,
    tx.dialect,
    'run_dataset',
    ['id', 'workspace', 'experiment_id', 'name', 'digest', 'source_type', 'source', 'schema', 'profile'],
    links.map(({ id, dataset: { name, digest, sourceType, source, schema, profile } }) => [
      id,
      run.workspace,
      run.experiment_id,
      name,
      digest,
      sourceType,
      source,
      schema ?? null,
      profile ?? null,
    ]),
    'on conflict do nothing',
  );
}

/** Returns those that the run had not read before. */
export async function linkInputs(
  tx: Tx,
  run: RunTableRow,
  links: readonly InputLink[],
): Promise<InputLink[]> {
  const known = new Set<string>();
  for (const ids of pieces(links.map(({ id }) => id))) {
    const rows = await tables(tx)
      .selectFrom('run_input')
      .select('dataset_id')
      .where('run_id', '=', run.id)
      .where('dataset_id', 'in', ids)
      .execute();
    for (const { dataset_id } of rows) known.add(dataset_id);
  }
  const fresh: InputLink[] = [];
  for (const link of links) {
    if (known.has(link.id)) continue;
    known.add(link.id);
    fresh.push(link);
  }
  await insertMany(
    tx.db,
    tx.dialect,
    'run_input',
    ['run_id', 'dataset_id', 'workspace', 'experiment_id', 'context', 'version', 'version_ref'],
    fresh.map(({ id, dataset, version }) => [
      run.id,
      id,
      run.workspace,
      run.experiment_id,
      new Map(dataset.tags).get(CONTEXT_TAG) ?? null,
      version?.id ?? null,
      version?.ref ?? null,
    ]),
    'on conflict do nothing',
  );
  return fresh;
}

/** Of one key that is given twice the last counts. */
export async function upsertInputTags(tx: Tx, run: RunTableRow, links: readonly InputLink[]): Promise<void> {
  const tags = new Map<string, string[]>();
  for (const { id, dataset } of links)
    for (const [key, value] of dataset.tags ?? []) tags.set(`${id} ${key}`, [run.id, id, key, value]);
  const rows = [...tags.values()];
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
    const text = await sizeOfInputs(ctx, ids);
    if (text === undefined) continue;
    const rows = await (text > FEW_TEXT ? scanTables(ctx) : tables(ctx))
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

export interface DatasetSummary {
  experiment: string;
  name: string;
  digest: string;
  context: string | null;
}

/** Distinct by name, digest and what they were read as. */
export async function selectDatasetsOf(
  ctx: Ctx,
  experiments: readonly number[],
  most: number,
): Promise<DatasetSummary[]> {
  if (experiments.length === 0) return [];
  const rows = await scanTables(ctx)
    .selectFrom('run_input')
    .innerJoin('run_dataset', 'run_dataset.id', 'run_input.dataset_id')
    .select(['run_input.experiment_id as experiment', 'name', 'digest', 'context'])
    .distinct()
    .where('run_input.workspace', '=', ctx.workspace)
    .where('run_input.experiment_id', 'in', experiments)
    .orderBy('name')
    .orderBy('digest')
    .orderBy('context')
    .limit(most)
    .execute();
  return rows.map(({ experiment, ...row }) => ({ experiment: String(experiment), ...row }));
}

/** Bytes of the descriptions of what these runs read; undefined where they read nothing. */
async function sizeOfInputs(ctx: Ctx, runs: readonly string[]): Promise<number | undefined> {
  const { inputs, text } = await tables(ctx)
    .selectFrom('run_input')
    .innerJoin('run_dataset', 'run_dataset.id', 'run_input.dataset_id')
    .select((eb) => [
      eb.fn.countAll().as('inputs'),
      sql<
        number | string | null
      >`sum(coalesce(octet_length(schema), 0) + coalesce(octet_length(profile), 0))`.as('text'),
    ])
    .where('run_input.workspace', '=', ctx.workspace)
    .where('run_id', 'in', runs)
    .executeTakeFirstOrThrow();
  return Number(inputs) === 0 ? undefined : Number(text);
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
