import { infiniteQueryOptions } from '@tanstack/react-query';
import type { Endpoint } from '../../../src/platform/http/contract.ts';
import { call, type Answer, type CallInput } from './client.ts';
import { subjectsOf } from './subjects.ts';

/**
 * A list page by page, for `useInfiniteQuery(apiPages(listEntries, {query: {…}}))`: each answer's `next` is handed back
 * as `page`. Refreshes on events as `api` does.
 */
export function apiPages<E extends Endpoint>(
  endpoint: E,
  input: CallInput<E>,
  subjects: readonly string[] = [],
) {
  const { params, query } = input as { params?: Record<string, unknown>; query?: Record<string, unknown> };
  return infiniteQueryOptions({
    queryKey: [endpoint.method, endpoint.path, params ?? {}, query ?? {}, 'pages'],
    // The contract of every list has `page` in its query.
    queryFn: ({ signal, pageParam }): Promise<Answer<E>> =>
      call(
        endpoint,
        (pageParam === '' ? input : { ...input, query: { ...query, page: pageParam } }) as CallInput<E>,
        { signal },
      ),
    initialPageParam: '',
    getNextPageParam: (last: Answer<E>) =>
      typeof last === 'object' && last !== null && 'next' in last && typeof last.next === 'string'
        ? last.next
        : undefined,
    meta: { subjects: [...subjectsOf(endpoint.path, params ?? {}), ...subjects] },
  });
}
