import { route, type Route } from '../platform/http/index.ts';
import * as contract from './contract.ts';
import type { Entry } from './contract.ts';
import { entryText } from './entry.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import type { LedgerRoom } from './open-ledger.ts';
import { walkLineage } from './lineage.ts';
import { listEntries, toEntry } from './list-entries.ts';
import { proveConsistency, proveEntry } from './proofs.ts';

/** What people are called, which the ledger does not keep: handed in by the room that knows. */
export interface Names {
  namesBehind(
    ctx: Ctx,
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, { person?: string; token?: string }>>;
  idOfNamed(ctx: Ctx, name: string): Promise<string | undefined>;
}

export const ledgerRoutes = (ledger: Pick<LedgerRoom, 'verify' | 'checkpoint'>, names: Names): Route[] => [
  route(contract.listEntries, async (ctx, { query }) => {
    const { actor } = query;
    const person = actor === undefined ? undefined : await names.idOfNamed(ctx, actor);
    const found = await listEntries(ctx, person === undefined ? query : { ...query, actor: person });
    return { ...found, items: await called(ctx, names, found.items) };
  }),
  route(contract.getEntry, async (ctx, { params }) => {
    const { entry, ...proof } = await proveEntry(ctx, params.seq);
    const [told] = await called(ctx, names, [toEntry(entry)]);
    return { entry: told!, text: entryText(entry), ...proof };
  }),
  route(contract.getCheckpoint, (ctx) => ledger.checkpoint(ctx)),
  route(contract.getConsistency, (ctx, { query }) => proveConsistency(ctx, query.first, query.second)),
  route(contract.verify, (ctx) => ledger.verify(ctx)),
  route(contract.getLineage, (ctx, { params, query }) => walkLineage(ctx, params.node, query)),
];

async function called(ctx: Ctx, names: Names, entries: readonly Entry[]): Promise<Entry[]> {
  const behind = await names.namesBehind(
    ctx,
    entries.map(({ actor }) => actor.id),
  );
  return entries.map((entry) => ({ ...entry, actor: { ...entry.actor, ...behind.get(entry.actor.id) } }));
}
