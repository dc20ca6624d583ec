import { Agent, request as ask, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { unavailable } from '../../platform/errors/index.ts';

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
  'expect',
]);

/**
 * Answers the inference paths on the main port, through the Unix socket of a data plane. The plane decides who may ask: it gets
 * the caller's own Host, Origin and credential. Bodies pass through in pieces and are never held here.
 */
export function mountForward(app: FastifyInstance, socket: () => string | undefined): void {
  const agent = new Agent({ keepAlive: true, maxSockets: 256, maxFreeSockets: 32 });
  app.addHook('onClose', async () => agent.destroy());
  const handler = (request: FastifyRequest, reply: FastifyReply): void => {
    const socketPath = socket();
    if (socketPath === undefined) throw noPlane();
    const { raw } = request;
    reply.hijack();
    const onward = ask({
      socketPath,
      agent,
      method: raw.method,
      path: raw.url,
      headers: handedOn(raw),
      setHost: false,
    });
    const fail = (): void => {
      if (reply.raw.headersSent) reply.raw.destroy();
      else refuse(reply, request.id);
    };
    onward.on('error', fail);
    onward.on('response', (answer) => {
      reply.raw.writeHead(answer.statusCode ?? 502, handedOn(answer));
      answer.on('error', () => reply.raw.destroy());
      answer.pipe(reply.raw);
    });
    // A caller that goes away takes its question with it.
    reply.raw.on('close', () => {
      if (!reply.raw.writableFinished) onward.destroy();
    });
    raw.on('error', () => onward.destroy());
    raw.pipe(onward);
  };
  for (const url of INFERENCE_PATHS) app.route({ method: ['GET', 'HEAD', 'POST'], url, handler });
}

/** Names as they came, for the answer's case may matter to a client; repeated ones stay repeated. */
function handedOn({ rawHeaders, headers }: IncomingMessage): OutgoingHttpHeaders {
  const dropped = new Set((headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase()));
  const kept: Record<string, string[]> = {};
  const names = new Map<string, string>();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const lower = rawHeaders[i]!.toLowerCase();
    if (OWN.has(lower) || dropped.has(lower)) continue;
    const name = names.get(lower) ?? rawHeaders[i]!;
    names.set(lower, name);
    (kept[name] ??= []).push(rawHeaders[i + 1]!);
  }
  return Object.fromEntries(
    Object.entries(kept).map(([name, values]) => [name, values.length === 1 ? values[0]! : values]),
  );
}

const noPlane = () =>
  unavailable('no model is being served here', {
    hint: 'deploy one with: treadle deploy MODEL; just after a start, try again in a moment',
  });

/** The reply was taken out of Fastify's hands, so the error is written here. */
function refuse(reply: FastifyReply, requestId: string): void {
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
