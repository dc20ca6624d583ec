import { rolesHere } from '../../access/index.ts';
import type { Ctx } from '../../platform/ctx/index.ts';
import { conflict, forbidden } from '../../platform/errors/index.ts';
import type { Verdict } from '../contract/approvals.ts';
import { askWith } from './asking.ts';
import { wantsOf } from './covers.ts';
import { asItStands, toWord } from './look.ts';
import type { Say } from './notices.ts';
import { nameOf, peopleOf, personHere } from './people.ts';
import { standing } from './standing.ts';
import { insertDecision, insertReview, requireRequest, type DecisionRow } from './store.ts';

/** Somebody's word about a request, with the reason. What cannot count is refused at once, with why; what counts today may not tomorrow. */
export function decide(
  ctx: Ctx,
  id: string,
  { verdict, digest, why }: { verdict: Verdict; digest: string; why: string },
  say: Say,
): Promise<void> {
  return ctx.write(async (tx) => {
    const user = personHere(tx);
    // A token may open less than its owner could.
    const held = rolesHere(tx.actor);
    if (verdict === 'break_glass' && !held.some((role) => role === 'admin' || role === 'owner'))
      throw forbidden('only an admin may break the glass', {
        field: 'verdict',
        hint: 'ask an admin of the workspace, or wait for those who approve',
      });
    const row = await requireRequest(tx, id);
    const stands = await asItStands(tx, row);
    if (stands.standing.state === 'void' || row.ended !== null)
      throw conflict(`this request cannot be decided: ${stands.standing.says}`, {
        field: 'request',
        hint:
          stands.facts === undefined
            ? 'its version is gone: ask for another one'
            : `ask anew with: ${askWith(stands.model, row.version, stands.about)}`,
      });
    if (digest !== row.sum)
      throw conflict('that was the digest of something else', {
        field: 'digest',
        hint: `look at it again with: treadle requests ${id}`,
      });
    const decision: DecisionRow = {
      request_id: id,
      seq: stands.decisions.length + 1,
      workspace: tx.workspace,
      verdict,
      user_id: user,
      user_name: await nameOf(tx),
      sum: digest,
      why,
      at: tx.clock.now(),
    };
    const words = [...stands.decisions, decision].map(toWord);
    const after = standing(
      stands.asked,
      words,
      wantsOf(stands.policies),
      await peopleOf(
        tx,
        stands.things,
        words.map((word) => word.user),
      ),
      stands.now,
    );
    const not = after.words.at(-1);
    if (not !== undefined)
      throw forbidden(`your word would not count: ${not}`, {
        field: 'verdict',
        hint: `it takes ${after.needs.map(({ role, count }) => `${count} of role ${role}`).join(', ')}, none of whom asked for it or made it`,
      });
    await insertDecision(tx, decision);
    const resource = `request:${id}`;
    const action = `request.${{ approve: 'approved_by', reject: 'rejected_by', break_glass: 'glass_broken_by' }[verdict]}`;
    await tx.record({
      action,
      resource,
      after: { user, digest, verdict, state: after.state },
      reason: why,
      edges: [{ from: resource, to: `user:${user}`, relation: 'decided-by' }],
    });
    await tx.emit({
      type: 'request.decided',
      subject: resource,
      data: { verdict, state: after.state, ...(row.asked_by === null ? {} : { asked_by: row.asked_by }) },
    });
    if (verdict === 'break_glass') {
      await insertReview(tx, {
        request_id: id,
        workspace: tx.workspace,
        broken_by: user,
        why,
        opened_at: decision.at,
        closed_at: null,
        closed_by: null,
        finding: null,
      });
      await say(tx, row, stands.about, { event: 'firing', step: decision.seq, text: why, broke_glass: true });
    } else if (after.state === 'approved' || after.state === 'rejected')
      await say(tx, row, stands.about, {
        event: 'resolved',
        step: decision.seq,
        text: `${after.says}: ${why}`,
      });
  });
}
