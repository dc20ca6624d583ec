import { canonical } from './canonical.ts';
import { leafHash } from './merkle.ts';
import type { LedgerTables } from './schema.ts';

/** What a leaf covers: every column but the hashes. */
export type EntryContent = Omit<LedgerTables['ledger_entry'], 'leaf' | 'root'>;

/**
 * The canonical JSON of an entry, byte for byte what its leaf hash covers. `before`, `after` and `edges` are stored as
 * canonical JSON and go in as they are, so any byte that changes in the table changes the hash.
 */
export function entryText(row: EntryContent): string {
  const actor = `{"id":${canonical(row.actor_id, 'actor')},"kind":${canonical(row.actor_kind)},"name":${canonical(row.actor_name, 'actor')}}`;
  const parts = [
    `"action":${canonical(row.action, 'action')}`,
    `"actor":${actor}`,
    ...(row.after === null ? [] : [`"after":${row.after}`]),
    ...(row.before === null ? [] : [`"before":${row.before}`]),
    ...(row.edges === null ? [] : [`"edges":${row.edges}`]),
    ...(row.reason === null ? [] : [`"reason":${canonical(row.reason, 'reason')}`]),
    `"request_id":${canonical(row.request_id)}`,
    `"resource":${canonical(row.resource, 'resource')}`,
    `"seq":${row.seq}`,
    `"time":${row.time}`,
    `"workspace":${canonical(row.workspace)}`,
  ];
  return `{${parts.join(',')}}`;
}

export const entryLeaf = (row: EntryContent): Buffer => leafHash(Buffer.from(entryText(row), 'utf8'));
