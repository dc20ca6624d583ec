import { createHash } from 'node:crypto';
import { seesAll } from '../access/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { invalid } from '../platform/errors/index.ts';
import { newId } from '../platform/ids/index.ts';
import {
  checkOrder,
  decodePage,
  encodePage,
  parseFilter,
  parseOrder,
  queryDigest,
  type Vocabulary,
} from '../platform/search/index.ts';
import { getExperiment, searchExperiments } from '../tracking/index.ts';
import { checkName, checkTags } from './limits.ts';
import {
  addToExperiments,
  changeDataset,
  countRecords,
  datasetTagsOf,
  experimentsOf,
  insertDataset,
  putDatasetTags,
  removeDataset,
  removeDatasetTag,
  removeFromExperiments,
  requireDataset,
  searchDatasetRows,
  type DatasetRow,
} from './store-datasets.ts';

export interface EvaluationDataset {
  id: string;
  name: string;
  tags: Record<string, string>;
  /** JSON: the fields of its records with their types; absent before the first record. */
  fields?: string;
  /** Of its records; absent where there is none. */
  records?: number;
  digest: string;
  experiments: string[];
  created_at: number;
  updated_at: number;
  created_by: string;
  updated_by: string;
}

/** Who made it, as clients say in a tag; else who called. */
export const USER_TAG = 'mlflow.user';
export const authorOf = (ctx: Ctx, tags: Readonly<Record<string, string>>): string =>
  (tags[USER_TAG] || ctx.actor.name).slice(0, 255);

const text = { type: 'text' } as const;
const tag = { entity: 'tag', ...text, sortable: false } as const;
const vocabulary: Vocabulary = {
  noun: 'dataset',
  entities: { tag, tags: tag },
  attributes: {
    name: { key: 'name', ...text, list: true },
    created_by: { key: 'created_by', ...text, sortable: false },
    last_updated_by: { key: 'last_updated_by', ...text, sortable: false },
    created_time: { key: 'created_time', type: 'number' },
    last_update_time: { key: 'last_update_time', type: 'number' },
  },
  attributePrefixes: ['attribute', 'attributes', 'attr'],
};

/** Numbers of experiments that there are: a dataset of one that there is not would be nobody's. */
async function numbersOf(ctx: Ctx, experiments: readonly string[]): Promise<number[]> {
  const numbers: number[] = [];
  for (const id of new Set(experiments)) numbers.push(Number((await getExperiment(ctx, id)).id));
  return numbers;
}

export async function createDataset(
  ctx: Ctx,
  input: { name: string; experiments: readonly string[]; tags: Readonly<Record<string, string>> },
): Promise<EvaluationDataset> {
  const name = checkName(input.name, 'name', 255);
  checkTags(input.tags);
  const numbers = await numbersOf(ctx, input.experiments);
  const now = ctx.clock.now();
  const by = authorOf(ctx, input.tags);
  const row: DatasetRow = {
    id: `d-${newId(now)}`,
    workspace: ctx.workspace,
    name,
    fields: null,
    revision: 1,
    created_at: now,
    updated_at: now,
    created_by: by,
    updated_by: by,
  };
  await ctx.write(async (tx) => {
    await insertDataset(tx, row);
    await putDatasetTags(tx, row.id, input.tags);
    await addToExperiments(tx, row.id, numbers);
    const resource = `evaluation_dataset:${row.id}`;
    await tx.record({ action: 'evaluation_dataset.created', resource, after: { name } });
    await tx.emit({ type: 'evaluation_dataset.created', subject: resource });
  });
  return getDataset(ctx, row.id);
}

export const getDataset = async (ctx: Ctx, id: string): Promise<EvaluationDataset> =>
  (await toDatasets(ctx, [await requireDataset(ctx, id)]))[0]!;

async function toDatasets(ctx: Ctx, rows: readonly DatasetRow[]): Promise<EvaluationDataset[]> {
  const ids = rows.map(({ id }) => id);
  const [tags, experiments] = [await datasetTagsOf(ctx, ids), await experimentsOf(ctx, ids)];
  const datasets: EvaluationDataset[] = [];
  for (const { fields, workspace: _own, revision, ...row } of rows) {
    const records = fields === null ? 0 : await countRecords(ctx, row.id);
    datasets.push({
      ...row,
      tags: tags.get(row.id) ?? {},
      experiments: experiments.get(row.id) ?? [],
      digest: createHash('sha256').update(`${row.id} ${revision}`).digest('hex').slice(0, 8),
      ...(fields === null ? {} : { fields }),
      ...(records === 0 ? {} : { records }),
    });
  }
  return datasets;
}

