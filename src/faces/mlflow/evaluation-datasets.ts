import type { Ctx } from '../../platform/ctx/index.ts';
import { invalid } from '../../platform/errors/index.ts';
import { listed } from '../../platform/http/contract.ts';
import * as genai from '../../genai/index.ts';
import { call } from './call.ts';
import { freePageSize, list, message, need, text, type Reader } from './message.ts';
import { experimentId } from './wire.ts';

/** Evaluation datasets of `mlflow.genai.datasets`. Tags and records travel as texts that hold JSON. */

const DATASETS = '/mlflow/datasets';
const MIB = 1024 * 1024;

/** A text that holds JSON. */
const json: Reader<unknown> = (value, field) => {
  const written = text(value, field);
  if (written === undefined || written === '') return undefined;
  try {
    return JSON.parse(written) as unknown;
  } catch {
    throw invalid(`'${field}' is a text that does not hold JSON`, { field });
  }
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function textMap(value: unknown, field: string): Record<string, string> {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) throw invalid(`'${field}' must be an object of texts`, { field });
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, typeof one === 'string' ? one : JSON.stringify(one)]),
  );
}

const tags: Reader<Record<string, string>> = (value, field) => textMap(json(value, field), field);

const records: Reader<genai.SentRecord[]> = (value, field) => {
  const sent = json(value, field);
  if (!Array.isArray(sent)) throw invalid(`'${field}' must be a list of records`, { field });
  return (sent as unknown[]).map((one, i) => {
    const at = `${field}[${i}]`;
    if (!isObject(one)) throw invalid(`${at} must be an object`, { field: at });
    const { inputs = {}, outputs, expectations, source } = one;
    if (!isObject(inputs))
      throw invalid(`${at}.inputs must be an object`, { field: at, hint: 'send {"inputs": {…}}' });
    if (expectations !== undefined && expectations !== null && !isObject(expectations))
      throw invalid(`${at}.expectations must be an object`, { field: at });
    return {
      inputs,
      ...('outputs' in one ? { outputs } : {}),
      expectations: isObject(expectations) ? expectations : undefined,
      tags:
        one['tags'] === undefined || one['tags'] === null ? undefined : textMap(one['tags'], `${at}.tags`),
      source: isObject(source) ? source : undefined,
    };
  });
};

const toDataset = (dataset: genai.EvaluationDataset) => ({
  dataset_id: dataset.id,
  name: dataset.name,
  tags: JSON.stringify(dataset.tags),
  schema: dataset.fields,
  profile: dataset.records === undefined ? undefined : JSON.stringify({ num_records: dataset.records }),
  digest: dataset.digest,
  created_time: dataset.created_at,
  last_update_time: dataset.updated_at,
  created_by: dataset.created_by,
  last_updated_by: dataset.updated_by,
  experiment_ids: dataset.experiments,
});

function toRecord(record: genai.EvaluationRecord) {
  const { source } = record;
  const data = isObject(source?.['source_data']) ? source['source_data'] : {};
  const type = source?.['source_type'];
  const id = type === 'TRACE' ? data['trace_id'] : data['source_id'];
  return {
    dataset_record_id: record.id,
    dataset_id: record.dataset,
    inputs: record.inputs,
    ...('outputs' in record ? { outputs: record.outputs } : {}),
    ...('expectations' in record ? { expectations: record.expectations } : {}),
    tags: record.tags,
    ...(source === undefined ? {} : { source }),
    ...(typeof id === 'string' ? { source_id: id } : {}),
    source_type: typeof type === 'string' ? type : 'UNSPECIFIED',
    created_time: record.created_at,
    last_update_time: record.updated_at,
    created_by: record.created_by,
    last_updated_by: record.updated_by,
  };
}

const answer = async (dataset: Promise<genai.EvaluationDataset>) => ({ dataset: toDataset(await dataset) });

const byId = message({ dataset_id: need(text) });
const creation = message({ name: need(text), experiment_ids: list(experimentId), tags });
const search = message({
  experiment_ids: list(need(text)),
  filter_string: text,
  max_results: freePageSize(1000, 1000),
  order_by: list(need(text)),
  page_token: text,
});
const tagging = message({ dataset_id: need(text), tags });
const untagging = message({ dataset_id: need(text), '*': need(text) });
const upsert = message({ dataset_id: need(text), records });
const reading = message({
  dataset_id: need(text),
  max_results: freePageSize(1000, 1000),
  page_token: text,
});
const removal = message({ dataset_id: need(text), dataset_record_ids: list(need(text)) });
const ofExperiments = message({ dataset_id: need(text), experiment_ids: list(experimentId) });

const v3 = { version: '3.0' } as const;
const one = { kind: 'evaluation_dataset', in: 'message', field: 'dataset_id' } as const;
const into = { kind: 'experiment', in: 'message', field: 'experiment_ids', optional: true } as const;
const read = { ...v3, action: 'experiment:read', about: [one] } as const;
const write = { ...v3, action: 'experiment:write', about: [one] } as const;

