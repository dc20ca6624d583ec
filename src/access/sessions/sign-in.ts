import type { Ctx } from '../../platform/ctx/index.ts';
import { enterAs, workspacesOf } from '../authenticate.ts';
import { forbidden } from '../../platform/errors/index.ts';
import { personByIdentity } from '../people/enter-by-identity.ts';
import type { PersonRow } from '../people/store.ts';
import type { Identity } from './oidc.ts';
import type { Passwords } from '../people/passwords.ts';
import { beginSession, LONGEST } from './session.ts';
import { sessionCookie, type Place } from './cookie.ts';

/** Who says name and password gets a session, in the workspace that they name or the first where they have a role. */
export async function signIn(
  ctx: Ctx,
  passwords: Passwords,
  input: { name: string; password: string; workspace?: string },
  from: From & { address: string },
): Promise<{ workspace: string; cookie: string }> {
  const person = await passwords.check(ctx, input.name, input.password, from.address);
  return begin(ctx, person, input.workspace, from);
}

/** Whom a provider means gets one, too, unless the account is disabled. */
export async function signInBy(ctx: Ctx, identity: Identity, from: From): Promise<{ cookie: string }> {
  const person = await personByIdentity(ctx, identity);
  if (person.disabled_at !== null) throw forbidden('this account is disabled');
  return begin(ctx, person, undefined, from);
}

interface From {
  agent: string;
  old: string | undefined;
  place: Place;
}

async function begin(
  ctx: Ctx,
  person: PersonRow,
  named: string | undefined,
  from: From,
): Promise<{ workspace: string; cookie: string }> {
  const first = person.owner === 1 ? 'default' : (await workspacesOf(ctx, person))[0];
  const { actor, workspace } = await enterAs(ctx, person, named ?? first);
  const { secret } = await beginSession(ctx, { actor, person, workspace, agent: from.agent, old: from.old });
  return { workspace, cookie: sessionCookie(secret, from.place, LONGEST / 1000) };
}
