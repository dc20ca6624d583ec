import { sql, type RawBuilder, type SqlBool } from 'kysely';
import type { Ctx } from '../platform/ctx/index.ts';
import { invalid } from '../platform/errors/index.ts';
import {
  checkOrder,
  compileAfter,
  compileComparison,
  compileFilter,
  compileOrder,
  decodePage,
  encodePage,
  queryDigest,
  type Comparison,
  type Filter,
  type NullTest,
  type Order,
} from '../platform/search/index.ts';
import { numbers } from '../tracking/index.ts';
import type { LoggedModel } from './contract.ts';
import type { Found, Search } from './search-registry.ts';
import { tables } from './store.ts';
import { toLoggedModels } from './store-logged-models.ts';

/** A dataset that metrics were measured on; any digest where none is given. */
export interface OnDataset {
  name: string;
  digest?: string | undefined;
}

export type LoggedModelOrder = Order & { dataset?: OnDataset | undefined };

export interface LoggedModelSearch extends Omit<Search, 'order'> {
  experiments?: readonly number[];
  run?: string | undefined;
  /** Metrics of the filter count only where measured on one of these; without such a metric, models measured on any of them match. */
  datasets?: readonly OnDataset[];
  order?: readonly LoggedModelOrder[];
}

/** Every metric of a filter asks for each of them. */
const MOST_DATASETS = 100;

/** Logged models by filter; newest first unless ordered. A model without the metric that is ordered by comes last. */
export async function searchLoggedModels(ctx: Ctx, search: LoggedModelSearch): Promise<Found<LoggedModel>> {
  const { experiments, run, filter, datasets = [], order = [], limit, page } = search;
  checkOrder(order);
  if (datasets.length > MOST_DATASETS)
    throw invalid(`a search may name at most ${MOST_DATASETS} datasets, not ${datasets.length}`, {
      field: 'datasets',
      hint: 'ask in several searches',
    });
  const keys = sortKeys(ctx, order);
  const digest = queryDigest([
    'logged-models',
    experiments ?? null,
    run ?? null,
    filter ?? null,
    datasets,
    order,
  ]);
  const after = decodePage(digest, page, keys.length);
  let query = tables(ctx)
    .selectFrom('logged_model')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('deleted_at', 'is', null);
  if (experiments)
    query =
      experiments.length === 0
        ? query.where(sql<SqlBool>`1 = 0`)
        : query.where(sql<SqlBool>`experiment_id in (${numbers(experiments)})`);
  if (run !== undefined) query = query.where('run_id', '=', run);
  if (filter) query = query.where(compileFilter(filter, (test) => leaf(ctx, test, datasets)));
  if (datasets.length > 0 && !namesMetric(filter)) query = query.where(anyMetric(ctx, sql`1 = 1`, datasets));
  if (after) query = query.where(compileAfter(keys, after));
  const values = keys.map(({ expression }, i) => sql<string | number>`${expression}`.as(`sort_${i}`));
  const rows = await query
    .select(values)
    .orderBy(compileOrder(keys))
    .limit(limit + 1)
    .execute();
  const items = await toLoggedModels(ctx, rows.slice(0, limit));
  const last: Record<string, unknown> | undefined = rows[limit - 1];
  if (rows.length <= limit || !last) return { items };
  return {
    items,
    next: encodePage(
      digest,
      keys.map((_key, i) => last[`sort_${i}`] as string | number),
    ),
  };
}

