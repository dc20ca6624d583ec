import type { Tx } from '../platform/ctx/index.ts';
import { holdModel } from './store.ts';
import { requireVersion } from './store-versions.ts';

/**
 * For who begins to need a version, in the transaction that says so: it is there, and nobody deletes it until the transaction ends.
 * Whoever deletes it afterwards finds the new use.
 */
export async function holdVersion(tx: Tx, name: string, version: number): Promise<void> {
  await requireVersion(tx, await holdModel(tx, name), version);
}
