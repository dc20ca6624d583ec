import { listDatasets } from '../../../src/data/contract.ts';
import { call } from '../api/client.ts';
import type { Found } from '../rooms.ts';

/** Datasets whose name holds the text. There are few: they are listed whole. */
export async function findDatasets(text: string, signal: AbortSignal): Promise<Found[]> {
  const { items } = await call(listDatasets, { query: { limit: 1000 } }, { signal });
  return items
    .filter(({ name }) => name.toLowerCase().includes(text.toLowerCase()))
    .slice(0, 6)
    .map((dataset) => ({
      id: `dataset:${dataset.name}`,
      label: dataset.name,
      ...(dataset.latest ? { detail: dataset.latest.name } : {}),
      icon: 'data',
      to: `/datasets/${encodeURIComponent(dataset.name)}`,
    }));
}
