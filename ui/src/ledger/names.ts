import { useQueries, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { nameIds } from '../../../src/data/contract.ts';
import { listTurns } from '../../../src/loops/contract.ts';
import { getMonitor, listAlerts } from '../../../src/monitoring/contract.ts';
import { listExecutions } from '../../../src/pipelines/contract.ts';
import { listReleases } from '../../../src/releases/contract.ts';
import { listEndpoints, listRevisions } from '../../../src/serving/contract.ts';
import { searchRuns } from '../../../src/tracking/contract.ts';
import { listEvaluations } from '../../../src/validation/contract.ts';
import { api } from '../api/client.ts';

const MOST = 150;
const ID = /^[0-9a-f]{32}$/;

/** What resources are called by people, where the ledger has only their ids: `dataset_version:…` → `flights@v3`, `run:…` → its name. */
export function useNames(resources: readonly string[]): ReadonlyMap<string, string> {
  const data = idsOf(resources, /^dataset(_version)?$/);
  const runs = idsOf(resources, /^run$/);
  const named = useQuery({
    ...api(nameIds, { query: { ids: data.join(',') } }),
    enabled: data.length > 0,
    placeholderData: (before) => before,
  });
  const found = useQuery({
    ...api(searchRuns, {
      body: {
        experiments: [],
        columns: [],
        state: 'all',
        limit: MOST,
        filter: `attributes.run_id IN (${runs.map((id) => `'${id}'`).join(', ')})`,
      },
    }),
    enabled: runs.length > 0,
    placeholderData: (before) => before,
  });
  const some = (...nouns: string[]): boolean =>
    resources.some((resource) => nouns.includes(resource.slice(0, resource.indexOf(':'))));
  const executions = useQuery({
    ...api(listExecutions, { query: { limit: 500 } }),
    enabled: some('execution'),
  });
  const releases = useQuery({ ...api(listReleases, { query: { limit: 500 } }), enabled: some('release') });
  const alerts = useQuery({ ...api(listAlerts, { query: { limit: 500 } }), enabled: some('alert') });
  const turns = useQuery({ ...api(listTurns, { query: { limit: 500 } }), enabled: some('loop_turn') });
  const serving = some('endpoint', 'revision', 'monitor');
  const endpoints = useQuery({ ...api(listEndpoints, { query: { limit: 500 } }), enabled: serving });
  const evaluations = useQuery({
    ...api(listEvaluations, { query: { limit: 500 } }),
    enabled: some('evaluation'),
  });
  // Revisions and monitors are found by endpoint only.
  const earlier = useQueries({
    queries: some('revision')
      ? (endpoints.data?.items ?? [])
          .slice(0, 10)
          .map(({ name }) => api(listRevisions, { params: { endpoint: name }, query: { limit: 200 } }))
      : [],
    combine: (found) => found.flatMap(({ data }) => data?.items ?? []),
  });
  const monitors = useQueries({
    queries: some('monitor')
      ? (endpoints.data?.items ?? [])
          .slice(0, 10)
          .map(({ name }) => ({ ...api(getMonitor, { params: { endpoint: name } }), retry: false }))
      : [],
    combine: (found) => found.flatMap(({ data }) => data ?? []),
  });
  return useMemo(() => {
    const names = new Map<string, string>();
    for (const { id, dataset, version } of named.data?.items ?? [])
      names.set(
        version === undefined ? `dataset:${id}` : `dataset_version:${id}`,
        version === undefined ? dataset : `${dataset}@${version}`,
      );
    for (const { id, name } of found.data?.items ?? []) names.set(`run:${id}`, name);
    for (const { id, pipeline, number } of executions.data?.items ?? [])
      names.set(`execution:${id}`, `${pipeline} #${number}`);
    for (const { ref, model, version, data } of evaluations.data?.items ?? [])
      names.set(ref, `${model} v${version} on ${data}`);
    for (const { ref, name } of endpoints.data?.items ?? []) names.set(ref, name);
    for (const { ref, endpoint, revision } of earlier) names.set(ref, `${endpoint} #${revision}`);
    for (const { ref, endpoint } of monitors) names.set(ref, `of ${endpoint}`);
    for (const { ref, model, version } of releases.data?.items ?? []) names.set(ref, `${model} v${version}`);
    for (const { ref, endpoint, cause } of alerts.data?.items ?? [])
      names.set(ref, `${cause} of ${endpoint}`);
    for (const { ref, loop, trigger } of turns.data?.items ?? []) names.set(ref, `${loop}, ${trigger}`);
    return names;
  }, [
    named.data,
    found.data,
    executions.data,
    endpoints.data,
    evaluations.data,
    earlier,
    monitors,
    releases.data,
    alerts.data,
    turns.data,
  ]);
}

/** Sorted, so that the same resources in another order are the same question. */
function idsOf(resources: readonly string[], noun: RegExp): string[] {
  const ids = resources.flatMap((resource) => {
    const colon = resource.indexOf(':');
    const [word, id] = [resource.slice(0, colon), resource.slice(colon + 1)];
    return noun.test(word) && ID.test(id) ? [id] : [];
  });
  return [...new Set(ids)].slice(0, MOST).toSorted();
}
