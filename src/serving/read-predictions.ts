import { createTurns } from '../platform/aside/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import type { Engine } from './engine.ts';
import { findRevisionBySerial } from './store.ts';

/** What the id of a prediction says, which needs no row of it. */
export interface ReadPrediction {
  /** Id of the endpoint that answered. */
  endpoint: string;
  role: 'champion' | 'canary' | 'shadow';
  /** When, ms since 1970. */
  at: number;
}

/** By id; what this server did not make, or another workspace was answered, is left out. */
export async function readPredictions(
  ctx: Ctx,
  ids: readonly string[],
  { ids: form }: Pick<Engine, 'ids'>,
): Promise<Map<string, ReadPrediction>> {
  const endpoints = new Map<number, string | undefined>();
  const found = new Map<string, ReadPrediction>();
  const turns = createTurns();
  for (const id of ids) {
    const due = turns();
    if (due) await due;
    const read = form.read(id);
    if (!read) continue;
    const { serial, role, at } = read;
    if (!endpoints.has(serial)) endpoints.set(serial, (await findRevisionBySerial(ctx, serial))?.endpoint_id);
    const endpoint = endpoints.get(serial);
    if (endpoint !== undefined) found.set(id, { endpoint, role, at });
  }
  return found;
}
