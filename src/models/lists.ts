import type { Static } from 'typebox';
import type { Ctx } from '../platform/ctx/index.ts';
import { invalid } from '../platform/errors/index.ts';
import type { Filter } from '../platform/search/index.ts';
import type * as contract from './contract.ts';
import { searchLoggedModels } from './search-logged-models.ts';
import { searchModels, searchVersions, type Found } from './search-registry.ts';
import { requireModel } from './store.ts';

/** The native lists: a few plain choices over the searches. */
const DEFAULT = 100;

export function listModels(
  ctx: Ctx,
  query: Static<(typeof contract.listModels)['query']>,
): Promise<Found<contract.Model>> {
  const { search = '', sort, limit = DEFAULT, page } = query;
  // A pattern's own wildcards stand for themselves as far as one character can.
  const pattern = `%${search.replaceAll('%', '_')}%`;
  const filter: Filter | undefined =
    search === ''
      ? undefined
      : {
          kind: 'compare',
          left: { entity: 'attribute', key: 'name', type: 'text' },
          op: 'ilike',
          value: pattern,
        };
  const order =
    sort === 'updated'
      ? [{ left: { entity: 'attribute', key: 'updated_at', type: 'number' as const }, descending: true }]
      : [];
  return searchModels(ctx, { filter, order, limit, page });
}

export async function listVersions(
  ctx: Ctx,
  name: string,
  query: Static<(typeof contract.listVersions)['query']>,
): Promise<Found<contract.ModelVersion>> {
  await requireModel(ctx, name);
  const { stage, tag, run, sort = 'version', order = 'desc', limit = DEFAULT, page } = query;
  const equals = (entity: string, key: string, value: string): Filter => ({
    kind: 'compare',
    left: { entity, key, type: 'text' },
    op: '=',
    value,
  });
  const parts = [equals('attribute', 'name', name)];
  if (stage !== undefined) parts.push(equals('attribute', 'stage', stage));
  if (run !== undefined) parts.push(equals('attribute', 'run_id', run));
  if (tag !== undefined) {
    const [key = '', value] = tag.split(/=(.*)/s, 2);
    if (key === '' || value === undefined)
      throw invalid(`'${tag}' is no tag`, { field: 'tag', hint: 'write it as key=value' });
    parts.push(equals('tag', key, value));
  }
  const key = { version: 'version', updated: 'updated_at', created: 'created_at' }[sort];
  return searchVersions(ctx, {
    filter: { kind: 'and', parts },
    order: [{ left: { entity: 'attribute', key, type: 'number' }, descending: order === 'desc' }],
    limit,
    page,
  });
}

export function listLoggedModels(
  ctx: Ctx,
  query: Static<(typeof contract.listLoggedModels)['query']>,
): Promise<Found<contract.LoggedModel>> {
  const { experiment, run, limit = DEFAULT, page } = query;
  const experiments =
    experiment === undefined
      ? {}
      : { experiments: /^\d{1,15}$/.test(experiment) ? [Number(experiment)] : [] };
  return searchLoggedModels(ctx, { ...experiments, run, limit, page });
}
