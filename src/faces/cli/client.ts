import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import type { Static, TSchema } from 'typebox';
import {
  invalid,
  messageOf,
  TreadleError,
  unavailable,
  type ErrorKind,
} from '../../platform/errors/index.ts';
import type { Endpoint, ErrorBody } from '../../platform/http/contract.ts';

/** The arguments an endpoint takes; parts without fields may be left out. */
export interface CallInput<E extends Endpoint> {
  params?: Static<E['params']>;
  query?: Static<E['query']>;
  body?: E['body'] extends 'bytes'
    ? Readable | Uint8Array
    : E['body'] extends TSchema
      ? Static<E['body']>
      : undefined;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

export type CallOutput<E extends Endpoint> = E['response'] extends string
  ? Readable
  : E['response'] extends TSchema
    ? Static<E['response']>
    : never;

/** Speaks to a Treadle server; the CLI's only way to anything. */
export interface Client {
  readonly url: string;
  call<E extends Endpoint>(endpoint: E, input?: CallInput<E>): Promise<CallOutput<E>>;
}

/** `TREADLE_URL` (http://127.0.0.1:5000 unless set), `TREADLE_TOKEN`, `TREADLE_WORKSPACE`. */
export function createClient(env: NodeJS.ProcessEnv = process.env): Client {
  const url = baseUrl(env['TREADLE_URL'] || 'http://127.0.0.1:5000');
  const common: Record<string, string> = {};
  if (env['TREADLE_TOKEN']) common['authorization'] = `Bearer ${env['TREADLE_TOKEN']}`;
  if (env['TREADLE_WORKSPACE']) common['x-treadle-workspace'] = env['TREADLE_WORKSPACE'];
  return {
    url,
    async call<E extends Endpoint>(endpoint: E, input: CallInput<E> = {}) {
      const response = await send(url, endpoint, input, common);
      if (typeof endpoint.response === 'string' && endpoint.response !== 'text' && response.status < 400) {
        return response.stream as unknown as CallOutput<E>;
      }
      const text = await textOf(response.stream);
      if (response.status >= 400) throw toError(response.status, text, url);
      // The server validated its own answer against this endpoint; text endpoints answer with a stream of the text.
      return (endpoint.response === 'text' ? Readable.from([text]) : parsed(url, text)) as CallOutput<E>;
    },
  };
}

function baseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return text.replace(/\/+$/, '');
  throw invalid(`TREADLE_URL is '${text}'`, {
    field: 'TREADLE_URL',
    hint: 'write it as http://127.0.0.1:5000',
  });
}

interface Answer {
  status: number;
  stream: Readable;
}

function send(
  base: string,
  endpoint: Endpoint,
  input: CallInput<Endpoint>,
  common: Record<string, string>,
): Promise<Answer> {
  const url = new URL(base + fillPath(endpoint.path, (input.params ?? {}) as Record<string, unknown>));
  for (const [name, value] of Object.entries((input.query ?? {}) as Record<string, unknown>)) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) url.searchParams.append(name, String(one));
  }
  const headers: Record<string, string> = { ...common, ...input.headers };
  const body: unknown = input.body;
  const streamed = body instanceof Readable || body instanceof Uint8Array;
  const json = body === undefined || streamed ? undefined : Buffer.from(JSON.stringify(body));
  if (json) {
    headers['content-type'] = 'application/json';
    headers['content-length'] = String(json.length);
  } else if (streamed) {
    headers['content-type'] ??= 'application/octet-stream';
    if (body instanceof Uint8Array) headers['content-length'] = String(body.length);
  }
  return new Promise((resolve, reject) => {
    const start = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = start(
      url,
      { method: endpoint.method, headers, ...(input.signal ? { signal: input.signal } : {}) },
      (response) => {
        resolve({ status: response.statusCode ?? 0, stream: response });
      },
    );
    request.on('error', (error) => reject(unreached(base, error)));
    if (body instanceof Readable) body.on('error', (error) => request.destroy(error)).pipe(request);
    else request.end(body instanceof Uint8Array ? body : json);
  });
}

/** Errors that say no more than that nobody is there. */
const NOBODY = new Set<unknown>(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

function unreached(base: string, error: Error): TreadleError {
  const { hostname, port, protocol } = new URL(base);
  const here = protocol === 'http:' && /^(?:127\.|localhost$|\[::1\]$)/.test(hostname);
  const flag = port === '5000' ? '' : ` --port ${port || '80'}`;
  // What TLS says of itself goes over lines.
  const why =
    'code' in error && NOBODY.has(error.code)
      ? ''
      : `: ${messageOf(error).trim().split('\n')[0]!.slice(0, 200)}`;
  return unavailable(`no Treadle server answers at ${base}${why}`, {
    hint: here
      ? `start one with: treadle server${flag} (or set TREADLE_URL to where one is)`
      : 'TREADLE_URL names it: start the server there, or set TREADLE_URL to where one is',
    cause: error,
  });
}

const stranger = (base: string): string =>
  `what answers at ${base} may be no Treadle server; TREADLE_URL says where it is`;

function parsed(base: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw unavailable('the answer is not JSON', { hint: stranger(base), cause: error });
  }
}

/** Path parameters are text or numbers, by their contracts. */
const wordOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function fillPath(path: string, params: Record<string, unknown>): string {
  return path
    .replaceAll(/:([a-z_]+)/gi, (_all, name: string) => encodeURIComponent(wordOf(params[name])))
    .replace(/\*$/, () =>
      wordOf(params['*'] ?? '')
        .split('/')
        .map(encodeURIComponent)
        .join('/'),
    );
}

async function textOf(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

const KINDS = new Set<string>([
  'invalid',
  'unauthenticated',
  'forbidden',
  'missing',
  'conflict',
  'too-large',
  'limited',
  'unavailable',
]);

function toError(status: number, text: string, base: string): TreadleError {
  let error: Partial<ErrorBody['error']> = {};
  try {
    error = (JSON.parse(text) as Partial<ErrorBody>).error ?? {};
  } catch {
    // Not our own error body: a proxy in between, perhaps. The status is all there is.
  }
  const kind = (KINDS.has(error.kind ?? '') ? error.kind : 'unavailable') as ErrorKind;
  const message = error.message ?? `the server answered ${status}`;
  return new TreadleError(kind, message, {
    ...(error.field === undefined ? {} : { field: error.field }),
    ...(error.hint === undefined
      ? error.kind === undefined
        ? { hint: stranger(base) }
        : {}
      : { hint: error.hint }),
    ...(error.code === undefined ? {} : { code: error.code }),
  });
}
