import type { Ctx } from '../../platform/ctx/index.ts';
import { forbidden, invalid } from '../../platform/errors/index.ts';
import { route, type Route } from '../../platform/http/index.ts';
import { enterAs } from '../authenticate.ts';
import * as contract from '../contract.ts';
import type { Passwords } from '../people/passwords.ts';
import { requirePerson } from '../people/store.ts';
import { sessionCookie, sessionIn, type Place } from './cookie.ts';
import { endSession, listSessions, openSession, signOut } from './session.ts';
import { signIn } from './sign-in.ts';
import { updateSession } from './store.ts';

type Headers = Readonly<Record<string, string | undefined>>;

export const sessionRoutes = (passwords: Passwords, placeOf: (headers: Headers) => Place): Route[] => [
  route(contract.signIn, async (ctx, { body, headers, address, dress }) => {
    const place = placeOf(headers);
    const { workspace, cookie } = await signIn(ctx, passwords, body, {
      address: address ?? 'not known',
      agent: headers['user-agent'] ?? '',
      old: sessionIn(headers['cookie'], place),
      place,
    });
    dress({ 'set-cookie': cookie, 'cache-control': 'no-store' });
    return { workspace };
  }),
  route(contract.signOut, async (ctx, { headers, dress }) => {
    const place = placeOf(headers);
    await signOut(ctx, sessionIn(headers['cookie'], place));
    dress({ 'set-cookie': sessionCookie(undefined, place, 0) });
    return {};
  }),
  route(contract.switchWorkspace, async (ctx, { body, headers }) => {
    const secret = sessionIn(headers['cookie'], placeOf(headers));
    if (secret === undefined)
      throw invalid('this request comes with no session', {
        field: 'cookie',
        hint: 'a program names its workspace in the header X-Treadle-Workspace',
      });
    const { session } = await openSession(ctx, secret);
    const { workspace } = await enterAs(ctx, await requirePerson(ctx, self(ctx)), body.workspace);
    await ctx.write((tx) => updateSession(tx, session.id, { workspace }));
    return { workspace };
  }),
  route(contract.listSessions, async (ctx, { headers }) => ({
    items: await listSessions(ctx, self(ctx), sessionIn(headers['cookie'], placeOf(headers))),
  })),
  route(contract.endSession, async (ctx, { params }) => {
    await endSession(ctx, self(ctx), params.id);
    return {};
  }),
];

/** The rule of these routes lets nobody in who is not a person. */
function self(ctx: Ctx): string {
  if (ctx.actor.user === undefined) throw forbidden('this is for a person who signed in');
  return ctx.actor.user;
}
