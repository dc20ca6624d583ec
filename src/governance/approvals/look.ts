import type { Ctx, Resource } from '../../platform/ctx/index.ts';
import type { Policy, Target } from '../contract/approvals.ts';
import { aboutOf, guarding, resourcesOf, wantsOf, type About } from './covers.ts';
import { factsOf, type Facts } from './facts.ts';
import { peopleOf } from './people.ts';
import { readsOf, type Reads } from './reads.ts';
import { standing, type Asked, type Now, type Standing, type Word } from './standing.ts';
import { findRequest, type DecisionRow, type RequestRow } from './store.ts';

/** All that the standing of a request follows from, and the standing. */
export interface Stands {
  asked: Asked;
  now: Now;
  decisions: readonly DecisionRow[];
  standing: Standing;
  /** The things whose grants count for it. */
  things: readonly Resource[];
}

export async function standingOf(
  ctx: Ctx,
  row: RequestRow,
  about: About,
  { policies, facts }: { policies: readonly Policy[]; facts: Facts | undefined },
  reads: Reads = readsOf(ctx),
): Promise<Stands> {
  const decisions = await reads.decisions(row.id);
  const asked: Asked = {
    digest: row.sum,
    requested_user: row.requested_user,
    // Who made it may have become known since it was asked for.
    authors: [...new Set([...(JSON.parse(row.authors) as string[]), ...(facts?.authors ?? [])])],
    ended: row.ended === 'promoted' || row.ended === 'withdrawn' ? row.ended : null,
  };
  // Files that are not what was registered are nothing that anybody can have approved.
  const digest = facts?.content === undefined ? '' : facts.digest;
  const now: Now = { at: ctx.clock.now(), digest, checks: facts?.checks ?? [] };
  const things = await resourcesOf(ctx, about, reads.environmentOf);
  const known = await peopleOf(
    ctx,
    things,
    decisions.map(({ user_id }) => user_id),
    reads.rightsOf,
  );
  return {
    asked,
    now,
    decisions,
    things,
    standing: standing(asked, decisions.map(toWord), wantsOf(policies), known, now),
  };
}

export interface Looked extends Stands {
  about: About;
  /** What its model is called today. */
  model: string;
  policies: Policy[];
  /** Absent where the version is gone. */
  facts: Facts | undefined;
}

/** The things whose grants count for a request, by what they are called today; none where there is no such request. */
export async function subjectsOf(ctx: Ctx, id: string): Promise<readonly Resource[]> {
  const row = await findRequest(ctx, id);
  return row ? resourcesOf(ctx, (await whatAbout(row, readsOf(ctx))).about) : [];
}

async function whatAbout(row: RequestRow, reads: Reads) {
  const told = (await reads.told(row.version_ref)).get(row.version_ref)?.facts;
  const name = told?.model ?? row.model;
  const ref = `model:${row.version_ref.slice('model_version:'.length, row.version_ref.lastIndexOf('/'))}`;
  return { told, name, about: aboutOf(JSON.parse(row.target_said) as Target, { name, ref }) }; // written by this room
}

/** A request beside the world of now. What is approved is about the model by its name in the ledger; policies go by what it is called today. */
export async function asItStands(ctx: Ctx, row: RequestRow, reads: Reads = readsOf(ctx)): Promise<Looked> {
  const { about, told, name } = await whatAbout(row, reads);
  const policies = await guarding(ctx, about, await reads.policies(), reads.environmentOf);
  const facts = told?.registered
    ? await factsOf(ctx, about, { model: name, version: row.version }, policies)
    : undefined;
  const stands = await standingOf(ctx, row, about, { policies, facts }, reads);
  return { about, model: name, policies, facts, ...stands };
}

export const toWord = ({ user_id, verdict, sum, at }: DecisionRow): Word => ({
  user: user_id,
  verdict: verdict === 'approve' || verdict === 'break_glass' ? verdict : 'reject',
  digest: sum,
  at,
});