const searching = async (
  ctx: Ctx,
  {
    experiment_ids: experiments,
    filter_string: filter,
    max_results: limit,
    order_by: order,
    page_token: page,
  }: ReturnType<typeof search>,
) => {
  const { items, next } = await genai.searchDatasets(ctx, {
    experiments: experiments.length === 0 ? undefined : experiments,
    filter,
    order,
    limit,
    page,
  });
  return { datasets: items.map(toDataset), next_page_token: next };
};

export const evaluationDatasetRoutes = [
  ...call({
    ...v3,
    method: 'POST',
    path: `${DATASETS}/create`,
    about: [into],
    action: 'experiment:write',
    summary: 'Make an evaluation dataset',
    request: creation,
    answer: (ctx, { name, experiment_ids: experiments, tags: said }) =>
      answer(genai.createDataset(ctx, { name, experiments, tags: said })),
  }),
  ...(['POST', 'GET'] as const).flatMap((method) =>
    call({
      ...v3,
      method,
      path: `${DATASETS}/search`,
      about: [into, listed('experiment')],
      // A POST that only reads: the rule is about what it does.
      action: 'experiment:read',
      summary: 'Search evaluation datasets',
      request: search,
      answer: searching,
    }),
  ),
  ...call({
    ...read,
    method: 'GET',
    path: `${DATASETS}/:dataset_id`,
    summary: 'Get an evaluation dataset',
    request: byId,
    answer: (ctx, { dataset_id }) => answer(genai.getDataset(ctx, dataset_id)),
  }),
  ...call({
    ...write,
    method: 'DELETE',
    path: `${DATASETS}/:dataset_id`,
    summary: 'Delete an evaluation dataset with its records',
    request: byId,
    answer: (ctx, { dataset_id }) => genai.deleteDataset(ctx, dataset_id),
  }),
  ...call({
    ...write,
    method: 'PATCH',
    path: `${DATASETS}/:dataset_id/tags`,
    summary: 'Set tags of an evaluation dataset',
    request: tagging,
    answer: (ctx, { dataset_id, tags: said }) => genai.setDatasetTags(ctx, dataset_id, said),
  }),
  ...call({
    ...write,
    method: 'DELETE',
    path: `${DATASETS}/:dataset_id/tags/*`,
    summary: 'Delete a tag of an evaluation dataset',
    request: untagging,
    answer: (ctx, { dataset_id, '*': key }) => genai.deleteDatasetTag(ctx, dataset_id, key),
  }),
  ...call({
    ...write,
    method: 'POST',
    path: `${DATASETS}/:dataset_id/records`,
    maxBody: 64 * MIB,
    summary: 'Add records to an evaluation dataset, or change them',
    request: upsert,
    async answer(ctx, { dataset_id, records: sent }) {
      const { inserted, updated } = await genai.upsertRecords(ctx, dataset_id, sent);
      return { inserted_count: inserted, updated_count: updated };
    },
  }),
  ...call({
    ...read,
    method: 'GET',
    path: `${DATASETS}/:dataset_id/records`,
    summary: 'Get records of an evaluation dataset',
    request: reading,
    async answer(ctx, { dataset_id, max_results: limit, page_token: page }) {
      const { items, next } = await genai.listRecords(ctx, dataset_id, { limit, page });
      return { records: JSON.stringify(items.map(toRecord)), next_page_token: next };
    },
  }),
  ...call({
    ...write,
    method: 'DELETE',
    path: `${DATASETS}/:dataset_id/records`,
    summary: 'Delete records of an evaluation dataset',
    request: removal,
    answer: async (ctx, { dataset_id, dataset_record_ids: ids }) => ({
      deleted_count: await genai.deleteRecords(ctx, dataset_id, ids),
    }),
  }),
  ...call({
    ...read,
    method: 'GET',
    path: `${DATASETS}/:dataset_id/experiment-ids`,
    summary: 'Say which experiments an evaluation dataset is of',
    request: byId,
    answer: async (ctx, { dataset_id }) => ({
      experiment_ids: (await genai.getDataset(ctx, dataset_id)).experiments,
    }),
  }),
  ...call({
    ...write,
    about: [one, into],
    method: 'POST',
    path: `${DATASETS}/:dataset_id/add-experiments`,
    summary: 'Add an evaluation dataset to experiments',
    request: ofExperiments,
    answer: (ctx, { dataset_id, experiment_ids: experiments }) =>
      answer(genai.addDatasetTo(ctx, dataset_id, experiments)),
  }),
  ...call({
    ...write,
    method: 'POST',
    path: `${DATASETS}/:dataset_id/remove-experiments`,
    summary: 'Remove an evaluation dataset from experiments',
    request: ofExperiments,
    answer: (ctx, { dataset_id, experiment_ids: experiments }) =>
      answer(genai.removeDatasetFrom(ctx, dataset_id, experiments)),
  }),
];
