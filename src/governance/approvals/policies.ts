import type { Ctx } from '../../platform/ctx/index.ts';
import { missing } from '../../platform/errors/index.ts';
import type { Policy, Terms } from '../contract/approvals.ts';
import { digestOf, policiesNow, toPolicy, whole } from './covers.ts';
import { endRevisions, insertPolicy, selectRevisions, type PolicyRow } from './store.ts';

export const listPolicies = async (ctx: Ctx): Promise<{ items: Policy[] }> => ({
  items: await policiesNow(ctx),
});

export async function getPolicy(ctx: Ctx, name: string): Promise<{ items: Policy[] }> {
  const rows = await selectRevisions(ctx, name);
  if (rows.length === 0) throw noPolicy(name);
  return { items: rows.map(toPolicy) };
}

/** A new revision; saying again what holds already is none. */
export function setPolicy(ctx: Ctx, name: string, said: Terms): Promise<Policy> {
  return ctx.write(async (tx) => {
    const terms = whole(said);
    const [newest] = await selectRevisions(tx, name);
    const text = JSON.stringify(terms);
    if (newest && newest.ended_at === null && newest.terms === text) return toPolicy(newest);
    const now = tx.clock.now();
    await endRevisions(tx, name, now);
    const revision = (newest?.revision ?? 0) + 1;
    const row: PolicyRow = {
      workspace: tx.workspace,
      name,
      revision,
      sum: digestOf({ name, revision, terms }),
      terms: text,
      created_at: now,
      created_by: tx.actor.name,
      ended_at: null,
    };
    await insertPolicy(tx, row);
    const resource = `policy:${name}`;
    await tx.record({
      action: 'policy.set',
      resource,
      ...(newest ? { before: { revision: newest.revision, digest: newest.sum } } : {}),
      after: { revision, digest: row.sum, terms },
    });
    await tx.emit({ type: 'policy.set', subject: resource, data: { revision } });
    return toPolicy(row);
  });
}

export function endPolicy(ctx: Ctx, name: string, reason: string): Promise<Policy> {
  return ctx.write(async (tx) => {
    const now = tx.clock.now();
    if (!(await endRevisions(tx, name, now))) throw noPolicy(name);
    const [row] = await selectRevisions(tx, name);
    const resource = `policy:${name}`;
    await tx.record({
      action: 'policy.ended',
      resource,
      before: { revision: row!.revision, digest: row!.sum },
      reason,
    });
    await tx.emit({ type: 'policy.ended', subject: resource, data: { revision: row!.revision } });
    return toPolicy(row!);
  });
}

const noPolicy = (name: string) =>
  missing(`there is no policy '${name}' that holds`, {
    field: 'policy',
    hint: 'list them with: treadle policy',
  });
