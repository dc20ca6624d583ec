import { invalid } from '../../platform/errors/index.ts';
import { listed } from '../../platform/http/contract.ts';
import * as tracking from '../../tracking/index.ts';
import { call } from './call.ts';
import { list, message, need, pageSize, text } from './message.ts';
import { experimentId, keyValue, pairs, toExperiment, view } from './wire.ts';

/** Experiments of one page, whatever was asked for: its token leads on. */
const MOST = 5_000;

const byId = message({ experiment_id: experimentId });
const byName = message({ experiment_name: need(text) });
const creation = message({ name: need(text), artifact_location: text, tags: list(keyValue) });
const search = message({
  max_results: pageSize(1000, 50_000),
  page_token: text,
  filter: text,
  order_by: list(need(text)),
  view_type: view,
});
const renaming = message({ experiment_id: experimentId, new_name: need(text) });
const tagging = message({ experiment_id: experimentId, key: need(text), value: text });
const untagging = message({ experiment_id: experimentId, key: need(text) });

const datasets = message({ experiment_ids: list(experimentId) });
/** As MLflow. */
const MOST_SEARCHED = 20;

const v2 = { version: '2.0' } as const;
const read = { ...v2, action: 'experiment:read' } as const;
const write = { ...v2, method: 'POST', action: 'experiment:write' } as const;

const searching = (method: 'GET' | 'POST') =>
  call({
    ...read,
    method,
    path: '/mlflow/experiments/search',
    about: [listed('experiment')],
    summary: 'Search experiments',
    request: search,
    async answer(ctx, { max_results: limit, page_token: page, filter, order_by: order, view_type: state }) {
      const { items, next } = await tracking.searchExperiments(ctx, {
        limit: Math.min(limit, MOST),
        page,
        filter,
        order,
        state,
      });
      return {
        experiments: items.map((experiment) => toExperiment(experiment, ctx.workspace)),
        next_page_token: next,
      };
    },
  });

export const experimentRoutes = [
  ...call({
    ...write,
    path: '/mlflow/experiments/create',
    about: [{ kind: 'experiment_name', in: 'message', field: 'name' }],
    summary: 'Make an experiment',
    request: creation,
    async answer(ctx, { name, artifact_location: artifactLocation, tags }) {
      const made = await tracking.createExperiment(ctx, {
        name,
        tags: Object.fromEntries(pairs(tags)),
        ...(artifactLocation === undefined ? {} : { artifactLocation }),
      });
      return { experiment_id: made.id };
    },
  }),
  ...call({
    ...read,
    method: 'GET',
    path: '/mlflow/experiments/get',
    about: [{ kind: 'experiment', in: 'message', field: 'experiment_id' }],
    summary: 'Get an experiment',
    request: byId,
    answer: async (ctx, { experiment_id }) => ({
      experiment: toExperiment(await tracking.getExperiment(ctx, experiment_id), ctx.workspace),
    }),
  }),
  ...call({
    ...read,
    method: 'GET',
    path: '/mlflow/experiments/get-by-name',
    about: [{ kind: 'experiment_name', in: 'message', field: 'experiment_name' }],
    summary: 'Get an experiment by its name',
    request: byName,
    answer: async (ctx, { experiment_name }) => ({
      experiment: toExperiment(await tracking.getExperimentByName(ctx, experiment_name), ctx.workspace),
    }),
  }),
  ...searching('POST'),
  ...searching('GET'),
  ...call({
    ...write,
    path: '/mlflow/experiments/update',
    about: [
      { kind: 'experiment', in: 'message', field: 'experiment_id' },
      { kind: 'experiment_name', in: 'message', field: 'new_name' },
    ],
    summary: 'Rename an experiment',
    request: renaming,
    answer: async (ctx, { experiment_id, new_name }) =>
      void (await tracking.updateExperiment(ctx, experiment_id, { name: new_name })),
  }),
  ...call({
    ...write,
    path: '/mlflow/experiments/delete',
    about: [{ kind: 'experiment', in: 'message', field: 'experiment_id' }],
    summary: 'Delete an experiment',
    request: byId,
    answer: async (ctx, { experiment_id }) => void (await tracking.deleteExperiment(ctx, experiment_id)),
  }),
  ...call({
    ...write,
    path: '/mlflow/experiments/restore',
    about: [{ kind: 'experiment', in: 'message', field: 'experiment_id' }],
    summary: 'Restore an experiment',
    request: byId,
    answer: async (ctx, { experiment_id }) => void (await tracking.restoreExperiment(ctx, experiment_id)),
  }),
  ...call({
    ...write,
    path: '/mlflow/experiments/set-experiment-tag',
    about: [{ kind: 'experiment', in: 'message', field: 'experiment_id' }],
    summary: 'Tag an experiment',
    request: tagging,
    answer: async (ctx, { experiment_id, key, value = '' }) =>
      void (await tracking.updateExperiment(ctx, experiment_id, { tags: { [key]: value } })),
  }),
  ...call({
    ...write,
    path: '/mlflow/experiments/delete-experiment-tag',
    about: [{ kind: 'experiment', in: 'message', field: 'experiment_id' }],
    summary: 'Remove a tag of an experiment',
    request: untagging,
    answer: (ctx, { experiment_id, key }) => tracking.deleteExperimentTag(ctx, experiment_id, key),
  }),
  ...call({
    ...read,
    method: 'POST',
    path: '/mlflow/experiments/search-datasets',
    about: [{ kind: 'experiment', in: 'message', field: 'experiment_ids' }],
    summary: 'List what runs of experiments read',
    request: datasets,
    async answer(ctx, { experiment_ids: experiments }) {
      if (experiments.length === 0)
        throw invalid('SearchDatasets request must specify at least one experiment_id.', {
          field: 'experiment_ids',
        });
      if (experiments.length > MOST_SEARCHED)
        throw invalid(
          `SearchDatasets request cannot specify more than ${MOST_SEARCHED} experiment_ids. Received ${experiments.length} experiment_ids.`,
          { field: 'experiment_ids', hint: 'ask in several requests' },
        );
      const found = await tracking.listDatasets(ctx, experiments);
      return {
        dataset_summaries: found.map(({ experiment, ...one }) => ({ experiment_id: experiment, ...one })),
      };
    },
  }),
];
