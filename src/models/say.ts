import { createHash } from 'node:crypto';
import type { LedgerRecord, Tx } from '../platform/ctx/index.ts';

/** One change, said once for both who keeps records and who listens. */
export async function say(tx: Tx, entry: LedgerRecord, data: object = {}): Promise<void> {
  await tx.record(entry);
  await tx.emit({ type: entry.action, subject: entry.resource, data });
}

/** Text as the ledger keeps it: itself when short, its digest when long. */
export const brief = (text: string): unknown =>
  text.length <= 200
    ? text
    : { length: text.length, sha256: createHash('sha256').update(text).digest('hex') };
