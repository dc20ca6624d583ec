import {
  NEEDS_APPROVAL,
  tellModelVersions,
  type MovedVersion,
  type MoveGuard,
  type VersionMove,
} from '../../models/index.ts';
import type { Tx } from '../../platform/ctx/index.ts';
import { forbidden, type TreadleError } from '../../platform/errors/index.ts';
import { newId } from '../../platform/ids/index.ts';
import type { Policy } from '../contract/approvals.ts';
import { askWith } from './asking.ts';
import { guarding, keyOf, wantsOf, wordsOf } from './covers.ts';
import { factsOf } from './facts.ts';
import { standingOf } from './look.ts';
import { permit, type How, type Promotion } from './permit.ts';
import type { Standing } from './standing.ts';
import { endRequest, insertPromotion, selectOpenFor, selectPromotions } from './store.ts';

/**
 * The one guard of all that points at versions. In the transaction of the move: either it may be made, and what it rests on is
 * written down with it, or nothing of it is kept.
 */
export const guardMoves: MoveGuard = async (tx, move) => {
  const policies = await guarding(tx, move);
  if (policies.length === 0) return;
  if (move.to.length === 0) return takenAway(tx, move, policies);
  const target = keyOf(move);
  const promotions = await selectPromotions(tx, target);
  if (promotions.length === 0 && move.from.length > 0) await noteFound(tx, target, move.from);
  const before = promotions.map(({ version_ref, content, how, move_key }): Promotion => ({
    version: version_ref,
    content,
    how: howOf(how),
    key: move_key,
  }));
  for (const version of move.to) await arrive(tx, move, version, { policies, target, before });
};

async function arrive(
  tx: Tx,
  move: VersionMove,
  version: MovedVersion,
  { policies, target, before }: { policies: readonly Policy[]; target: string; before: readonly Promotion[] },
): Promise<void> {
  const facts = await factsOf(tx, move, version, policies);
  const requests: Array<{ id: string; standing: Standing }> = [];
  for (const row of await selectOpenFor(tx, target, version.ref))
    requests.push({ id: row.id, ...(await standingOf(tx, row, move, { policies, facts })) });
  const permission = permit(
    { version: version.ref, content: facts.content, requests },
    { from: move.from, promotions: before, wants: wantsOf(policies), key: move.key },
  );
  if (!permission.ok) throw refused(move, version, permission.why, policies, requests[0]);
  const { how, request } = permission;
  if (how === 'stays' || how === 'same move') return;
  const now = tx.clock.now();
  await insertPromotion(tx, {
    id: newId(now),
    workspace: tx.workspace,
    target,
    version_ref: version.ref,
    content: facts.content ?? '',
    how,
    request_id: request ?? null,
    move_key: move.key ?? null,
    at: now,
    by: tx.actor.name,
  });
  if (request === undefined) return;
  // It was read in this transaction: used twice would be a fault of the database.
  if (!(await endRequest(tx, request, 'promoted', now))) throw new Error(`request ${request} was used twice`);
  await tx.record({
    action: 'request.promoted',
    resource: `request:${request}`,
    after: { target, version: version.ref, digest: facts.digest, how, from: [...move.from] },
    edges: [{ from: `request:${request}`, to: version.ref, relation: 'promoted' }],
  });
  await tx.emit({
    type: 'request.promoted',
    subject: `request:${request}`,
    data: { target, model: version.model, version: version.version },
  });
}

/** What stands there when it is moved for the first time under a policy was there before: it may come back. */
async function noteFound(tx: Tx, target: string, refs: readonly string[]): Promise<void> {
  for (const [ref, { facts }] of await tellModelVersions(tx, refs)) {
    const content = facts.registered?.digest;
    if (content === undefined) continue;
    const now = tx.clock.now();
    await insertPromotion(tx, {
      id: newId(now),
      workspace: tx.workspace,
      target,
      version_ref: ref,
      content,
      how: 'found',
      request_id: null,
      move_key: null,
      at: now,
      by: tx.actor.name,
    });
  }
}

/** Pointing at nothing needs nobody's approval, but it stops whoever follows it. */
function takenAway(tx: Tx, move: VersionMove, policies: readonly Policy[]): void {
  if (tx.actor.role === 'admin' || tx.actor.role === 'owner') return;
  throw forbidden(
    `${wordsOf(move)} is guarded by policy ${named(policies)}, and only an admin may take it away`,
    {
      field: move.kind,
      hint: 'ask an admin of the workspace',
    },
  );
}

function refused(
  move: VersionMove,
  { model, version }: MovedVersion,
  why: 'content' | 'approval',
  policies: readonly Policy[],
  newest: { id: string; standing: Standing } | undefined,
): TreadleError {
  const what = `${wordsOf(move)} is guarded by policy ${named(policies)}`;
  if (why === 'content')
    return forbidden(
      `${what}, and the files of ${model} v${version} are not here, or not any more what was registered`,
      {
        field: 'version',
        hint: 'log the model anew, register what was logged as a new version, and ask for that',
        code: 'content-changed',
      },
    );
  const how = askWith(model, version, move);
  const waits = newest && !['void', 'rejected'].includes(newest.standing.state);
  return forbidden(
    `${what}, and ${model} v${version} is not approved for it${newest ? `: of request ${newest.id}, ${newest.standing.says}` : ''}`,
    {
      field: 'version',
      hint: waits
        ? `look at it with: treadle requests ${newest.id}, or at /requests/${newest.id}`
        : move.renamed === undefined
          ? `ask with: ${how}, or at /requests`
          : `choose another name; or take the ${move.kind} ${move.name} of ${move.renamed} away, rename it, and ask then with: ${how}`,
      code: NEEDS_APPROVAL,
    },
  );
}

const named = (policies: readonly Policy[]): string => policies.map(({ name }) => `'${name}'`).join(' and ');

const howOf = (text: string): How =>
  text === 'approved' || text === 'broke_glass' || text === 'going_back' ? text : 'found';
