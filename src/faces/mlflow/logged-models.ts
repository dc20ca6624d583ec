import type { Ctx } from '../../platform/ctx/index.ts';
import { invalid } from '../../platform/errors/index.ts';
import * as models from '../../models/index.ts';
import { parseFilter, parseName } from '../../platform/search/index.ts';
import { call } from './call.ts';
import { bool, freePageSize, list, message, need, text, type Reader } from './message.ts';
import { fromPairs, pair } from './registry-words.ts';
import { experimentId } from './wire.ts';

const MODELS = '/mlflow/logged-models';
const byId = message({ model_id: need(text) });

const STATUS = {
  pending: 'LOGGED_MODEL_PENDING',
  ready: 'LOGGED_MODEL_READY',
  failed: 'LOGGED_MODEL_UPLOAD_FAILED',
} as const;
/** In the order of their numbers in MLflow's protocol, from 1. */
const BY_NUMBER = ['pending', 'ready', 'failed'] as const;

/** A status by its name, or by its number. */
const status: Reader<models.LoggedModelStatus> = (value, field) => {
  const found = BY_NUMBER.find(
    (one, i) => value === STATUS[one] || value === i + 1 || value === String(i + 1),
  );
  if (found === undefined)
    throw invalid(
      `Invalid value for parameter '${field}' supplied: it must be one of ${Object.values(STATUS).join(', ')}`,
      { field },
    );
  return found;
};

function toLoggedModel(model: models.LoggedModel) {
  return {
    info: {
      model_id: model.id,
      experiment_id: model.experiment_id,
      name: model.name,
      creation_timestamp_ms: model.created_at,
      last_updated_timestamp_ms: model.updated_at,
      artifact_uri: model.location,
      status: STATUS[model.status],
      model_type: model.model_type ?? '',
      source_run_id: model.run_id ?? '',
      tags: Object.entries(model.tags).map(([key, value]) => ({ key, value })),
    },
    data: {
      params: Object.entries(model.params).map(([key, value]) => ({ key, value })),
      metrics: model.metrics.map((metric) => ({ ...metric, model_id: model.id })),
    },
  };
}

const answerOne = async (model: Promise<models.LoggedModel>) => ({ model: toLoggedModel(await model) });

const order = message({ field_name: need(text), ascending: bool, dataset_name: text, dataset_digest: text });
const orders = list(order);
const datasets = list(message({ dataset_name: need(text), dataset_digest: text }));
const words = list(need(text));

async function listFolder(
  ctx: Ctx,
  {
    model_id,
    artifact_directory_path = '',
  }: { model_id: string; artifact_directory_path: string | undefined },
) {
  const model = await models.getLoggedModel(ctx, model_id);
  const entries = await models.listLoggedModelFolder(ctx, model.id, artifact_directory_path);
  return {
    root_uri: model.location,
    files: entries.map(({ path, folder, size }) => ({ path, is_dir: folder, file_size: size })),
  };
}

// Readers by name: written inside the call, the compiler loses their types.
const createRequest = message({
  experiment_id: experimentId,
  name: text,
  model_type: text,
  source_run_id: text,
  params: list(pair),
  tags: list(pair),
});
const searchRequest = message({
  experiment_ids: words,
  filter: text,
  datasets,
  max_results: freePageSize(100, 1000),
  order_by: orders,
  page_token: text,
});
const getRequest = message({ model_id: need(text), allow_deleted: bool });
const finalizeRequest = message({ model_id: need(text), status });
const tagsRequest = message({ model_id: need(text), tags: list(pair) });
const untagRequest = message({ model_id: need(text), '*': need(text) });
const paramsRequest = message({ model_id: need(text), params: list(pair) });
const folderRequest = message({ model_id: need(text), artifact_directory_path: text });

