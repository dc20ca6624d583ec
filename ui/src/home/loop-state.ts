import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { listDatasets } from '../../../src/data/contract.ts';
import { listModels } from '../../../src/models/contract.ts';
import { listPipelines } from '../../../src/pipelines/contract.ts';
import { listEndpoints } from '../../../src/serving/contract.ts';
import { listExperiments, searchRuns } from '../../../src/tracking/contract.ts';
import { api, ApiError } from '../api/client.ts';
import { SERVING_SUBJECTS } from '../endpoints/refresh.ts';
import type { Station } from './loop-picture.tsx';
import { loopWords, stationsOf } from './loop-words.ts';

/** More than this is "many": the picture shows the order of things, the lists the numbers. */
const COUNTED = 1000;

/** The present state of every leg of the loop that exists. */
export function useLoop(): {
  stations: readonly Station[] | undefined;
  words: string;
  empty: boolean;
  error: unknown;
  retry(): void;
} {
  const datasets = useQuery(api(listDatasets, { query: { limit: COUNTED } }));
  const pipelines = useQuery(api(listPipelines, { query: { limit: COUNTED } }, ['execution:*']));
  const experiments = useQuery(api(listExperiments, { query: { limit: COUNTED } }, ['run:*']));
  const newest = useQuery(api(searchRuns, { body: { experiments: [], limit: 1, columns: [] } }, ['run:*']));
  const models = useQuery(api(listModels, { query: { limit: COUNTED, sort: 'updated' } }));
  const endpoints = useQuery(api(listEndpoints, { query: { limit: 500 } }, SERVING_SUBJECTS));
  const all = [datasets, pipelines, experiments, newest, models, endpoints];
  const state = useMemo(() => {
    // A server without the room has no such leg, and it is not drawn.
    const without = (room: { error: unknown }) => room.error instanceof ApiError && room.error.status === 404;
    if (!datasets.data || !experiments.data || !newest.data || !models.data) return undefined;
    if (!(pipelines.data || without(pipelines)) || !(endpoints.data || without(endpoints))) return undefined;
    return {
      datasets: datasets.data,
      pipelines: pipelines.data,
      experiments: experiments.data,
      newest: newest.data.items[0],
      models: models.data,
      endpoints: endpoints.data,
    };
  }, [datasets.data, pipelines, experiments.data, newest.data, models.data, endpoints]);
  return {
    stations: useMemo(() => state && stationsOf(state), [state]),
    words: state === undefined ? ' ' : loopWords(state),
    empty:
      state !== undefined &&
      state.datasets.items.length + (state.pipelines?.items.length ?? 0) + state.models.items.length === 0 &&
      state.newest === undefined,
    error: all.find((query) => query.error && state === undefined)?.error,
    retry: () => {
      for (const query of all) if (query.error) void query.refetch();
    },
  };
}
