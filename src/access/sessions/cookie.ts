/** The prefix binds it to this very host and to https; browsers let no other page or neighbour set it. */
const SECURE = '__Host-treadle-session';
/** On http at a loopback address, where not every browser takes the other one. Read there alone. */
const PLAIN = 'treadle-session';

/** Where a request came in, which says by what name its session goes. */
export interface Place {
  /** The server listens on a loopback address only, and nobody passed the request on. */
  local: boolean;
}

const nameOf = ({ local }: Place): string => (local ? PLAIN : SECURE);

export const sessionIn = (header: string | undefined, place: Place): string | undefined =>
  cookieIn(header, nameOf(place));

/** What a cookie holds. Two of the name are one that opens nothing, and not the absence of any. */
export function cookieIn(header: string | undefined, cookie: string): string | undefined {
  const name = `${cookie}=`;
  const found = (header ?? '')
    .split(';')
    .map((one) => one.trim())
    .filter((one) => one.startsWith(name));
  const [first, ...others] = found;
  if (first === undefined) return undefined;
  return others.length === 0 ? first.slice(name.length) : '';
}

/** The same two names for what binds a sign-in by a provider to the browser that began it. */
export const signInCookie = ({ local }: Place): string =>
  local ? 'treadle-sign-in' : '__Host-treadle-sign-in';

/**
 * Where the owner of the machine works with a browser: no secret, and no right. Browsers keep one for all ports of a machine, so the name says
 * which server's it is.
 */
export const workspaceCookie = (host: string | undefined): string =>
  `treadle-workspace-${/:(\d{1,5})$/.exec(host ?? '')?.[1] ?? '80'}`;

/** `Set-Cookie`; without a secret it takes the cookie away. Until when it lasts is the server's to say, not the browser's. */
export function sessionCookie(
  secret: string | undefined,
  place: Place,
  seconds: number,
  name = nameOf(place),
): string {
  return [
    `${name}=${secret ?? ''}`,
    'Path=/',
    'HttpOnly',
    'SameSite=Lax',
    `Max-Age=${secret === undefined ? 0 : seconds}`,
    ...(place.local ? [] : ['Secure']),
  ].join('; ');
}
