import type { Ctx } from '../../platform/ctx/index.ts';
import { forbidden, invalid, missing, TreadleError } from '../../platform/errors/index.ts';
import { route, type Route } from '../../platform/http/index.ts';
import { enter, enterAs } from '../authenticate.ts';
import * as contract from '../contract.ts';
import type { Passwords } from '../people/passwords.ts';
import { requirePerson } from '../people/store.ts';
import { cookieIn, sessionCookie, sessionIn, signInCookie, workspaceCookie, type Place } from './cookie.ts';
import { WITHIN, type Oidc } from './oidc.ts';
import { endSession, listSessions, openSession, signOut } from './session.ts';
import { signIn, signInBy } from './sign-in.ts';
import { updateSession } from './store.ts';

type Headers = Readonly<Record<string, string | undefined>>;

export const sessionRoutes = (
  passwords: Passwords,
  placeOf: (headers: Headers) => Place,
  oidc: Oidc | undefined,
): Route[] => [
  route(contract.signInWays, () => Promise.resolve({ provider: oidc !== undefined })),
  route(contract.beginOidc, async (ctx, { headers, dress }) => {
    let begun;
    try {
      begun = await required(oidc).begin(ctx.clock.now());
    } catch (error) {
      if (!(error instanceof TreadleError) || error.kind !== 'unavailable') throw error;
      // The page says that it is so; why is for whoever reads the log.
      ctx.log.warn('the sign-in provider cannot be asked', { error: error.message, hint: error.hint });
      return redirect('/sign-in?sign-in=unreachable');
    }
    const { url, secret } = begun;
    const place = placeOf(headers);
    dress({ 'set-cookie': sessionCookie(secret, place, WITHIN / 1000, signInCookie(place)) });
    return redirect(url.href);
  }),
  route(contract.endOidc, async (ctx, { query, headers, dress }) => {
    const place = placeOf(headers);
    const forget = sessionCookie(undefined, place, 0, signInCookie(place));
    try {
      const identity = await required(oidc).end(
        ctx.clock.now(),
        query,
        cookieIn(headers['cookie'], signInCookie(place)),
      );
      const { cookie } = await signInBy(ctx, identity, {
        agent: headers['user-agent'] ?? '',
        old: sessionIn(headers['cookie'], place),
        place,
      });
      dress({ 'set-cookie': [forget, cookie] });
      return redirect('/');
    } catch (error) {
      if (!(error instanceof TreadleError)) throw error;
      ctx.log.warn('a sign-in by the provider was refused', { error: error.message });
      dress({ 'set-cookie': [forget] });
      // A word of ours and never a text of the answer: whoever makes an address would say anything with it.
      return redirect(`/?sign-in=${error.kind === 'forbidden' ? 'no-role' : 'refused'}`);
    }
  }),
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
  route(contract.chooseWorkspace, async (ctx, { body, headers, dress }) => {
    if (ctx.actor.kind !== 'owner')
      throw invalid('this is for the browser of the machine’s owner', {
        field: 'workspace',
        hint: 'a session goes on elsewhere by PUT /api/v1/session/workspace, a program names its workspace in X-Treadle-Workspace',
      });
    const workspace = await enter(ctx, body.workspace);
    const cookie = workspaceCookie(headers['host']);
    dress({ 'set-cookie': sessionCookie(workspace, placeOf(headers), YEAR, cookie) });
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

/** Seconds. */
const YEAR = 365 * 24 * 3600;

const redirect = (location: string) => ({
  text: '',
  status: 302,
  headers: { location, 'cache-control': 'no-store' },
});

function required(oidc: Oidc | undefined): Oidc {
  if (oidc) return oidc;
  throw missing('nobody signs in by a provider here', {
    hint: 'an owner of the server sets oidc-issuer and oidc-client',
  });
}

/** The rule of these routes lets nobody in who is not a person. */
function self(ctx: Ctx): string {
  if (ctx.actor.user === undefined) throw forbidden('this is for a person who signed in');
  return ctx.actor.user;
}
