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

/** Newest first; only of the caller's workspace. */
export async function listEntries(
  ctx: Ctx,
  { limit = 100, page, ...filter }: EntryQuery,
): Promise<{ items: Entry[]; next?: string }> {
  const rows = await selectEntries(ctx, {
    ...filter,
    ...(page === undefined ? {} : { before: Number(page) }),
    limit: limit + 1,
  });
  const items = rows.slice(0, limit).map(toEntry);
  return rows.length > limit ? { items, next: String(items.at(-1)!.seq) } : { items };
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
