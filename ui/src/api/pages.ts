import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { Endpoint } from '../../../src/platform/http/contract.ts';
import { call, patiently, type Answer, type CallInput } from './client.ts';
import { subjectsOf } from './subjects.ts';

/** Beyond this many pages a live list is too much to read anew on every event; it then waits to be asked. */
const LIVE_PAGES = 3;
/** The largest page that every list of the API gives. */
const MOST = 1000;

interface PageOf<T> {
  items: T[];
  next?: string;
}
type ItemOf<A> = A extends { items: (infer T)[] } ? T : never;

/**
 * A list that is fetched as it is scrolled. The page token goes where the endpoint takes it: into the body of a POST, else
 * into the query. `live` is false once so much is loaded that events no longer refresh it by themselves.
 */
export function usePages<E extends Endpoint>(
  endpoint: E,
  input: CallInput<E>,
  subjects: readonly string[] = [],
  enabled = true,
  /** Also read anew every so many ms: for what moves without an event. */
  every?: number,
) {
  type Item = ItemOf<Answer<E>>;
  const parts = input as {
    params?: Record<string, unknown>;
    query?: Record<string, unknown>;
    body?: Record<string, unknown>;
  };
  const where = endpoint.method === 'GET' ? 'query' : 'body';
  const queryKey = ['pages', endpoint.method, endpoint.path, input] as const;
  const result = useInfiniteQuery({
    queryKey,
    enabled,
    initialPageParam: undefined as { page: string; limit?: number } | undefined,
    queryFn: async ({ signal, pageParam, client }): Promise<PageOf<Item>> => {
      const paged =
        pageParam === undefined ? input : { ...parts, [where]: { ...parts[where], ...pageParam } };
      // Every list of the API has this frame; the item's type is the contract's.
      return (await patiently(
        () => call(endpoint, paged as CallInput<E>, { signal }),
        client.getQueryData(queryKey) !== undefined,
        signal,
      )) as unknown as PageOf<Item>;
    },
    // Who scrolls on wants more at a time: a hundred thousand rows are a hundred requests, not five hundred.
    getNextPageParam: ({ next }, all) => {
      if (next === undefined) return undefined;
      return all.length >= 2 && parts[where]?.['limit'] !== undefined
        ? { page: next, limit: MOST }
        : { page: next };
    },
    placeholderData: keepPreviousData,
    refetchInterval: every ?? false,
    meta: {
      subjects: [...subjectsOf(endpoint.path, parts.params ?? {}), ...subjects],
      livePages: LIVE_PAGES,
    },
  });
  const items = useMemo(() => result.data?.pages.flatMap((page) => page.items) ?? [], [result.data]);
  const { fetchNextPage } = result;
  const more = useMemo(
    () =>
      result.hasNextPage
        ? { loading: result.isFetchingNextPage, load: () => void fetchNextPage() }
        : undefined,
    [result.hasNextPage, result.isFetchingNextPage, fetchNextPage],
  );
  return {
    items,
    more,
    error: result.error,
    loading: result.isPending,
    /** Shown while the next question is under way. */
    stale: result.isPlaceholderData,
    live: (result.data?.pages.length ?? 0) <= LIVE_PAGES,
    refresh: () => void result.refetch(),
  };
}
