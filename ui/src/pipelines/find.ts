import { listPipelines } from '../../../src/pipelines/contract.ts';
import { call } from '../api/client.ts';
import type { Found } from '../rooms.ts';

/** Pipelines whose name holds the text. */
export async function findPipelines(text: string, signal: AbortSignal): Promise<Found[]> {
  const { items } = await call(listPipelines, { query: { limit: 1000 } }, { signal });
  return items
    .filter(({ name }) => name.toLowerCase().includes(text.toLowerCase()))
    .slice(0, 6)
    .map((pipeline) => ({
      id: `pipeline:${pipeline.name}`,
      label: pipeline.name,
      ...(pipeline.latest ? { detail: `#${pipeline.latest.number} ${pipeline.latest.state}` } : {}),
      icon: 'pipeline',
      to: `/pipelines/${encodeURIComponent(pipeline.name)}`,
    }));
}
