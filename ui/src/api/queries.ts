import { QueryClient } from '@tanstack/react-query';
import { ApiError } from './client.ts';
import { Live } from './live.ts';

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // Events say when something changed; until then what was read holds.
      staleTime: 60_000,
      gcTime: 5 * 60_000,
      // A refusal stays a refusal; only what may pass by itself is tried again.
      retry: (count, error) =>
        count < 2 && (!(error instanceof ApiError) || error.status === 0 || error.status >= 500),
      retryDelay: (count) => 400 * 2 ** count,
      // The server may be this very machine: a browser that says it is offline still reaches it.
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
});

export const live = new Live(queries);
