export { arrowsAt, MOST_NODES, onceEach, walkLineage, type LineageArrow, type MetArrow } from './lineage.ts';
export { listEntries } from './list-entries.ts';
export { proveConsistency, proveEntry } from './proofs.ts';
export { openLedger, type LedgerRoom } from './open-ledger.ts';
export { ledgerRoutes } from './routes.ts';
export { requireKey } from './require-key.ts';
export { migrations } from './schema.ts';
export { idOf, nounOf, type Linker, type Origin, type Teller, type Told } from './told.ts';
export { walk } from './walk.ts';
