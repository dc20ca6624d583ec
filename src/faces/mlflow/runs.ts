import { inPortions } from '../../platform/aside/index.ts';
import { invalid } from '../../platform/errors/index.ts';
import * as tracking from '../../tracking/index.ts';
import { call } from './call.ts';
import { list, message, need, pageSize, text, type Reader } from './message.ts';
import { experimentId, keyValue, millis, pairs, runId, status, toRun, toRunInfo, view } from './wire.ts';

/** Runs that are loaded at once: a client may ask for 50,000, each with thousands of metrics. */
const PORTION = 250;
/** Each is a number of one statement. */
const MOST_EXPERIMENTS = 10_000;

/** Experiment 0 unless said. */
const orDefault =
  (reader: Reader<string>): Reader<string> =>
  (value, field) =>
    reader(value === undefined || value === null || value === '' ? '0' : value, field);

const byId = message({ run_id: runId });
const creation = message({
  experiment_id: orDefault(experimentId),
  run_name: text,
  user_id: text,
  start_time: millis,
  tags: list(keyValue),
});
const update = message({ run_id: runId, status, end_time: millis, run_name: text });
const search = message({
  experiment_ids: list(need(text)),
  filter: text,
  run_view_type: view,
  max_results: pageSize(1000, 50_000),
  order_by: list(need(text)),
  page_token: text,
});
const tagging = message({ run_id: runId, key: need(text), value: text });
const untagging = message({ run_id: runId, key: need(text) });

const older = { run_uuid: 'run_id' };
const v2 = { version: '2.0', older } as const;
const write = { ...v2, method: 'POST', action: 'run:write' } as const;

export const runRoutes = [
  ...call({
    ...write,
    path: '/mlflow/runs/create',
    about: [{ kind: 'experiment', in: 'message', field: 'experiment_id' }],
    summary: 'Start a run',
    request: creation,
    async answer(
      ctx,
      { experiment_id: experiment, run_name: name, user_id: user, start_time: startedAt, tags },
    ) {
      const id = await tracking.createRun(ctx, {
        experiment,
        name,
        user,
        startedAt,
        tags: pairs(tags),
        freeTags: true,
      });
      const { outputs: _none, ...run } = toRun(await tracking.getRun(ctx, id));
      return { run };
    },
  }),
  ...call({
    ...write,
    path: '/mlflow/runs/update',
    about: [{ kind: 'run', in: 'message', field: 'run_id' }],
    summary: 'End or rename a run',
    request: update,
    async answer(ctx, { run_id, status: next, end_time: endedAt, run_name: name }) {
      await tracking.updateRun(ctx, run_id, { status: next, endedAt, name: name === '' ? undefined : name });
      return { run_info: toRunInfo(await tracking.getRun(ctx, run_id)) };
    },
  }),
  ...call({
    ...v2,
    method: 'GET',
    action: 'run:read',
    path: '/mlflow/runs/get',
    about: [{ kind: 'run', in: 'message', field: 'run_id' }],
    summary: 'Get a run',
    request: byId,
    answer: async (ctx, { run_id }) => ({ run: toRun(await tracking.getRun(ctx, run_id)) }),
  }),
  ...call({
    ...v2,
    method: 'POST',
    action: 'run:read',
    path: '/mlflow/runs/search',
    about: [{ kind: 'experiment', in: 'message', field: 'experiment_ids' }],
    summary: 'Search runs',
    request: search,
    async answer(
      ctx,
      {
        experiment_ids: experiments,
        filter,
        run_view_type: state,
        max_results: limit,
        order_by: order,
        page_token: page,
      },
    ) {
      if (experiments.length > MOST_EXPERIMENTS)
        throw invalid(
          `at most ${MOST_EXPERIMENTS} experiments may be searched at once, not ${experiments.length}`,
          { field: 'experiment_ids', hint: 'search some of them at a time' },
        );
      const { rows, next } = await tracking.searchRuns(ctx, {
        experiments,
        filter,
        state,
        limit,
        order,
        page,
      });
      const runs: Array<ReturnType<typeof toRun>> = [];
      for await (const portion of inPortions(rows, PORTION))
        for (const run of await tracking.loadRuns(ctx, portion)) runs.push(toRun(run));
      return { runs, next_page_token: next };
    },
  }),
  ...call({
    ...write,
    path: '/mlflow/runs/delete',
    about: [{ kind: 'run', in: 'message', field: 'run_id' }],
    summary: 'Delete a run',
    request: byId,
    answer: (ctx, { run_id }) => tracking.deleteRun(ctx, run_id),
  }),
  ...call({
    ...write,
    path: '/mlflow/runs/restore',
    about: [{ kind: 'run', in: 'message', field: 'run_id' }],
    summary: 'Restore a run',
    request: byId,
    answer: (ctx, { run_id }) => tracking.restoreRun(ctx, run_id),
  }),
  ...call({
    ...write,
    path: '/mlflow/runs/set-tag',
    about: [{ kind: 'run', in: 'message', field: 'run_id' }],
    summary: 'Tag a run',
    request: tagging,
    answer: (ctx, { run_id, key, value = '' }) =>
      tracking.logBatch(ctx, run_id, { tags: [[key, value]] }, { single: true }),
  }),
  ...call({
    ...write,
    path: '/mlflow/runs/delete-tag',
    about: [{ kind: 'run', in: 'message', field: 'run_id' }],
    summary: 'Remove a tag of a run',
    request: untagging,
    answer: (ctx, { run_id, key }) => tracking.deleteTag(ctx, run_id, key),
  }),
];
