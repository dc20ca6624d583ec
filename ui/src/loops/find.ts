import { listLoops } from '../../../src/loops/contract.ts';
import { call } from '../api/client.ts';
import type { Found } from '../rooms.ts';
import { LOOP_WORDS } from './turn-words.ts';

/** Loops whose name holds the text. */
export async function findLoops(text: string, signal: AbortSignal): Promise<Found[]> {
  const { items } = await call(listLoops, { query: { limit: 500 } }, { signal });
  return items
    .filter(({ name }) => name.toLowerCase().includes(text.toLowerCase()))
    .slice(0, 6)
    .map(({ name, state }) => ({
      id: `loop:${name}`,
      label: name,
      detail: LOOP_WORDS[state],
      icon: 'loop',
      to: `/loops/${encodeURIComponent(name)}`,
    }));
}