export async function searchDatasets(
  ctx: Ctx,
  search: {
    experiments?: readonly string[] | undefined;
    filter?: string | undefined;
    order: readonly string[];
    limit: number;
    page?: string | undefined;
  },
): Promise<{ items: EvaluationDataset[]; next?: string }> {
  const filter = parseFilter(search.filter, vocabulary);
  checkOrder(search.order);
  const asked = search.order.length > 0 ? search.order : ['created_time DESC'];
  const order = asked.map((one) => parseOrder(one, vocabulary));
  if ((search.experiments?.length ?? 0) > MOST_EXPERIMENTS)
    throw invalid(`datasets of at most ${MOST_EXPERIMENTS} experiments are searched at once`, {
      field: 'experiment_ids',
      hint: 'ask for fewer, or for all by naming none',
    });
  const wanted = search.experiments?.map(Number).filter(Number.isSafeInteger);
  const seen = await seenExperiments(ctx);
  const experiments = seen === undefined ? wanted : (wanted ?? [...seen]).filter((one) => seen.has(one));
  const digest = queryDigest(['evaluation-datasets', experiments ?? null, search.filter ?? '', order]);
  const { rows, next } = await searchDatasetRows(ctx, {
    experiments,
    filter,
    order,
    limit: search.limit,
    after: decodePage(digest, search.page, order.length + 1),
  });
  const items = (await toDatasets(ctx, rows)).map((one) =>
    seen === undefined ? one : { ...one, experiments: one.experiments.filter((id) => seen.has(Number(id))) },
  );
  return { items, ...(next ? { next: encodePage(digest, next) } : {}) };
}

const MOST_EXPERIMENTS = 1000;

/** The experiments of somebody who is here by grants alone; undefined for whoever sees all. */
async function seenExperiments(ctx: Ctx): Promise<Set<number> | undefined> {
  if (seesAll(ctx)) return undefined;
  const { items } = await searchExperiments(ctx, { limit: MOST_EXPERIMENTS });
  return new Set(items.map(({ id }) => Number(id)));
}

/** One change of a dataset, with all that it says of itself. */
async function change(
  ctx: Ctx,
  id: string,
  action: string,
  after: object,
  work: (tx: Parameters<Parameters<Ctx['write']>[0]>[0]) => Promise<void>,
): Promise<void> {
  await ctx.write(async (tx) => {
    const row = await requireDataset(tx, id);
    await work(tx);
    await changeDataset(tx, id, { updated_at: tx.clock.now(), revision: row.revision + 1 });
    const resource = `evaluation_dataset:${id}`;
    await tx.record({ action: `evaluation_dataset.${action}`, resource, after: { ...after } });
    await tx.emit({ type: `evaluation_dataset.${action}`, subject: resource });
  });
}

export async function deleteDataset(ctx: Ctx, id: string): Promise<void> {
  await ctx.write(async (tx) => {
    const { name } = await requireDataset(tx, id);
    await removeDataset(tx, id);
    const resource = `evaluation_dataset:${id}`;
    await tx.record({ action: 'evaluation_dataset.deleted', resource, before: { name } });
    await tx.emit({ type: 'evaluation_dataset.deleted', subject: resource });
  });
}

export async function setDatasetTags(
  ctx: Ctx,
  id: string,
  tags: Readonly<Record<string, string>>,
): Promise<void> {
  checkTags(tags);
  await change(ctx, id, 'tags_set', { keys: Object.keys(tags) }, (tx) => putDatasetTags(tx, id, tags));
}

/** One that is not there is no error, as in MLflow. */
export const deleteDatasetTag = (ctx: Ctx, id: string, key: string): Promise<void> =>
  change(ctx, id, 'tag_deleted', { key }, (tx) => removeDatasetTag(tx, id, key));

export async function addDatasetTo(
  ctx: Ctx,
  id: string,
  experiments: readonly string[],
): Promise<EvaluationDataset> {
  const numbers = await numbersOf(ctx, experiments);
  await change(ctx, id, 'experiments_added', { experiments }, (tx) => addToExperiments(tx, id, numbers));
  return getDataset(ctx, id);
}

export async function removeDatasetFrom(
  ctx: Ctx,
  id: string,
  experiments: readonly string[],
): Promise<EvaluationDataset> {
  const numbers = experiments.map(Number).filter(Number.isSafeInteger);
  await change(ctx, id, 'experiments_removed', { experiments }, (tx) =>
    removeFromExperiments(tx, id, numbers),
  );
  return getDataset(ctx, id);
}
