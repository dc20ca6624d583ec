import { getVersion } from '../../models/index.ts';
import type { Ctx, Tx } from '../../platform/ctx/index.ts';
import { conflict, forbidden } from '../../platform/errors/index.ts';
import { newId } from '../../platform/ids/index.ts';
import { endpointIn } from '../../promotions/index.ts';
import type { Target, WishedTarget } from '../contract/approvals.ts';
import { aboutOf, guarding, wordsOf, type About } from './covers.ts';
import { factsOf } from './facts.ts';
import { asItStands } from './look.ts';
import type { Say } from './notices.ts';
import { nameOf } from './people.ts';
import { endRequest, insertRequest, requireRequest, selectOpenFor, type RequestRow } from './store.ts';

export interface Wish {
  model: string;
  version: string;
  target: WishedTarget;
  why: string;
  /** What asks, where it is no person: `release:<id>`. */
  asked_by?: string | undefined;
  /** The person on whose behalf that asks. */
  user?: string | undefined;
}

/** Asks for a version at a target; the same thing asked for again, while nothing of it has changed, is the same request. Returns its id. */
export async function ask(
  ctx: Ctx,
  wish: Wish,
  say: Say,
  /** Of somebody who asks by hand: what the target points at now. What is there already, or was refused, is said at once. */
  now?: (tx: Tx, about: About) => Promise<ReadonlyArray<{ ref: string }>>,
): Promise<string> {
  return ctx.write(async (tx) => {
    const version = await getVersion(tx, wish.model, wish.version.replace(/^v(?=\d)/, ''));
    const ref = `model:${version.ref.slice('model_version:'.length, version.ref.lastIndexOf('/'))}`;
    const target: Target =
      'environment' in wish.target
        ? { endpoint: await endpointIn(tx, wish.target.environment, version.model) }
        : wish.target;
    const about = aboutOf(target, { name: version.model, ref });
    const policies = await guarding(tx, about);
    if (policies.length === 0)
      throw conflict(`no policy guards ${wordsOf(about)}, so there is nothing to ask for`, {
        field: 'target',
        hint: 'point it at the version; treadle policy lists what is guarded',
      });
    const there = now === undefined ? [] : await now(tx, about);
    if (there.length > 0 && there.every((one) => one.ref === version.ref))
      throw conflict(`${wordsOf(about)} is ${version.model} v${version.version} already`, {
        field: 'version',
        hint: 'there is nothing to ask for; treadle models show MODEL lists its versions',
      });
    const facts = await factsOf(tx, about, version, policies);
    if (facts.content === undefined)
      throw conflict(
        `the files of ${version.model} v${version.version} are not here, or not any more what was registered, so nobody can say what would be approved`,
        {
          field: 'version',
          hint: 'log the model anew, register what was logged as a new version, and ask for that',
        },
      );
    const key = facts.approved.target;
    for (const other of await selectOpenFor(tx, key, version.ref)) {
      if (other.sum === facts.digest) {
        if (now !== undefined) await notRefused(tx, other);
        return other.id;
      }
      await withdrawn(tx, other, 'asked for anew, for it had changed');
    }
    const at = tx.clock.now();
    const row: RequestRow = {
      id: newId(at),
      workspace: tx.workspace,
      target: key,
      target_said: JSON.stringify(target),
      model: version.model,
      version: version.version,
      version_ref: version.ref,
      sum: facts.digest,
      approved: JSON.stringify(facts.approved),
      authors: JSON.stringify(facts.authors),
      why: wish.why,
      requested_by: await nameOf(tx),
      requested_user: wish.user ?? tx.actor.user ?? null,
      asked_by: wish.asked_by ?? null,
      created_at: at,
      ended: null,
      ended_at: null,
    };
    await insertRequest(tx, row);
    const resource = `request:${row.id}`;
    await tx.record({
      action: 'request.opened',
      resource,
      after: { digest: row.sum, approved: facts.approved },
      reason: wish.why,
      edges: [{ from: resource, to: version.ref, relation: 'asks-for' }],
    });
    await tx.emit({
      type: 'request.opened',
      subject: resource,
      data: { target: key, model: row.model, version: row.version },
    });
    await say(tx, row, about, { event: 'firing', step: 0, text: wish.why });
    return row.id;
  });
}

export async function withdraw(ctx: Ctx, id: string): Promise<void> {
  await ctx.write(async (tx) => {
    const row = await requireRequest(tx, id);
    if (row.ended !== null)
      throw conflict(`this request is ${row.ended} already`, { field: 'request', hint: 'ask anew' });
    const { user, role } = tx.actor;
    const mine =
      row.requested_user === null
        ? user === undefined && row.requested_by === tx.actor.name
        : user === row.requested_user;
    if (!mine && role !== 'admin' && role !== 'owner')
      throw forbidden(`${row.requested_by} asked for it, and only they or an admin withdraw it`, {
        field: 'request',
        hint: `who may approve it can refuse it with: treadle reject ${id} -m 'why'`,
      });
    await withdrawn(tx, row, undefined);
  });
}

/** A refusal stands until who gave it says otherwise, or it is asked for anew: to ask again changes nothing. */
async function notRefused(tx: Tx, row: RequestRow): Promise<void> {
  const { standing } = await asItStands(tx, row);
  if (standing.state !== 'rejected') return;
  throw conflict(`this was asked for as request ${row.id}, and refused: ${standing.says}`, {
    field: 'version',
    hint: `treadle requests ${row.id} says by whom and why; withdraw it to ask anew: treadle withdraw ${row.id}`,
  });
}

async function withdrawn(tx: Tx, row: RequestRow, reason: string | undefined): Promise<void> {
  await endRequest(tx, row.id, 'withdrawn', tx.clock.now());
  const resource = `request:${row.id}`;
  await tx.record({ action: 'request.withdrawn', resource, ...(reason === undefined ? {} : { reason }) });
  await tx.emit({
    type: 'request.withdrawn',
    subject: resource,
    data: row.asked_by === null ? {} : { asked_by: row.asked_by },
  });
}
