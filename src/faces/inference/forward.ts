import {
  request as ask,
  type ClientRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
} from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { invalid, unavailable } from '../../platform/errors/index.ts';
import { linger } from './shared/linger.ts';

/** The paths of the inference protocols. On the main port they are handed on, unread, to a process of the data plane. */
export const INFERENCE_PATHS = [
  '/v2',
  '/v2/*',
  '/v1/models',
  '/v1/models/*',
  '/invocations',
  '/ping',
  '/endpoints/:endpoint/invocations',
  '/endpoints/:endpoint/ping',
] as const;

/** Of one connection, not of the message: they are not handed on. */
const OWN = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'expect',
  'content-length', // said anew, for what is really sent
]);
/** What `Connection` may name: the words of its own, and fields that are dropped anyway. */
const OPTIONS = new Set(['', 'close', ...OWN].filter((name) => name !== 'content-length'));

/** Requests that are handed on at a time: each is a connection here and one in a plane. */
const MOST = 2048;
/**
 * Answers the inference paths on the main port, through the Unix socket of a data plane. The plane decides who may ask: it gets
 * the caller's own Host, Origin and credential. Bodies pass through in pieces and are never held here.
 *
 * Every exchange has a connection of its own. A connection that one caller used is never another's: whatever a request leaves
 * behind on it, nobody else can take it for an answer, nor the plane for a request.
 */
export function mountForward(app: FastifyInstance, socket: () => string | undefined, most = MOST): void {
  const open = new Set<ClientRequest>();
  app.addHook('onClose', async () => {
    for (const onward of open) onward.destroy();
  });
  const handler = (request: FastifyRequest, reply: FastifyReply): void => {
    const { raw } = request;
    const framing = framingOf(raw);
    const onwardHeaders = { ...handedOn(raw, requireOptions), ...framing, connection: 'close' };
    if (!/^\/[\x21-\x7e]*$/.test(raw.url ?? ''))
      throw invalid('the request target holds bytes that no address has', {
        hint: 'percent-encode what is not ASCII',
      });
    const socketPath = socket();
    if (socketPath === undefined) throw noPlane();
    if (open.size >= most)
      throw unavailable(`${open.size} requests to models are under way, as many as may be`, {
        hint: 'ask again after the time in Retry-After, or ask the inference port itself',
      });
    const onward = ask({
      socketPath,
      agent: false,
      method: raw.method,
      path: raw.url,
      headers: onwardHeaders,
      setHost: false,
    });
    open.add(onward);
    onward.on('close', () => open.delete(onward));
    reply.hijack();
    onward.on('error', () => {
      if (reply.raw.headersSent) reply.raw.destroy();
      else refuse(reply, request.id);
    });
    onward.on('response', (answer) => {
      const headers = handedOn(answer);
      const length = answer.headers['content-length'];
      if (length !== undefined) headers['content-length'] = length;
      // It did not need the rest of the question, so the connection is of no more use.
      if (!raw.complete) headers['connection'] = 'close';
      reply.raw.writeHead(answer.statusCode ?? 502, headers);
      answer.on('error', () => reply.raw.destroy());
      answer.pipe(reply.raw, { end: false });
      answer.on('end', () => {
        if (!answer.complete) return void reply.raw.destroy();
        if (raw.complete) reply.raw.end();
        else {
          raw.unpipe(onward);
          onward.destroy();
          linger(raw, () => reply.raw.end());
        }
      });
    });
    // A caller that goes away takes its question with it.
    reply.raw.on('close', () => onward.destroy());
    raw.on('error', () => onward.destroy());
    if (framing === undefined) {
      raw.resume(); // to its end, which is here: a request that was not read counts as broken off
      onward.end();
    } else raw.pipe(onward);
  };
  for (const url of INFERENCE_PATHS) app.route({ method: ['GET', 'HEAD', 'POST'], url, handler });
}

/** How the body is framed on the way: its length, or in chunks that are made anew. Only a method that has a body may bring one. */
function framingOf({ method, headers }: IncomingMessage): OutgoingHttpHeaders | undefined {
  const { 'content-length': length, 'transfer-encoding': coding } = headers;
  if (length !== undefined && !/^\d{1,15}$/.test(length))
    throw invalid(`Content-Length '${length.slice(0, 40)}' is no length`, { field: 'content-length' });
  if (method !== 'POST') {
    if (coding === undefined && Number(length ?? 0) === 0) return undefined;
    throw invalid(`a ${method} request has no body here`, {
      field: 'body',
      hint: 'send it as POST, or leave the body out',
    });
  }
  if (coding === undefined) return { 'content-length': String(Number(length ?? 0)) };
  if (length !== undefined || coding.trim().toLowerCase() !== 'chunked')
    throw invalid(`Transfer-Encoding '${coding.slice(0, 40)}' is not taken here`, {
      field: 'transfer-encoding',
      hint: 'send a length, or plain chunks',
    });
  return { 'transfer-encoding': 'chunked' };
}

/** `Connection` may name any field as one to be dropped, and so undo what was judged by it: Host, Origin, the credential. */
function requireOptions(options: ReadonlySet<string>): void {
  for (const name of options)
    if (!OPTIONS.has(name))
      throw invalid(
        `the Connection header names '${name.slice(0, 40)}', which this server would have to forget`,
        {
          field: 'connection',
          hint: 'send Connection: keep-alive or close, or leave it out',
        },
      );
}

/** Names as they came, for the answer's case may matter to a client; repeated ones stay repeated. */
function handedOn(
  { rawHeaders, headers }: IncomingMessage,
  check?: (options: ReadonlySet<string>) => void,
): OutgoingHttpHeaders {
  const dropped = new Set((headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase()));
  check?.(dropped);
  const kept = new Map<string, { name: string; values: string[] }>();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    const lower = name.toLowerCase();
    if (OWN.has(lower) || dropped.has(lower)) continue;
    const before = kept.get(lower);
    if (before) before.values.push(rawHeaders[i + 1]!);
    else kept.set(lower, { name, values: [rawHeaders[i + 1]!] });
  }
  return Object.fromEntries(
    Array.from(kept.values(), ({ name, values }) => [name, values.length === 1 ? values[0]! : values]),
  );
}

const noPlane = () =>
  unavailable('no model is being served here', {
    hint: 'deploy one with: treadle deploy MODEL; just after a start, try again in a moment',
  });

/** The reply was taken out of Fastify's hands, so the error is written here. */
function refuse(reply: FastifyReply, requestId: string): void {
  if (reply.raw.destroyed) return;
  const { message, hint } = noPlane();
  reply.raw.writeHead(503, {
    'content-type': 'application/json; charset=utf-8',
    'retry-after': '1',
    'x-request-id': requestId,
    connection: 'close',
  });
  reply.raw.end(
    JSON.stringify({
      error: {
        kind: 'unavailable',
        message: `the serving process went away while it answered; ${message}`,
        hint,
        request_id: requestId,
      },
    }),
  );
}
