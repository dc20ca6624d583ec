import { lookup } from 'node:dns/promises';
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { connect as connectSocket, isIP, type LookupFunction, type Socket } from 'node:net';
import {
  forbidden,
  invalid,
  outwardMessageOf,
  tooLarge,
  TreadleError,
  unavailable,
} from '../errors/index.ts';
import { isPublic } from './addresses.ts';
import { MAIL_PORTS, OPEN_PORTS, parseAllowList } from './allow-list.ts';

export interface OutboundRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD';
  url: string;
  headers?: Readonly<Record<string, string>>;
  body?: string | Uint8Array;
  /** Most bytes of the answer's body. Default 1 MiB. */
  maxBytes?: number;
  /** For everything from the look-up to the last byte, ms. Default 10 s. */
  timeout?: number;
  signal?: AbortSignal;
}

export interface OutboundResponse {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Buffer;
}

export interface Outbound {
  /** Throws `invalid` for a URL that may never be called, without calling it: to check a setting when it is made. */
  check(url: string): URL;
  send(request: OutboundRequest): Promise<OutboundResponse>;
  /** A connection to the host of a URL that nothing was said on yet. The caller ends it. */
  connect(url: string, limits: { timeout?: number; signal?: AbortSignal }): Promise<Socket>;
  /** As `check`, for a mail server; the field is `host`. */
  checkMail(host: string, port: number): void;
  /** A connection to a mail server that nothing was said on yet. The caller ends it. */
  connectMail(
    host: string,
    port: number,
    limits: { timeout?: number; signal?: AbortSignal },
  ): Promise<Socket>;
}

export interface OutboundOptions {
  /** What an admin opened besides the public internet; see `parseAllowList`. */
  allow?: readonly string[];
  /** The name service; tests hand in their own. */
  resolve?: (host: string) => Promise<ReadonlyArray<{ address: string; family: number }>>;
}

/**
 * The one door to other hosts. A name is resolved once; every address it has must be allowed; the connection goes to
 * the address that was checked (no second look-up that could answer otherwise) and the peer is checked again once connected.
 * No redirects, no proxies from the environment, no cookies, no kept connections; bytes and time are capped.
 */
export function createOutbound({
  allow = [],
  resolve = (host) => lookup(host, { all: true, verbatim: true }),
}: OutboundOptions = {}): Outbound {
  const allowed = parseAllowList(allow);

  function check(text: string): URL {
    if (!URL.canParse(text))
      throw invalid(`'${text.slice(0, 200)}' is not a URL`, {
        field: 'url',
        hint: 'write it as https://host/path',
      });
    const url = new URL(text);
    if (url.protocol !== 'https:' && url.protocol !== 'http:')
      throw invalid(`a URL may start with https:// or http://, not ${url.protocol}`, { field: 'url' });
    if (url.username !== '' || url.password !== '')
      throw invalid('a URL may not hold a user name or password', {
        field: 'url',
        hint: 'send credentials in a header',
      });
    const [host, port] = [hostOf(url), portOf(url)];
    const literal = isIP(host) !== 0;
    if (
      !OPEN_PORTS.has(port) &&
      !allowed.host(host, port) &&
      !(literal ? allowed.address(host, port) : mayBe(host))
    ) {
      throw refused(`port ${port} of ${host}`, host, port);
    }
    if (literal) judge(host, host, port);
    return url;
  }

  /** Of a name on an unusual port the addresses decide, once they are known. */
  const mayBe = (host: string): boolean => allow.length > 0 && host !== '';

  function judge(host: string, address: string, port: number, open = OPEN_PORTS): void {
    if (allowed.host(host, port) || allowed.address(address, port)) return;
    if (!isPublic(address))
      throw refused(host === address ? host : `${host}, which is ${address},`, host, port);
    if (!open.has(port)) throw refused(`port ${port} of ${host}`, host, port);
  }

  async function addressesOf(host: string, limit: AbortSignal) {
    if (isIP(host) !== 0) return [{ address: host, family: isIP(host) }];
    return race(resolve(host), limit);
  }

  function checkMail(host: string, port: number): void {
    const literal = isIP(host) !== 0;
    if (
      !MAIL_PORTS.has(port) &&
      !allowed.host(host, port) &&
      !(literal ? allowed.address(host, port) : mayBe(host))
    )
      throw refused(`port ${port} of ${host}`, host, port);
    if (literal) judge(host, host, port, MAIL_PORTS);
  }

  function connectMail(
    host: string,
    port: number,
    limits: { timeout?: number; signal?: AbortSignal },
  ): Promise<Socket> {
    checkMail(host, port);
    return connectTo(host, port, MAIL_PORTS, limits);
  }

  function connectUrl(text: string, limits: { timeout?: number; signal?: AbortSignal }): Promise<Socket> {
    const url = check(text);
    return connectTo(hostOf(url), portOf(url), OPEN_PORTS, limits);
  }

  async function connectTo(
    host: string,
    port: number,
    ports: typeof OPEN_PORTS,
    { timeout = 10_000, signal }: { timeout?: number; signal?: AbortSignal },
  ): Promise<Socket> {
    const limit = AbortSignal.any([AbortSignal.timeout(timeout), ...(signal ? [signal] : [])]);
    try {
      const addresses = await addressesOf(host, limit);
      for (const { address } of addresses) judge(host, address, port, ports);
      const pinned = addresses[0];
      if (!pinned) throw unavailable(`${host} has no address`);
      const socket = await open(pinned.address, port, limit);
      try {
        judge(host, socket.remoteAddress ?? '', port, ports);
      } catch (error) {
        socket.destroy();
        throw error;
      }
      return socket;
    } catch (error) {
      if (error instanceof TreadleError) throw error;
      const why = limit.aborted ? `did not answer within ${timeout / 1000} s` : outwardMessageOf(error);
      throw unavailable(`${host}:${port} cannot be reached: ${why}`, { cause: error });
    }
  }

  async function send({
    method,
    url: text,
    headers = {},
    body,
    maxBytes = 1024 * 1024,
    timeout = 10_000,
    signal,
  }: OutboundRequest): Promise<OutboundResponse> {
    const url = check(text);
    const [host, port] = [hostOf(url), portOf(url)];
    const limit = AbortSignal.any([AbortSignal.timeout(timeout), ...(signal ? [signal] : [])]);
    try {
      const addresses = await addressesOf(host, limit);
      for (const { address } of addresses) judge(host, address, port);
      const pinned = addresses[0];
      if (!pinned) throw unavailable(`${host} has no address`);
      const response = await connect(
        url,
        { method, headers, ...(body === undefined ? {} : { body }) },
        pinned,
        limit,
        (peer) => judge(host, peer, port),
      );
      if (response.statusCode !== undefined && response.statusCode >= 300 && response.statusCode < 400) {
        response.destroy();
        throw unavailable(
          `${url.origin} answers with a redirect (${response.statusCode}), which is not followed`,
          { hint: 'set the URL that it leads to', code: 'redirect' },
        );
      }
      return {
        status: response.statusCode ?? 0,
        headers: response.headers,
        body: await collect(response, maxBytes, host),
      };
    } catch (error) {
      if (error instanceof TreadleError) throw error;
      if (signal?.aborted === true)
        throw unavailable(`the call to ${url.origin} was stopped`, { cause: error });
      if (limit.aborted)
        throw unavailable(`${url.origin} did not answer within ${timeout / 1000} s`, {
          cause: error,
          code: 'timeout',
        });
      throw unavailable(`${url.origin} cannot be reached: ${outwardMessageOf(error)}`, { cause: error });
    }
  }

  return { check, send, connect: connectUrl, checkMail, connectMail };
}

