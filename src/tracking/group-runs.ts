import type { Static } from 'typebox';
import type { Ctx } from '../platform/ctx/index.ts';
import { invalid } from '../platform/errors/index.ts';
import { parseFilter, parseName } from '../platform/search/index.ts';
import type { groupRuns as endpoint } from './contract.ts';
import { runVocabulary } from './vocabulary.ts';
import { experimentsOr } from './search-runs.ts';
import { GROUP_COLUMNS, selectGroupMetrics, selectGroups } from './store/group-runs.ts';
import { experimentNumber } from './store/tables.ts';

export type RunGroups = Static<(typeof endpoint)['response']>;

/** Counts runs by a value that they share, the largest groups first, with their metrics summed up. */
export async function groupRuns(ctx: Ctx, input: Static<(typeof endpoint)['body']>): Promise<RunGroups> {
  const by = parseName(input.by, runVocabulary);
  if (by.entity === 'dataset' || (by.entity === 'attribute' && !Object.hasOwn(GROUP_COLUMNS, by.key)))
    throw invalid(`runs cannot be grouped by '${input.by}'`, {
      field: 'by',
      hint: `group them by ${Object.keys(GROUP_COLUMNS).join(', ')}, params.…, tags.… or metrics.…`,
    });
  const scope = {
    experiments: (await experimentsOr(ctx, input.experiments)).map(experimentNumber),
    state: input.state ?? 'active',
    filter: parseFilter(input.filter, runVocabulary),
  };
  const { groups, total } = await selectGroups(ctx, scope, by, input.limit ?? 100);
  const values = groups.map(({ value }) => value);
  const metrics = input.metrics?.length
    ? await selectGroupMetrics(ctx, scope, by, values, input.metrics)
    : [];
  return {
    total,
    groups: groups.map(({ value, runs, last }) => ({
      ...(value === null ? {} : { value }),
      runs,
      last_started_at: last,
      metrics: metrics
        .filter((one) => one.value === value)
        .map(({ key, runs: count, min, mean, max, sd }) => ({
          key,
          runs: count,
          min,
          mean,
          max,
          // One run has none, and one beyond the doubles says nothing.
          ...(Number.isFinite(sd) ? { sd } : {}),
        })),
    })),
  };
}
