import type { Ctx } from '../../platform/ctx/index.ts';
import { enterAs, workspacesOf } from '../authenticate.ts';
import type { Passwords } from '../people/passwords.ts';
import { beginSession, LONGEST } from './session.ts';
import { sessionCookie, type Place } from './cookie.ts';

/** Who says name and password gets a session, in the workspace that they name or the first where they have a role. */
export async function signIn(
  ctx: Ctx,
  passwords: Passwords,
  input: { name: string; password: string; workspace?: string },
  from: { address: string; agent: string; old: string | undefined; place: Place },
): Promise<{ workspace: string; cookie: string }> {
  const person = await passwords.check(ctx, input.name, input.password, from.address);
  const first = person.owner === 1 ? 'default' : (await workspacesOf(ctx, person))[0];
  const { actor, workspace } = await enterAs(ctx, person, input.workspace ?? first);
  const { secret } = await beginSession(ctx, { actor, person, workspace, agent: from.agent, old: from.old });
  return { workspace, cookie: sessionCookie(secret, from.place, LONGEST / 1000) };
}
