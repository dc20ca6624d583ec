import { inPortions } from '../platform/aside/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import type { MetricSummary, Run } from './contract.ts';
import { add, selectInputsOf, selectModelsOf } from './store/inputs.ts';
import { selectSeriesOf, type SeriesRow } from './store/metrics.ts';
import { selectLocations, selectPairsOf } from './store/run-parts.ts';
import { PORTION } from './store/tables.ts';
import { selectRunRow, selectRunRows, toHead, type RunTableRow } from './store/runs.ts';
import { oddity } from './rollup.ts';
import { NOTE_TAG, PARENT_TAG, SYSTEM_PREFIX } from './well-known.ts';

export async function getRun(ctx: Ctx, id: string): Promise<Run> {
  return (await loadRuns(ctx, [await selectRunRow(ctx, id)]))[0]!;
}

/** Several at once, in the order asked for; `missing` when one does not exist. */
export async function compareRuns(ctx: Ctx, ids: readonly string[]): Promise<Run[]> {
  const distinct = [...new Set(ids)];
  const rows = await selectRunRows(ctx, distinct);
  if (rows.length < distinct.length)
    for (const id of distinct) if (!rows.some((row) => row.id === id)) await selectRunRow(ctx, id);
  const runs: Run[] = [];
  for await (const portion of inPortions(rows, 50)) runs.push(...(await loadRuns(ctx, portion)));
  return runs;
}

/** All that these runs hold, in a handful of queries however many they are. */
export async function loadRuns(ctx: Ctx, rows: readonly RunTableRow[]): Promise<Run[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const [params, tags, series, inputs, models, locations] = await Promise.all([
    selectPairsOf(ctx, 'run_param', ids),
    selectPairsOf(ctx, 'run_tag', ids),
    selectSeriesOf(ctx, ids),
    selectInputsOf(ctx, ids),
    selectModelsOf(ctx, ids),
    selectLocations(ctx, [...new Set(rows.map(({ experiment_id }) => experiment_id))]),
  ]);
  const metrics = await byRun(series, summarise);
  const now = ctx.clock.now();
  const runs: Run[] = [];
  for await (const [row] of inPortions(rows, 1)) runs.push(assemble(row!));
  return runs;

  function assemble(row: RunTableRow): Run {
    const own = new Map(tags.get(row.id));
    const note = own.get(NOTE_TAG);
    const parent = own.get(PARENT_TAG);
    const summaries = metrics.get(row.id) ?? [];
    const links = models.get(row.id) ?? [];
    const linked = (direction: string) =>
      links.filter((link) => link.direction === direction).map(({ model, step }) => ({ model, step }));
    return {
      ...toHead(row),
      ...(parent === undefined ? {} : { parent }),
      ...(note === undefined ? {} : { note }),
      params: Object.fromEntries(params.get(row.id) ?? []),
      tags: Object.fromEntries(own),
      metrics: summaries,
      inputs: inputs.get(row.id) ?? [],
      model_inputs: linked('input'),
      outputs: linked('output'),
      ...facts('code', row.code),
      ...facts('environment', row.environment),
      resources: {
        wall_seconds: Math.max(0, ((row.ended_at ?? now) - row.started_at) / 1000),
        ...(row.resources === null ? {} : (JSON.parse(row.resources) as Omit<Run['resources'], 'sampled'>)),
        sampled: summaries.filter(({ key }) => key.startsWith(SYSTEM_PREFIX)),
      },
      artifact_uri: artifactUri(locations.get(row.experiment_id) ?? null, row.experiment_id, row.id),
    };
  }
}

/** The series of each run. A page of runs may have a million of them. */
export async function byRun<T>(
  series: readonly SeriesRow[],
  make: (one: SeriesRow) => T,
): Promise<Map<string, T[]>> {
  const groups = new Map<string, T[]>();
  for await (const portion of inPortions(series, PORTION))
    for (const one of portion) add(groups, one.run_id, make(one));
  return groups;
}

const facts = (name: 'code' | 'environment', json: string | null) =>
  json === null ? {} : { [name]: JSON.parse(json) as Record<string, unknown> };

/** Where MLflow's clients write a run's artifacts: our proxy, unless the experiment names another place. */
export const artifactUri = (location: string | null, experiment: number | string, run: string): string =>
  `${location?.replace(/\/$/, '') ?? `mlflow-artifacts:/${experiment}`}/${run}/artifacts`;

/** The same as a folder of our own tree. */
export const artifactFolder = (experiment: number | string, run: string): string =>
  `${experiment}/${run}/artifacts`;

export function summarise(series: SeriesRow): MetricSummary {
  return {
    key: series.key,
    last: shown({ value: series.last_value, nan: series.last_nan }),
    step: series.last_step,
    time: series.last_time,
    ...(series.min === null ? {} : { min: series.min }),
    ...(series.max === null ? {} : { max: series.max }),
    // A sum beyond the doubles says nothing of the mean, and JSON could not carry it.
    ...(series.finite === 0 || !Number.isFinite(series.sum) ? {} : { mean: series.sum / series.finite }),
    count: series.count,
  };
}

/** As JSON can carry it. */
export const shown = (point: { value: number; nan: number }): MetricSummary['last'] =>
  oddity(point) ?? point.value;
