import { listModels } from '../../../src/models/contract.ts';
import { call } from '../api/client.ts';
import { plural } from '../kit/format.ts';
import type { Found } from '../rooms.ts';

/** Models whose name holds the text; with no text, those that changed last. */
export async function findModels(text: string, signal: AbortSignal): Promise<Found[]> {
  const { items } = await call(
    listModels,
    { query: { limit: 6, sort: 'updated', ...(text === '' ? {} : { search: text }) } },
    { signal },
  );
  return items.map((model) => ({
    id: `model:${model.name}`,
    label: model.name,
    detail: plural(model.versions, 'version'),
    icon: 'model',
    to: `/models/${encodeURIComponent(model.name)}`,
  }));
}
