import { route, type Route } from '../platform/http/index.ts';
import * as contract from './contract.ts';
import { entryText } from './entry.ts';
import type { LedgerRoom } from './open-ledger.ts';
import { walkLineage } from './lineage.ts';
import { listEntries, toEntry } from './list-entries.ts';
import { proveConsistency, proveEntry } from './proofs.ts';

export const ledgerRoutes = (ledger: Pick<LedgerRoom, 'verify' | 'checkpoint'>): Route[] => [
  route(contract.listEntries, (ctx, { query }) => listEntries(ctx, query)),
  route(contract.getEntry, async (ctx, { params }) => {
    const { entry, ...proof } = await proveEntry(ctx, params.seq);
    return { entry: toEntry(entry), text: entryText(entry), ...proof };
  }),
  route(contract.getCheckpoint, (ctx) => ledger.checkpoint(ctx)),
  route(contract.getConsistency, (ctx, { query }) => proveConsistency(ctx, query.first, query.second)),
  route(contract.verify, (ctx) => ledger.verify(ctx)),
  route(contract.getLineage, (ctx, { params, query }) => walkLineage(ctx, params.node, query)),
];
