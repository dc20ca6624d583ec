import { inPortions } from '../platform/aside/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { invalid } from '../platform/errors/index.ts';
import {
  checkOrder,
  decodePage,
  encodePage,
  parseFilter,
  parseOrder,
  queryDigest,
  type Order,
} from '../platform/search/index.ts';
import type { RunRow, StateFilter } from './contract.ts';
import { byRun, shown } from './load-runs.ts';
import { runVocabulary } from './vocabulary.ts';
import { selectSeriesOf } from './store/metrics.ts';
import { selectExperimentIds, selectPairsOf } from './store/run-parts.ts';
import { cursorLength, searchRunRows } from './store/search-runs.ts';
import { toHead, type RunTableRow } from './store/runs.ts';
import { experimentNumber } from './store/tables.ts';

export interface RunSearch {
  experiments: readonly string[];
  filter?: string | undefined;
  order?: readonly string[] | undefined;
  state?: StateFilter | undefined;
  limit: number;
  page?: string | undefined;
}

/** A page of runs: the newest first unless ordered otherwise; ties by the newest, then by id. */
export async function searchRuns(
  ctx: Ctx,
  search: RunSearch,
): Promise<{ rows: RunTableRow[]; next?: string }> {
  const { state = 'active', limit, page } = search;
  const order = fullOrder(search.order ?? []);
  // First of all: it refuses what is too long to be made a digest of.
  const filter = parseFilter(search.filter, runVocabulary);
  const digest = queryDigest(['runs', search.experiments, state, search.filter, order]);
  const { rows, next } = await searchRunRows(ctx, {
    experiments: search.experiments.map(experimentNumber),
    state,
    filter,
    order,
    limit,
    after: decodePage(digest, page, cursorLength(order)),
  });
  return { rows, ...(next ? { next: encodePage(digest, next) } : {}) };
}

/** The run table: heads and the columns asked for. No experiments means all. */
export async function searchRunTable(
  ctx: Ctx,
  search: RunSearch & { columns?: readonly string[] | undefined },
): Promise<{ items: RunRow[]; next?: string }> {
  const keys = search.columns && chosenKeys(search.columns);
  const experiments = await experimentsOr(ctx, search.experiments);
  const { rows, next } = await searchRuns(ctx, { ...search, experiments });
  const ids = rows.map(({ id }) => id);
  const [series, params, tags] = await Promise.all([
    keys?.metric?.length === 0 ? [] : selectSeriesOf(ctx, ids, keys?.metric),
    keys?.param?.length === 0 ? new Map<string, []>() : selectPairsOf(ctx, 'run_param', ids, keys?.param),
    keys?.tag?.length === 0 ? new Map<string, []>() : selectPairsOf(ctx, 'run_tag', ids, keys?.tag),
  ]);
  const metrics = await byRun(
    series,
    (one) => [one.key, shown({ value: one.last_value, nan: one.last_nan })] as const,
  );
  const items: RunRow[] = [];
  for await (const [row] of inPortions(rows, 1))
    items.push({
      ...toHead(row!),
      metrics: Object.fromEntries(metrics.get(row!.id) ?? []),
      params: Object.fromEntries(params.get(row!.id) ?? []),
      tags: Object.fromEntries(tags.get(row!.id) ?? []),
    });
  return { items, ...(next === undefined ? {} : { next }) };
}

/** No experiments means all active ones. */
export const experimentsOr = async (ctx: Ctx, experiments: readonly string[]): Promise<readonly string[]> =>
  experiments.length > 0 ? experiments : (await selectExperimentIds(ctx)).map(String);

/** The order as asked for, each name once, and what breaks ties. */
function fullOrder(texts: readonly string[]): Order[] {
  checkOrder(texts);
  const order: Order[] = [];
  const defaults = ['start_time DESC', 'run_id ASC'];
  for (const text of [...texts, ...defaults]) {
    const term = parseOrder(text, runVocabulary);
    if (!order.some(({ left }) => left.entity === term.left.entity && left.key === term.left.key))
      order.push(term);
  }
  return order;
}

function chosenKeys(columns: readonly string[]): { metric: string[]; param: string[]; tag: string[] } {
  const keys = { metric: new Array<string>(), param: new Array<string>(), tag: new Array<string>() };
  for (const column of columns) {
    const dot = column.indexOf('.');
    const entity = dot < 0 ? 'attribute' : runVocabulary.entities[column.slice(0, dot)]?.entity;
    const key = column.slice(dot + 1); // the rest as it is: a key may hold spaces and dots
    if (entity === 'attribute') continue; // the head is always there
    if (entity !== 'metric' && entity !== 'param' && entity !== 'tag')
      throw invalid(`'${column}' is not a column`, {
        field: 'columns',
        hint: 'choose metrics.…, params.… or tags.…',
      });
    keys[entity].push(key);
  }
  return keys;
}
