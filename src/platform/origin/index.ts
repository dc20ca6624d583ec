import { TreadleError } from '../errors/index.ts';

export { isGenuine, isSigned } from './signatures.ts';

/** What a request says of where it comes from: headers, for the HTTP server and the data plane alike. */
export interface Provenance {
  method: string;
  host: string | undefined;
  origin: string | undefined;
  /** `Sec-Fetch-Site`. */
  site: string | undefined;
}

/** DNS rebinding: a name that is not ours, though it resolves to us, is refused. */
export function guardHost(header: string | undefined, hosts: readonly string[] | 'any'): void {
  if (hosts === 'any') return;
  const host = hostName(header ?? '');
  if (!hosts.includes(host)) {
    throw new TreadleError('forbidden', `this server does not answer to the host name '${host}'`, {
      field: 'host',
      hint: 'open it by the address it prints at start, or list the name under --allow-host',
    });
  }
}

/** A foreign page may not change anything: Sec-Fetch-Site, or Origin against Host where a browser sends none. */
export function guardOrigin(
  { method, host, origin, site }: Provenance,
  hosts: readonly string[] | 'any',
): void {
  if (method === 'GET' || method === 'HEAD' || method === 'OPTIONS') return;
  if (site === 'same-origin' || site === 'none') return;
  const sameHost =
    origin !== undefined && origin !== 'null' && URL.canParse(origin) && new URL(origin).host === host;
  if (site === undefined && (origin === undefined || sameHost)) return;
  if (hosts === 'any' && sameHost) return;
  throw new TreadleError('forbidden', 'a page of another origin may not change anything here', {
    field: 'origin',
    hint: 'call the API from a program, or from the Treadle UI',
  });
}

/** A cookie changes something only where the browser says where that comes from: whoever says nothing is none, and shows a token. */
export function requireBrowser(method: string, headers: Readonly<Record<string, unknown>>): void {
  if (method === 'GET' || method === 'HEAD' || method === 'OPTIONS') return;
  if (headers['sec-fetch-site'] !== undefined || headers['origin'] !== undefined) return;
  throw new TreadleError('forbidden', 'a session is for browsers, and this request says no origin', {
    field: 'origin',
    hint: 'a program sends Authorization: Bearer trd_…',
  });
}

/** Headers that a proxy adds. Their content is anybody's word; that they are there is enough. */
const PROXY_HEADERS = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
  'x-forwarded-server',
  'x-forwarded-prefix',
  'x-original-forwarded-for',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-envoy-external-address',
  'cf-connecting-ip',
  'fly-client-ip',
  'true-client-ip',
] as const;

/** Whether somebody between the caller and this server says that the request was passed on. */
export const cameThroughProxy = (header: (name: string) => unknown): boolean =>
  PROXY_HEADERS.some((name) => header(name) !== undefined);

function hostName(header: string): string {
  const bracket = /^\[([^\]]+)\](?::\d+)?$/.exec(header);
  if (bracket) return `[${bracket[1]}]`;
  const plain = /^([^:/?#@\\]+)(?::\d+)?$/.exec(header);
  return plain?.[1]?.toLowerCase() ?? '';
}