const refused = (what: string, host: string, port: number): TreadleError =>
  forbidden(`${what} may not be called from here`, {
    field: 'url',
    hint: `an admin opens internal destinations with --allow-outbound ${host.includes(':') ? `[${host}]` : host}:${port}`,
    code: 'outbound-refused',
  });

const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');
const portOf = (url: URL): number => Number(url.port || (url.protocol === 'https:' ? 443 : 80));

function open(address: string, port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket({ host: address, port, signal });
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

function connect(
  url: URL,
  {
    method,
    headers,
    body,
  }: { method: string; headers: Readonly<Record<string, string>>; body?: string | Uint8Array },
  pinned: { address: string; family: number },
  signal: AbortSignal,
  judge: (peer: string) => void,
): Promise<IncomingMessage> {
  // An agent of its own: no kept connection to an address that is no longer the checked one, no proxy from the environment.
  const secure = url.protocol === 'https:';
  const agent = secure ? new HttpsAgent({ keepAlive: false }) : new HttpAgent({ keepAlive: false });
  const pin: LookupFunction = (_host, options, callback) => {
    if (options.all === true) callback(null, [pinned]);
    else callback(null, pinned.address, pinned.family);
  };
  const bytes = body === undefined ? undefined : Buffer.from(body);
  return new Promise((resolve, reject) => {
    const request = (secure ? httpsRequest : httpRequest)(url, {
      method,
      agent,
      lookup: pin,
      signal,
      maxHeaderSize: 16 * 1024,
      headers: {
        'user-agent': 'treadle',
        ...headers,
        ...(bytes ? { 'content-length': String(bytes.length) } : {}),
      },
    });
    request.on('socket', (socket) => {
      socket.once('connect', () => {
        try {
          judge(socket.remoteAddress ?? '');
        } catch (error) {
          request.destroy(error instanceof Error ? error : undefined); // before a byte was sent
        }
      });
    });
    request.on('response', resolve);
    request.on('upgrade', (_response, socket) => socket.destroy());
    request.on('error', reject);
    request.end(bytes);
  });
}

async function collect(response: IncomingMessage, maxBytes: number, host: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes)
      throw tooLarge(`the answer of ${host} is larger than ${Math.floor(maxBytes / 1024)} KiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function race<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