/** Logged models: what MLflow 3 makes of every `log_model`. */
export const loggedModelRoutes = [
  ...call({
    method: 'POST',
    version: '2.0',
    path: MODELS,
    about: [
      { kind: 'experiment', in: 'message', field: 'experiment_id' },
      { kind: 'run', in: 'message', field: 'source_run_id', verb: 'read', optional: true },
    ],
    action: 'logged_model:write',
    summary: 'Create a logged model',
    request: createRequest,
    answer: (ctx, { experiment_id, name, model_type, source_run_id, params, tags }) =>
      answerOne(
        models.createLoggedModel(ctx, {
          experiment: experiment_id,
          name: name || undefined,
          model_type: model_type || undefined,
          run: source_run_id || undefined,
          params: fromPairs(params),
          tags: fromPairs(tags),
        }),
      ),
  }),
  ...call({
    method: 'POST',
    version: '2.0',
    path: `${MODELS}/search`,
    about: [{ kind: 'experiment', in: 'message', field: 'experiment_ids' }],
    action: 'model:read',
    summary: 'Search logged models',
    request: searchRequest,
    async answer(ctx, { experiment_ids, filter, datasets: measuredOn, max_results, order_by, page_token }) {
      if (experiment_ids.length === 0)
        throw invalid("Missing value for required parameter 'experiment_ids'", { field: 'experiment_ids' });
      const found = await models.searchLoggedModels(ctx, {
        experiments: experiment_ids.filter((id) => /^\d{1,15}$/.test(id)).map(Number),
        filter: parseFilter(filter, models.loggedModelVocabulary),
        datasets: measuredOn.map(({ dataset_name, dataset_digest }) => ({
          name: dataset_name,
          digest: dataset_digest || undefined,
        })),
        order: order_by.map(({ field_name, ascending = true, dataset_name, dataset_digest }) => {
          const left = parseName(field_name, models.loggedModelVocabulary);
          if (left.entity === 'param' || left.entity === 'tag')
            throw invalid(
              `Invalid order by field name: ${field_name}. Only attributes and metrics can be ordered by`,
              { field: 'order_by' },
            );
          return {
            left,
            descending: !ascending,
            ...(dataset_name ? { dataset: { name: dataset_name, digest: dataset_digest || undefined } } : {}),
          };
        }),
        limit: max_results,
        page: page_token,
      });
      return { models: found.items.map(toLoggedModel), next_page_token: found.next };
    },
  }),
  ...call({
    method: 'GET',
    version: '2.0',
    path: `${MODELS}/:model_id`,
    about: [{ kind: 'logged_model', in: 'message', field: 'model_id' }],
    action: 'model:read',
    summary: 'Get a logged model',
    request: getRequest,
    answer: (ctx, { model_id, allow_deleted }) =>
      answerOne(models.getLoggedModel(ctx, model_id, allow_deleted)),
  }),
  ...call({
    method: 'PATCH',
    version: '2.0',
    path: `${MODELS}/:model_id`,
    about: [{ kind: 'logged_model', in: 'message', field: 'model_id' }],
    action: 'logged_model:write',
    summary: 'Say that the files of a logged model are complete',
    request: finalizeRequest,
    answer: (ctx, request) => answerOne(models.finalizeLoggedModel(ctx, request.model_id, request.status)),
  }),
  ...call({
    method: 'DELETE',
    version: '2.0',
    path: `${MODELS}/:model_id`,
    about: [{ kind: 'logged_model', in: 'message', field: 'model_id' }],
    action: 'model:write',
    summary: 'Delete a logged model',
    request: byId,
    async answer(ctx, { model_id }) {
      await models.deleteLoggedModel(ctx, model_id);
    },
  }),
  ...call({
    method: 'PATCH',
    version: '2.0',
    path: `${MODELS}/:model_id/tags`,
    about: [{ kind: 'logged_model', in: 'message', field: 'model_id' }],
    action: 'logged_model:write',
    summary: 'Set tags of a logged model',
    request: tagsRequest,
    async answer(ctx, { model_id, tags }) {
      await models.setLoggedModelTags(ctx, model_id, fromPairs(tags));
    },
  }),
  ...call({
    method: 'DELETE',
    version: '2.0',
    path: `${MODELS}/:model_id/tags/*`,
    about: [{ kind: 'logged_model', in: 'message', field: 'model_id' }],
    action: 'logged_model:write',
    summary: 'Delete a tag of a logged model',
    request: untagRequest,
    async answer(ctx, { model_id, '*': key }) {
      await models.deleteLoggedModelTag(ctx, model_id, key);
    },
  }),
  ...call({
    method: 'POST',
    version: '2.0',
    path: `${MODELS}/:model_id/params`,
    about: [{ kind: 'logged_model', in: 'message', field: 'model_id' }],
    action: 'logged_model:write',
    summary: 'Add params to a logged model',
    request: paramsRequest,
    async answer(ctx, { model_id, params }) {
      await models.logModelParams(ctx, model_id, fromPairs(params));
    },
  }),
  ...call({
    method: 'GET',
    version: '2.0',
    path: `${MODELS}/:model_id/artifacts/directories`,
    about: [{ kind: 'logged_model', in: 'message', field: 'model_id' }],
    action: 'model:read',
    summary: 'List a folder of a logged model',
    request: folderRequest,
    answer: listFolder,
  }),
];
