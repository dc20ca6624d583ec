import { listEndpoints } from '../../../src/serving/contract.ts';
import { call } from '../api/client.ts';
import type { Found } from '../rooms.ts';
import { trafficWords } from './traffic-words.ts';

/** Looks like the id of a prediction: long, without spaces. The server knows whether it is one. */
const PREDICTION = /^[A-Za-z0-9_-]{16,64}$/;

/** Endpoints whose name holds the text; and a prediction, where one was pasted. */
export async function findEndpoints(text: string, signal: AbortSignal): Promise<Found[]> {
  const { items } = await call(
    listEndpoints,
    { query: { limit: 6, ...(text === '' ? {} : { name: text.slice(0, 100) }) } },
    { signal },
  );
  const found: Found[] = items.map((endpoint) => ({
    id: `endpoint:${endpoint.name}`,
    label: endpoint.name,
    detail: endpoint.current ? trafficWords(endpoint.current.variants) : 'nothing answers',
    icon: 'endpoint',
    to: `/endpoints/${encodeURIComponent(endpoint.name)}`,
  }));
  if (items.length === 0 && PREDICTION.test(text) && /\d/.test(text))
    found.push({
      id: `prediction:${text}`,
      label: `Prediction ${text}`,
      detail: 'where it came from',
      icon: 'search',
      to: `/predictions/${encodeURIComponent(text)}`,
    });
  return found;
}
