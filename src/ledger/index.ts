export { walkLineage, type Lineage } from './lineage.ts';
export { listEntries } from './list-entries.ts';
export { proveConsistency, proveEntry } from './proofs.ts';
export { openLedger, type LedgerRoom } from './open-ledger.ts';
export { ledgerRoutes } from './routes.ts';
export { requireKey } from './require-key.ts';
export { migrations } from './schema.ts';
