import { createTurns } from '../platform/aside/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { Value } from 'typebox/value';
import { Entry } from './contract.ts';
import { selectEntries, type EntryRow } from './store.ts';

export interface EntryQuery {
  action?: string;
  resource?: string;
  actor?: string;
  since?: number;
  until?: number;
  limit?: number;
  page?: string;
}

/** Entries that are read at once. */
const STEP = 100;
/** A page that holds so many characters is not continued: an entry may have a thousand edges. */
const FULL = 4 * 1024 * 1024;

/** Newest first; only of the caller's workspace. */
export async function listEntries(
  ctx: Ctx,
  { limit = 100, page, ...filter }: EntryQuery,
): Promise<{ items: Entry[]; next?: string }> {
  const items: Entry[] = [];
  const turns = createTurns();
  for (let [before, size] = [page === undefined ? undefined : Number(page), 0]; ;) {
    const step = Math.min(STEP, limit - items.length);
    const rows = await selectEntries(ctx, {
      ...filter,
      ...(before === undefined ? {} : { before }),
      limit: step + 1,
    });
    for (const row of rows.slice(0, step)) {
      items.push(toEntry(row));
      size += (row.before ?? '').length + (row.after ?? '').length + (row.edges ?? '').length;
      const due = turns();
      if (due) await due;
    }
    if (rows.length <= step) return { items };
    before = items.at(-1)!.seq;
    if (items.length === limit || size > FULL) return { items, next: String(before) };
  }
}

export function toEntry(row: EntryRow): Entry {
  const json = (text: string | null): unknown => (text === null ? undefined : JSON.parse(text));
  const entry: Record<string, unknown> = {
    seq: row.seq,
    time: row.time,
    action: row.action,
    resource: row.resource,
    actor: { kind: row.actor_kind, id: row.actor_id, name: row.actor_name },
    request_id: row.request_id,
    before: json(row.before),
    after: json(row.after),
    reason: row.reason ?? undefined,
    edges: json(row.edges),
    leaf: row.leaf,
  };
  for (const [field, value] of Object.entries(entry)) if (value === undefined) delete entry[field];
  return Value.Parse(Entry, entry);
}
