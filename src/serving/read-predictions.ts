import { createTurns } from '../platform/aside/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import type { Engine } from './engine.ts';
import { isSampled, rulesAt } from './record-rules.ts';
import { findRevisionBySerial, type NamedRevision } from './store.ts';

/** What the id of a prediction says, which needs no row of it. */
export interface ReadPrediction {
  /** Id of the endpoint that answered. */
  endpoint: string;
  role: 'champion' | 'canary' | 'shadow';
  /** When, ms since 1970. */
  at: number;
  /** False: the endpoint records a share of its predictions, and this is none of it. */
  recorded: boolean;
}

/** By id; what this server did not make, or another workspace was answered, is left out. */
export async function readPredictions(
  ctx: Ctx,
  ids: readonly string[],
  { ids: form }: Pick<Engine, 'ids'>,
): Promise<Map<string, ReadPrediction>> {
  const revisions = new Map<number, NamedRevision | undefined>();
  const found = new Map<string, ReadPrediction>();
  const turns = createTurns();
  for (const id of ids) {
    const due = turns();
    if (due) await due;
    const read = form.read(id);
    if (!read) continue;
    const { serial, role, at } = read;
    if (!revisions.has(serial)) revisions.set(serial, await findRevisionBySerial(ctx, serial));
    const row = revisions.get(serial);
    if (!row) continue;
    const recorded = isSampled(id, rulesAt(row, at).sample);
    found.set(id, { endpoint: row.endpoint_id, role, at, recorded });
  }
  return found;
}
