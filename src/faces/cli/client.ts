import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import { createCaller, type Caller, type Request, type Told } from '../../platform/client/index.ts';
import {
  invalid,
  messageOf,
  TreadleError,
  unavailable,
  type ErrorKind,
} from '../../platform/errors/index.ts';

interface NodeWire {
  body: Readable | Uint8Array;
  bytes: Readable;
  reply: IncomingMessage;
}

/** Speaks to a Treadle server; the CLI's only way to anything. */
export interface Client extends Caller<NodeWire> {
  readonly url: string;
  /** A request of a protocol that is not ours, and its answer as it comes; an inference protocol's, on the server's own port. */
  foreign(request: Request<NodeWire['body']>): Promise<{ reply: IncomingMessage; text: string }>;
}

/** `TREADLE_URL` (http://127.0.0.1:5000 unless set), `TREADLE_TOKEN`, `TREADLE_WORKSPACE`. */
export function createClient(env: NodeJS.ProcessEnv = process.env): Client {
  const url = baseUrl(env['TREADLE_URL'] || 'http://127.0.0.1:5000');
  const common: Record<string, string> = {};
  if (env['TREADLE_TOKEN']) common['authorization'] = `Bearer ${env['TREADLE_TOKEN']}`;
  if (env['TREADLE_WORKSPACE']) common['x-treadle-workspace'] = env['TREADLE_WORKSPACE'];
  return {
    url,
    foreign: async (request) => {
      const reply = await send(url, request, common);
      return { reply, text: await textOf(reply) };
    },
    ...createCaller<NodeWire>({
      send: (request) => send(url, request, common),
      status: (reply) => reply.statusCode ?? 0,
      text: textOf,
      bytes: (reply) => Promise.resolve(reply),
      refused: (status, told) => toError(status, told, url),
      notJson: (cause) => unavailable('the answer is not JSON', { hint: stranger(url), cause }),
    }),
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

function send(
  base: string,
  { method, address, headers: asked, json: text, bytes, signal }: Request<NodeWire['body']>,
  common: Readonly<Record<string, string>>,
): Promise<IncomingMessage> {
  const url = new URL(base + address);
  const headers: Record<string, string> = { ...common, ...asked };
  const json = text === undefined ? undefined : Buffer.from(text);
  if (json) {
    headers['content-type'] = 'application/json';
    headers['content-length'] = String(json.length);
  } else if (bytes) {
    headers['content-type'] ??= 'application/octet-stream';
    if (bytes instanceof Uint8Array) headers['content-length'] = String(bytes.length);
  }
  return new Promise((resolve, reject) => {
    const start = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = start(url, { method, headers, ...(signal ? { signal } : {}) }, resolve);
    request.on('error', (error) => reject(unreached(base, error)));
    if (bytes instanceof Readable) bytes.on('error', (error) => request.destroy(error)).pipe(request);
    else request.end(bytes ?? json);
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

/** Who it is that answers, when it is no server: the port of the models says itself what it takes. */
const whoElse = (message: string | undefined, base: string): string =>
  message?.includes('/v2/') === true
    ? `${base} is where models answer: TREADLE_URL names the server, whose port is one lower unless it was told another`
    : stranger(base);

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

/** In the words of the server; of what is not ours, the status is all there is. */
function toError(status: number, told: Told, base: string): TreadleError {
  const kind = (KINDS.has(told.kind ?? '') ? told.kind : 'unavailable') as ErrorKind;
  const hint = told.hint ?? (told.kind === undefined ? whoElse(told.message, base) : undefined);
  return new TreadleError(kind, told.message ?? `the server answered ${status}`, {
    ...(told.field === undefined ? {} : { field: told.field }),
    ...(hint === undefined ? {} : { hint }),
    ...(told.code === undefined ? {} : { code: told.code }),
  });
}
