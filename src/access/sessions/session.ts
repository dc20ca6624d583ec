import { createHash, randomBytes } from 'node:crypto';
import type { Actor, Ctx, Tx } from '../../platform/ctx/index.ts';
import { unauthenticated } from '../../platform/errors/index.ts';
import { newId } from '../../platform/ids/index.ts';
import type { Session } from '../contract.ts';
import type { PersonRow } from '../people/store.ts';
import {
  deletePast,
  deleteSession,
  insertSession,
  selectSession,
  selectSessionsOf,
  updateSession,
  type SessionRow,
} from './store.ts';

const HOUR = 3_600_000;
/** Unused for so long, a session ends; used or not, it ends after the other. */
const IDLE = 12 * HOUR;
export const LONGEST = 7 * 24 * HOUR;
const MINUTE = 60_000;

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');
const AGAIN = { hint: 'sign in again' };

/** Begins a session of somebody who said who they are. The secret is never kept; the one that `old` opened ends. */
export async function beginSession(
  ctx: Ctx,
  given: { actor: Actor; person: PersonRow; workspace: string; agent: string; old: string | undefined },
): Promise<{ secret: string; session: SessionRow }> {
  const secret = randomBytes(32).toString('base64url');
  const now = ctx.clock.now();
  const session: SessionRow = {
    id: newId(now),
    hash: hashOf(secret),
    person: given.person.id,
    workspace: given.workspace,
    agent: given.agent.slice(0, 300),
    created_at: now,
    used_at: now,
    expires_at: now + LONGEST,
  };
  await ctx.as({ actor: given.actor, workspace: given.workspace }).write(async (tx) => {
    await deletePast(tx, now - IDLE, now);
    await end(tx, given.old);
    await insertSession(tx, session);
    await tx.record({ action: 'session.started', resource: `session:${session.id}` });
    await tx.emit({ type: 'session.started', subject: `session:${session.id}` });
  });
  return { secret, session };
}

/** Whose session this is; one that ended, or of somebody disabled, is refused. */
export async function openSession(
  ctx: Ctx,
  secret: string,
): Promise<{ session: SessionRow; person: PersonRow }> {
  const found = await selectSession(ctx, hashOf(secret));
  if (!found) throw unauthenticated('this session has ended', AGAIN);
  const { session, person } = found;
  const now = ctx.clock.now();
  if (session.expires_at <= now || session.used_at + IDLE <= now)
    throw unauthenticated('this session has ended: it was not used for long, or is a week old', AGAIN);
  if (person.disabled_at !== null)
    throw unauthenticated('this account is disabled', { hint: 'ask an owner of the server' });
  if (now - session.used_at > MINUTE)
    await ctx.write((tx) => updateSession(tx, session.id, { used_at: now }));
  return found;
}

export const endOf = ({ used_at, expires_at }: SessionRow): number => Math.min(expires_at, used_at + IDLE);

/** Ends the session that a cookie opens, whoever shows it; what opens nothing is no fault. */
export const signOut = (ctx: Ctx, secret: string | undefined): Promise<void> =>
  ctx.write((tx) => end(tx, secret));

async function end(tx: Tx, secret: string | undefined): Promise<void> {
  const found = secret === undefined ? undefined : await selectSession(tx, hashOf(secret));
  if (!found) return;
  const { session, person } = found;
  const actor: Actor = { kind: 'user', id: person.id, name: person.name, role: 'viewer', user: person.id };
  await endSession(tx.as({ actor, workspace: session.workspace }), person.id, session.id);
}

/** Ends a session of this person at once. */
export function endSession(ctx: Ctx, person: string, id: string): Promise<void> {
  return ctx.write(async (tx) => {
    await deleteSession(tx, person, id);
    await tx.record({ action: 'session.ended', resource: `session:${id}` });
    await tx.emit({ type: 'session.ended', subject: `session:${id}` });
  });
}

export async function endSessionsOf(tx: Tx, person: string): Promise<void> {
  for (const { id } of await selectSessionsOf(tx, person)) await endSession(tx, person, id);
}

export async function listSessions(ctx: Ctx, person: string, secret: string | undefined): Promise<Session[]> {
  const now = ctx.clock.now();
  const current = secret === undefined ? undefined : hashOf(secret);
  return (await selectSessionsOf(ctx, person))
    .filter((row) => endOf(row) > now)
    .map(({ hash, person: _person, ...row }) => ({ ...row, current: hash === current }));
}
