import type { Ctx } from '../platform/ctx/index.ts';
import { route, type Route } from '../platform/http/index.ts';
import { deleteArtifact, listArtifacts, putArtifact, readArtifact, type ArtifactGuard } from './artifacts.ts';
import { changeRuns } from './change-runs.ts';
import * as contract from './contract.ts';
import { createExperiment } from './create-experiment.ts';
import { createRun } from './create-run.ts';
import { deleteExperiment, restoreExperiment } from './delete-experiment.ts';
import { deleteRun, restoreRun } from './delete-run.ts';
import { getExperiment } from './get-experiment.ts';
import { getManySeries, getSeries } from './get-series.ts';
import { groupRuns } from './group-runs.ts';
import { compareRuns, getRun, summarise } from './load-runs.ts';
import { logBatch } from './log-batch.ts';
import { reportResources } from './report-resources.ts';
import { runArtifact, runFolder } from './run-artifacts.ts';
import { searchExperiments } from './search-experiments.ts';
import { searchRunTable } from './search-runs.ts';
import { countRuns } from './store/experiments.ts';
import { selectSeries } from './store/metrics.ts';
import { selectColumns, selectRunRow } from './store/runs.ts';
import { setOutcome, updateRun } from './update-run.ts';
import { updateExperiment } from './update-experiment.ts';

const experiments = [
  route(contract.listExperiments, async (ctx, { query: { order, limit = 100, ...query } }) => {
    const { items, next } = await searchExperiments(ctx, {
      ...query,
      limit,
      order: order === undefined ? ['last_update_time DESC'] : [order],
    });
    return { items: await countRuns(ctx, items), ...(next === undefined ? {} : { next }) };
  }),
  route(contract.createExperiment, (ctx, { body }) => createExperiment(ctx, body)),
  route(contract.getExperiment, (ctx, { params }) => getExperiment(ctx, params.experiment)),
  route(contract.updateExperiment, (ctx, { params, body }) => updateExperiment(ctx, params.experiment, body)),
  route(contract.deleteExperiment, (ctx, { params }) => deleteExperiment(ctx, params.experiment)),
  route(contract.restoreExperiment, (ctx, { params }) => restoreExperiment(ctx, params.experiment)),
  route(contract.listColumns, async (ctx, { params }) =>
    selectColumns(ctx, (await getExperiment(ctx, params.experiment)).id),
  ),
];

/** Does it, then shows the run as it is. */
const thenShow = async (ctx: Ctx, id: string, change: Promise<unknown>) => {
  await change;
  return getRun(ctx, id);
};

const runs = [
  route(contract.searchRuns, (ctx, { body: { limit = 100, ...search } }) =>
    searchRunTable(ctx, { ...search, limit }),
  ),
  route(contract.groupRuns, (ctx, { body }) => groupRuns(ctx, body)),
  route(contract.changeRuns, (ctx, { body }) => changeRuns(ctx, body)),
  route(contract.createRun, async (ctx, { body: { tags = {}, ...body } }) =>
    getRun(ctx, await createRun(ctx, { ...body, tags: Object.entries(tags) })),
  ),
  route(contract.compareRuns, async (ctx, { body }) => ({ runs: await compareRuns(ctx, body.runs) })),
  route(contract.getRun, (ctx, { params }) => getRun(ctx, params.run)),
  route(contract.updateRun, (ctx, { params, body: { ended_at, ...body } }) =>
    thenShow(ctx, params.run, updateRun(ctx, params.run, { ...body, endedAt: ended_at })),
  ),
  route(contract.setOutcome, (ctx, { params, body }) =>
    thenShow(ctx, params.run, setOutcome(ctx, params.run, body)),
  ),
  route(contract.deleteRun, (ctx, { params }) => thenShow(ctx, params.run, deleteRun(ctx, params.run))),
  route(contract.restoreRun, (ctx, { params }) => thenShow(ctx, params.run, restoreRun(ctx, params.run))),
  route(contract.logToRun, async (ctx, { params, body: { metrics = [], params: given = {}, tags = {} } }) => {
    const now = ctx.clock.now();
    await logBatch(ctx, params.run, {
      metrics: metrics.map(({ key, value, step = 0, time = now }) => ({
        key,
        value: Number(value),
        step,
        time,
      })),
      params: Object.entries(given),
      tags: Object.entries(tags),
    });
    return {};
  }),
  route(contract.reportResources, (ctx, { params, body }) => reportResources(ctx, params.run, body)),
];

const metrics = [
  route(contract.listMetrics, async (ctx, { params }) => {
    const { id } = await selectRunRow(ctx, params.run);
    return { items: [...(await selectSeries(ctx, id)).values()].map(summarise) };
  }),
  route(contract.getSeries, (ctx, { params, query }) => getSeries(ctx, params.run, params.key, query)),
  route(contract.getManySeries, async (ctx, { body: { runs: ids, keys, ...range } }) => ({
    series: await getManySeries(ctx, ids, keys, range),
  })),
];

const artifacts = (guards: readonly ArtifactGuard[]): Route[] => [
  route(contract.listArtifacts, async (ctx, { params, query }) => {
    const root = await runFolder(ctx, params.run, '');
    const entries = await listArtifacts(ctx, await runFolder(ctx, params.run, query.path ?? ''));
    return { items: entries.map((entry) => ({ ...entry, path: entry.path.slice(root.length + 1) })) };
  }),
  route(contract.getArtifact, async (ctx, { params, headers }) =>
    readArtifact(ctx, await runArtifact(ctx, params.run, params['*'], false), headers['range']),
  ),
  route(contract.putArtifact, async (ctx, { params, body, headers }) => {
    const path = await runArtifact(ctx, params.run, params['*'], true);
    const size = declaredSize(headers['content-length']);
    const stored = await putArtifact(
      ctx,
      path,
      { source: body, type: headers['content-type'], size },
      guards,
    );
    return { ...stored, path: stored.path.slice(stored.path.length - params['*'].length) };
  }),
  route(contract.deleteArtifact, async (ctx, { params }) => ({
    deleted: await deleteArtifact(ctx, await runArtifact(ctx, params.run, params['*'], true), guards),
  })),
];

export const declaredSize = (header: string | undefined): number | undefined =>
  header === undefined ? undefined : Number(header);

/** `guards`: the rooms that say which files of runs and models stay as they are. */
export const trackingRoutes = (guards: readonly ArtifactGuard[]): Route[] => [
  ...experiments,
  ...runs,
  ...metrics,
  ...artifacts(guards),
];
