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

/** The session's secret among the cookies. Two of the name are one that opens nothing, and not the absence of any. */
export function sessionIn(header: string | undefined, place: Place): string | undefined {
  const name = `${nameOf(place)}=`;
  const found = (header ?? '')
    .split(';')
    .map((one) => one.trim())
    .filter((one) => one.startsWith(name));
  const [first, ...others] = found;
  if (first === undefined) return undefined;
  return others.length === 0 ? first.slice(name.length) : '';
}

/** `Set-Cookie`; without a secret it takes the cookie away. Until when it lasts is the server's to say, not the browser's. */
export function sessionCookie(secret: string | undefined, place: Place, seconds: number): string {
  return [
    `${nameOf(place)}=${secret ?? ''}`,
    'Path=/',
    'HttpOnly',
    'SameSite=Lax',
    `Max-Age=${secret === undefined ? 0 : seconds}`,
    ...(place.local ? [] : ['Secure']),
  ].join('; ');
}
