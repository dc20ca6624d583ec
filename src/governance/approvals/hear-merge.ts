import { personCalled, type Person } from '../../access/index.ts';
import { getVersion } from '../../models/index.ts';
import type { Ctx } from '../../platform/ctx/index.ts';
import type { Policy } from '../contract/approvals.ts';
import { resourcesOf, wantsOf } from './covers.ts';
import { asItStands, toWord } from './look.ts';
import type { Say } from './notices.ts';
import { peopleOf } from './people.ts';
import { standing } from './standing.ts';
import {
  findRequest,
  insertDecision,
  requireRequest,
  setRequester,
  wordOfMerge,
  type DecisionRow,
} from './store.ts';

/** A merged change that asks for a version, as a Git host told of it by its own API. */
export interface MergedChange {
  /** The connection. */
  host: string;
  commit: string;
  number: number;
  /** Accounts at the host. */
  merged_by: string;
  author: string;
  merged_at: number;
}

/** Whether a merge on this host could be somebody's word about a request. */
export async function mergesCount(ctx: Ctx, id: string, host: string): Promise<boolean> {
  const row = await findRequest(ctx, id);
  if (!row || row.ended !== null) return false;
  const { policies } = await asItStands(ctx, row);
  return policies.length > 0 && policies.every((policy) => peopleAt(policy, host) !== undefined);
}

/** Somebody's merge as their word, with all rules of a word. Returns what came of it, in a sentence. */
export function hearMerge(ctx: Ctx, id: string, merge: MergedChange, say: Say): Promise<string> {
  const { host, commit, number, merged_by: by, author, merged_at: at } = merge;
  const words = `the merge of #${number} by ${by} on ${host}`;
  return ctx.write(async (tx) => {
    const found = await findRequest(tx, id);
    if (!found || found.ended !== null) return 'nothing is asked for any more';
    const policies = (await asItStands(tx, found)).policies;
    // Who proposed the change has asked for it, whoever they are.
    const proposer = await personAt(tx, policies, host, author);
    if (typeof proposer !== 'object')
      return `${words} is no approval: who proposed it is not known: ${proposer}`;
    await setRequester(tx, found.id, proposer.id);
    const row = await requireRequest(tx, id);
    const stands = await asItStands(tx, row);
    if (by.toLowerCase() === author.toLowerCase())
      return `${words} is no approval: they proposed it themselves`;
    const person = await personAt(tx, policies, host, by);
    if (typeof person !== 'object') return `${words} is no approval: ${person}`;
    // Whoever opened the request here: with another account they would approve what they wrote.
    if (person.id === proposer.id) return `${words} is no approval: ${person.name} proposed it themselves`;
    const version = await getVersion(tx, stands.model, String(row.version));
    if (version.created_at > at) return `${words} was before version ${row.version} was registered`;
    if (stands.decisions.some(({ user_id: user }) => user === person.id))
      return `${person.name} has decided about it here`;
    const word = await wordOfMerge(tx, {
      target: row.target,
      merge: `${host}:${commit}`,
      version_ref: row.version_ref,
      sum: row.sum,
      request_id: row.id,
    });
    if (word.version_ref !== row.version_ref || word.sum !== row.sum)
      return `${words} was about what it was then, and that has changed since`;
    if (word.request_id !== row.id) return `${words} was heard about request ${word.request_id} already`;
    const decision: DecisionRow = {
      request_id: row.id,
      seq: stands.decisions.length + 1,
      workspace: tx.workspace,
      verdict: 'approve',
      user_id: person.id,
      user_name: person.name,
      sum: row.sum,
      why: `merged #${number} as ${by} on ${host}, commit ${commit.slice(0, 10)}`,
      at: Math.min(at, tx.clock.now()),
    };
    const all = [...stands.decisions, decision].map(toWord);
    const known = await peopleOf(
      tx,
      await resourcesOf(tx, stands.about),
      all.map(({ user }) => user),
    );
    const after = standing(stands.asked, all, wantsOf(stands.policies), known, stands.now);
    const not = after.state === 'void' ? after.says : after.words.at(-1);
    if (not !== undefined) return `${words} is no approval of ${person.name}: ${not}`;
    await insertDecision(tx, decision);
    const resource = `request:${row.id}`;
    await tx.record({
      action: 'request.approved_by',
      resource,
      after: {
        user: person.id,
        digest: row.sum,
        verdict: 'approve',
        state: after.state,
        merge: { host, commit, number, merged_by: by, author },
      },
      reason: decision.why,
      edges: [{ from: resource, to: `user:${person.id}`, relation: 'decided-by' }],
    });
    await tx.emit({
      type: 'request.decided',
      subject: resource,
      data: {
        verdict: 'approve',
        state: after.state,
        ...(row.asked_by === null ? {} : { asked_by: row.asked_by }),
      },
    });
    if (after.state === 'approved')
      await say(tx, row, stands.about, {
        event: 'resolved',
        step: decision.seq,
        text: `${after.says}: ${decision.why}`,
      });
    return `${words} is the approval of ${person.name}`;
  });
}

const peopleAt = ({ terms }: Policy, host: string): Readonly<Record<string, string>> | undefined =>
  terms.merges?.find((one) => one.host === host)?.people;

/** Who has this account, if all policies say the same; else why nobody does. */
async function personAt(
  ctx: Ctx,
  policies: readonly Policy[],
  host: string,
  account: string,
): Promise<Person | string> {
  const called = policies.map(
    (policy) =>
      Object.entries(peopleAt(policy, host) ?? {}).find(
        ([one]) => one.toLowerCase() === account.toLowerCase(),
      )?.[1],
  );
  const [first] = called;
  if (first === undefined || called.some((one) => one !== first))
    return `${policies.length > 1 ? 'not all policies say' : 'the policy does not say'} who ${account} is here`;
  return (await personCalled(ctx, first)) ?? `there is no '${first}' here`;
}
