import { nameIds } from '../../data/contract.ts';
import { listExecutions } from '../../pipelines/contract.ts';
import { listEndpoints, listRevisions } from '../../serving/contract.ts';
import { listExperiments, searchRuns } from '../../tracking/contract.ts';
import { listEvaluations } from '../../validation/contract.ts';
import type { Client } from './client.ts';

/** Ids that one question may name. */
const MOST = 150;
const ID = /^[0-9a-f]{32}$/;

/**
 * What things are called by people where the ledger has only their ids: `run:…` → `train #3`, `dataset_version:…` → `flights@v3`.
 * What has no name, or may not be asked for, is left out.
 */
export async function namesOf(
  client: Client,
  resources: Iterable<string>,
): Promise<ReadonlyMap<string, string>> {
  const all = [...new Set(resources)];
  const some = (noun: string): boolean => all.some((one) => one.startsWith(`${noun}:`));
  const names = new Map<string, string>();
  const asked = [
    async () => {
      const ids = idsOf(all, /^dataset(_version)?$/);
      if (ids.length === 0) return;
      const { items } = await client.call(nameIds, { query: { ids: ids.join(',') } });
      for (const { id, dataset, version } of items)
        names.set(
          version === undefined ? `dataset:${id}` : `dataset_version:${id}`,
          version === undefined ? dataset : `${dataset}@${version}`,
        );
    },
    async () => {
      const ids = idsOf(all, /^run$/);
      if (ids.length === 0) return;
      const filter = `attributes.run_id IN (${ids.map((id) => `'${id}'`).join(', ')})`;
      const { items } = await client.call(searchRuns, {
        body: { experiments: [], columns: [], state: 'all', limit: MOST, filter },
      });
      for (const { id, name } of items) names.set(`run:${id}`, name);
    },
    async () => {
      if (!some('experiment')) return;
      const { items } = await client.call(listExperiments, { query: { limit: 500, state: 'all' } });
      for (const { id, name } of items) names.set(`experiment:${id}`, name);
    },
    async () => {
      if (!some('execution')) return;
      const { items } = await client.call(listExecutions, { query: { limit: 500 } });
      for (const { id, pipeline, number } of items) names.set(`execution:${id}`, `${pipeline} #${number}`);
    },
    async () => {
      if (!some('evaluation')) return;
      const { items } = await client.call(listEvaluations, { query: { limit: 500 } });
      for (const { ref, model, version, data } of items) names.set(ref, `${model}@v${version} on ${data}`);
    },
    async () => {
      if (!some('endpoint') && !some('revision')) return;
      const { items } = await client.call(listEndpoints, { query: { limit: 500 } });
      for (const { ref, name } of items) names.set(ref, name);
      if (!some('revision')) return;
      for (const { name } of items.slice(0, 10)) {
        const found = await client.call(listRevisions, {
          params: { endpoint: name },
          query: { limit: 200 },
        });
        for (const { ref, endpoint, revision } of found.items) names.set(ref, `${endpoint} #${revision}`);
      }
    },
  ];
  // A name is a courtesy: without it the id is shown.
  await Promise.all(asked.map((ask) => ask().catch(() => undefined)));
  return names;
}

/** `train #3 (run:01a2072e…)`: the name first, and what other commands take; a thing without a name is its id. */
export function named(resource: string, names: ReadonlyMap<string, string>): string {
  const name = names.get(resource);
  if (name === undefined) return resource;
  return `${name} (${resource})`;
}

function idsOf(resources: readonly string[], noun: RegExp): string[] {
  return resources
    .flatMap((resource) => {
      const colon = resource.indexOf(':');
      const id = resource.slice(colon + 1);
      return noun.test(resource.slice(0, colon)) && ID.test(id) ? [id] : [];
    })
    .slice(0, MOST);
}
