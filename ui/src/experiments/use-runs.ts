import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { groupRuns, searchRuns } from '../../../src/tracking/contract.ts';
import { api, ApiError } from '../api/client.ts';
import { usePages } from '../api/pages.ts';

const PAGE = 200;

export interface RunQuery {
  experiment: string;
  filter: string | undefined;
  order: string[] | undefined;
  state: 'deleted' | 'all' | undefined;
  /** metrics.…, params.…, tags.… */
  columns: readonly string[];
}

const bodyOf = ({ experiment, filter, order, state, columns }: RunQuery) => ({
  experiments: [experiment],
  columns: [...columns],
  ...(filter === undefined ? {} : { filter }),
  ...(order === undefined ? {} : { order }),
  ...(state === undefined ? {} : { state }),
});

/** The runs that pass. While a filter cannot be read, those of the last one that could: nobody loses the table to a typing slip. */
export function useRuns(query: RunQuery, enabled: boolean) {
  const [good, setGood] = useState<string | undefined>();
  const asked = usePages(searchRuns, { body: { ...bodyOf(query), limit: PAGE } }, ['run:*'], enabled);
  const wrong = query.filter !== undefined && isWrong(asked.error) ? asked.error : undefined;
  if (enabled && !asked.loading && !asked.stale && !asked.error && good !== query.filter)
    setGood(query.filter);
  const kept = usePages(
    searchRuns,
    { body: { ...bodyOf({ ...query, filter: good }), limit: PAGE } },
    ['run:*'],
    enabled && wrong !== undefined,
  );
  return wrong === undefined
    ? { ...asked, wrong, filter: query.filter }
    : { ...kept, wrong, /** The one whose rows are shown. */ filter: good };
}

export const isWrong = (error: unknown): error is ApiError =>
  error instanceof ApiError && error.kind === 'invalid' && error.field === 'filter';

/** How many runs pass, counted by the server. */
export function useRunCount(
  experiment: string,
  filter: string | undefined,
  state: 'deleted' | 'all' | undefined,
  enabled: boolean,
): number | undefined {
  const counted = useQuery({
    ...api(
      groupRuns,
      {
        body: {
          experiments: [experiment],
          by: 'status',
          ...(filter === undefined ? {} : { filter }),
          ...(state === undefined ? {} : { state }),
        },
      },
      ['run:*'],
    ),
    enabled,
  });
  return counted.data?.groups.reduce((sum, { runs }) => sum + runs, 0);
}
