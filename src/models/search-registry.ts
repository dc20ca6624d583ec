import { sql, type RawBuilder, type SqlBool } from 'kysely';
import { whereSeen } from '../access/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import {
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
import type { Model, ModelVersion } from './contract.ts';
import { isPrompt, PROMPT_TAG, tables } from './store.ts';
import { liveVersions, toVersions, VERSION_COLUMNS } from './store-versions.ts';
import { toModels } from './store-views.ts';

export interface Search {
  filter?: Filter | undefined;
  /** Later orders break ties of earlier ones; the room's own order breaks the rest. */
  order?: readonly Order[];
  limit: number;
  page?: string | undefined;
}

export interface Found<T> {
  items: T[];
  next?: string;
}

/** Registered models by filter; by name unless ordered. Prompts only where the filter asks for them. */
export async function searchModels(
  ctx: Ctx,
  { filter, order = [], limit, page }: Search,
): Promise<Found<Model>> {
  const keys = sortKeys(order, [['name', false]], (key) => sql.ref(`model.${key}`));
  const digest = queryDigest(['models', filter ?? null, order]);
  const after = decodePage(digest, page, keys.length);
  let query = tables(ctx)
    .selectFrom('model')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where((eb) => whereSeen(ctx, 'model', eb.ref('model.name')))
    .where('deleted_at', 'is', null);
  if (!asksForPrompts(filter)) query = query.where((eb) => eb.not(isPrompt(eb)));
  if (filter)
    query = query.where(
      compileFilter(filter, (test) => leaf(ctx, test, 'model_tag', sql`t.model_id = model.id`, 'model')),
    );
  if (after) query = query.where(compileAfter(keys, after));
  const rows = await query
    .orderBy(compileOrder(keys))
    .limit(limit + 1)
    .execute();
  return { items: await toModels(ctx, rows.slice(0, limit)), ...nextPage(digest, keys, rows, limit) };
}

/** Versions by filter; last changed first unless ordered. `facts: false` leaves out what the files say. */
export async function searchVersions(
  ctx: Ctx,
  { filter, order = [], limit, page, facts = true }: Search & { facts?: boolean },
): Promise<Found<ModelVersion>> {
  const own: Array<[string, boolean]> =
    order.length === 0
      ? [
          ['updated_at', true],
          ['name', false],
          ['version', true],
        ]
      : [
          ['name', false],
          ['version', true],
        ];
  const column = (key: string) => (key === 'name' ? sql.ref('model.name') : sql.ref(`model_version.${key}`));
  const keys = sortKeys(order, own, column);
  const digest = queryDigest(['versions', filter ?? null, order]);
  const after = decodePage(digest, page, keys.length);
  let query = liveVersions(ctx)
    .select([...VERSION_COLUMNS, 'model.name', 'model.ref'])
    .select(facts ? sql<string | null>`model_version.facts`.as('facts') : sql<null>`null`.as('facts'))
    .where((eb) => whereSeen(ctx, 'model', eb.ref('model.name')));
  if (!asksForPrompts(filter))
    query = query.where((eb) => eb.not(isPrompt(eb))).where(sql<SqlBool>`not ${versionIsPrompt}`);
  if (filter) {
    const same = sql`t.model_id = model_version.model_id and t.version = model_version.version`;
    query = query.where(
      compileFilter(filter, (test) => leaf(ctx, test, 'model_version_tag', same, 'model_version')),
    );
  }
  if (after) query = query.where(compileAfter(keys, after));
  const rows = await query
    .orderBy(compileOrder(keys))
    .limit(limit + 1)
    .execute();
  return { items: await toVersions(ctx, rows.slice(0, limit)), ...nextPage(digest, keys, rows, limit) };
}

const versionIsPrompt = sql<SqlBool>`exists (select 1 from model_version_tag p where p.workspace = model_version.workspace and p.model_id = model_version.model_id and p.version = model_version.version and p.key = ${PROMPT_TAG} and p.value = 'true')`;

/** One test of a filter. A tag that is not there matches nothing, also not `!=`, as in MLflow. */
function leaf(
  ctx: Ctx,
  test: Comparison | NullTest,
  tagTable: string,
  same: RawBuilder<unknown>,
  table: 'model' | 'model_version',
): RawBuilder<SqlBool> {
  if (test.kind === 'null') throw new Error('no name of the registry can be tested with IS NULL');
  if (test.left.entity === 'tag') {
    if (test.left.key === PROMPT_TAG) {
      const there = sql<SqlBool>`exists (select 1 from ${sql.table(tagTable)} t where ${same} and t.workspace = ${ctx.workspace} and t.key = ${PROMPT_TAG} and t.value = 'true')`;
      return wantsPrompts(test) ? there : sql<SqlBool>`not ${there}`;
    }
    const value = compileComparison(ctx.dialect, sql.ref('t.value'), test);
    return sql<SqlBool>`exists (select 1 from ${sql.table(tagTable)} t where ${same} and t.workspace = ${ctx.workspace} and t.key = ${test.left.key} and ${value})`;
  }
  // A version without a run has the empty text there, as MLflow's clients see it.
  if (test.left.key === 'run_id' && !(test.op === '=' && test.value !== ''))
    return compileComparison(ctx.dialect, sql`coalesce(model_version.run_id, '')`, test);
  const owner = test.left.key === 'name' ? 'model' : table;
  return compileComparison(ctx.dialect, sql.ref(`${owner}.${test.left.key}`), test);
}

const wantsPrompts = ({ op, value }: Comparison): boolean =>
  (op === '=' && String(value).toLowerCase() === 'true') ||
  (op === '!=' && String(value).toLowerCase() === 'false');

function asksForPrompts(filter: Filter | undefined): boolean {
  if (!filter || filter.kind === 'null') return false;
  if (filter.kind === 'not') return asksForPrompts(filter.part);
  if (filter.kind === 'compare')
    return filter.left.entity === 'tag' && filter.left.key === PROMPT_TAG && wantsPrompts(filter);
  return filter.parts.some(asksForPrompts);
}

/** The asked orders, then the room's own for what they leave open. A name given twice counts once. */
function sortKeys(
  order: readonly Order[],
  own: ReadonlyArray<[string, boolean]>,
  column: (key: string) => RawBuilder<unknown>,
) {
  const wanted = [...order.map(({ left, descending }): [string, boolean] => [left.key, descending]), ...own];
  return wanted
    .filter(([key], i) => wanted.findIndex(([other]) => other === key) === i)
    .map(([key, descending]) => ({ key, descending, expression: column(key) }));
}

/** The token of the next page; `rows` holds one more than `limit` where there is one. */
function nextPage(
  digest: string,
  keys: ReadonlyArray<{ key: string }>,
  rows: ReadonlyArray<{ name: string }>,
  limit: number,
): { next?: string } {
  const last = rows[limit - 1];
  if (rows.length <= limit || !last) return {};
  // Every key is a column of the row.
  return {
    next: encodePage(
      digest,
      keys.map(({ key }) => last[key as 'name']),
    ),
  };
}
