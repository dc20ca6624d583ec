import type { Ctx } from '../platform/ctx/index.ts';
import { decodePage, encodePage, parseFilter, parseOrder, queryDigest } from '../platform/search/index.ts';
import type { Experiment, StateFilter } from './contract.ts';
import { ensureDefaultExperiment } from './create-experiment.ts';
import { experimentVocabulary } from './vocabulary.ts';
import { searchExperimentRows } from './store/experiments.ts';

export interface ExperimentSearch {
  state?: StateFilter | undefined;
  filter?: string | undefined;
  order?: readonly string[] | undefined;
  limit: number;
  page?: string | undefined;
}

export async function searchExperiments(
  ctx: Ctx,
  search: ExperimentSearch,
): Promise<{ items: Experiment[]; next?: string }> {
  const { state = 'active', limit, page } = search;
  // First of all: it refuses what is too long to be made a digest of.
  const filter = parseFilter(search.filter, experimentVocabulary);
  const order = distinct(search.order?.length ? search.order : ['creation_time DESC']);
  const digest = queryDigest(['experiments', state, search.filter, order]);
  await ensureDefaultExperiment(ctx);
  const sortKeys = order.length + (order.some(({ left }) => left.key === 'experiment_id') ? 0 : 1);
  const found = await searchExperimentRows(ctx, {
    state,
    filter,
    order,
    limit,
    after: decodePage(digest, page, sortKeys),
  });
  return { items: found.items, ...(found.next ? { next: encodePage(digest, found.next) } : {}) };
}

/** A name that comes twice decides nothing the second time. */
function distinct(order: readonly string[]) {
  const seen = new Set<string>();
  return order
    .map((text) => parseOrder(text, experimentVocabulary))
    .filter(({ left }) => !seen.has(left.key) && seen.add(left.key));
}