function leaf(ctx: Ctx, test: Comparison | NullTest, datasets: readonly OnDataset[]): RawBuilder<SqlBool> {
  if (test.kind === 'null') throw new Error('no name of a logged model can be tested with IS NULL');
  const { entity, key } = test.left;
  if (entity === 'attribute' && key === 'status')
    return compileComparison(ctx.dialect, sql.ref('logged_model.status'), lowerCase(test));
  if (entity === 'attribute' && key === 'experiment_id')
    return compileComparison(ctx.dialect, sql`cast(logged_model.experiment_id as text)`, test);
  if (entity === 'attribute') return compileComparison(ctx.dialect, sql.ref(`logged_model.${key}`), test);
  const value = compileComparison(ctx.dialect, sql.ref('t.value'), test);
  if (entity === 'metric') return anyMetric(ctx, sql`t.key = ${key} and ${value}`, datasets);
  const table = entity === 'param' ? 'logged_model_param' : 'logged_model_tag';
  return sql<SqlBool>`exists (select 1 from ${sql.table(table)} t where t.model_id = logged_model.id and t.workspace = ${ctx.workspace} and t.key = ${key} and ${value})`;
}

/** MLflow writes READY or LOGGED_MODEL_READY; the table holds `ready`. */
function lowerCase(test: Comparison): Comparison {
  const lower = (text: string) => text.toLowerCase().replace('logged_model_', '');
  const value = typeof test.value === 'object' ? test.value.map(lower) : lower(String(test.value));
  return { ...test, value };
}

function anyMetric(
  ctx: Ctx,
  matches: RawBuilder<unknown>,
  datasets: readonly OnDataset[],
): RawBuilder<SqlBool> {
  const where = datasets.length === 0 ? sql`1 = 1` : sql`(${sql.join(datasets.map(onDataset), sql` or `)})`;
  return sql<SqlBool>`exists (select 1 from logged_model_metric t where t.model_id = logged_model.id and t.workspace = ${ctx.workspace} and ${matches} and ${where})`;
}

const onDataset = ({ name, digest }: OnDataset) =>
  digest === undefined
    ? sql`t.dataset_name = ${name}`
    : sql`(t.dataset_name = ${name} and t.dataset_digest = ${digest})`;

const namesMetric = (filter: Filter | undefined): boolean =>
  filter !== undefined &&
  ('parts' in filter
    ? filter.parts.some(namesMetric)
    : filter.kind === 'not'
      ? namesMetric(filter.part)
      : filter.left.entity === 'metric');

interface Key {
  expression: RawBuilder<unknown>;
  descending: boolean;
}

/** Each key is never null, so that a page can start after any row: a value that may lack is preceded by whether it lacks. */
function sortKeys(ctx: Ctx, order: readonly LoggedModelOrder[]): Key[] {
  const keys: Key[] = [];
  const seen = new Set<string>();
  const add = (name: string, made: Key[]) => {
    if (!seen.has(name)) keys.push(...made);
    seen.add(name);
  };
  for (const { left, descending, dataset } of order) {
    if (left.entity === 'metric') {
      const on = dataset === undefined ? sql`1 = 1` : onDataset(dataset);
      // The latest by MLflow's rule for these metrics: by time, then step.
      const value = sql`(select t.value from logged_model_metric t where t.model_id = logged_model.id and t.workspace = ${ctx.workspace} and t.key = ${left.key} and ${on} order by t.timestamp desc, t.step desc, t.run_id asc limit 1)`;
      add(`metric ${left.key} ${JSON.stringify(dataset ?? null)}`, [
        { expression: sql`case when ${value} is null then 1 else 0 end`, descending: false },
        { expression: sql`coalesce(${value}, 0)`, descending },
      ]);
    } else if (left.key === 'model_type' || left.key === 'run_id') {
      const column = sql.ref(`logged_model.${left.key}`);
      add(left.key, [
        { expression: sql`case when ${column} is null then 1 else 0 end`, descending: false },
        { expression: sql`coalesce(${column}, '')`, descending },
      ]);
    } else {
      add(left.key, [{ expression: sql.ref(`logged_model.${left.key}`), descending }]);
    }
  }
  add('created_at', [{ expression: sql.ref('logged_model.created_at'), descending: true }]);
  add('id', [{ expression: sql.ref('logged_model.id'), descending: false }]);
  return keys;
}
