import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Http2Server, Http2Session } from 'node:http2';
import { createServer as createListener, type Server, type Socket } from 'node:net';
import { rmSync } from 'node:fs';
import { messageOf, TreadleError } from '../../../platform/errors/index.ts';
import type { Log } from '../../../platform/log/index.ts';
import { guardHost, guardOrigin } from '../../../platform/origin/index.ts';
import type { CallerVerdict, Credentials } from '../../../serving/index.ts';
import { HEALTH_PATHS, type InferenceReply, type InferenceRequest, type Protocol } from '../exchange.ts';
import { credentialsOf } from '../shared/caller.ts';
import { Connection, type Exchange, type Handlers, type KnownHead } from './connection.ts';
import { inflate } from './inflate.ts';
import { refusalOf } from './refusal.ts';
import { STEADY } from './response.ts';

export interface FrontOptions {
  /** Asked in this order; the first that says a request is its own answers it. */
  protocols: readonly Protocol[];
  door: {
    authenticate(credentials: Credentials, done: (verdict: CallerVerdict) => void): void;
    readonly callersEpoch: number;
  };
  /** Host header values, as the main port has them. */
  hosts: readonly string[] | 'any';
  log: Log;
  /** Where connections that begin with HTTP/2's preface go. */
  grpc?: Http2Server;
  /** Bytes of a body, inflated too; 64 MiB unless said. */
  maxBody?: number;
}

export interface Front {
  /** Opens a port, and a Unix socket where one is named. A port of 0 takes a free one. */
  listen(at: { host: string; port: number; reusePort?: boolean; socket?: string }): Promise<{ port: number }>;
  /** Answers what is under way, then ends every connection. */
  close(patience?: number): Promise<void>;
}

const MiB = 1024 * 1024;
/** A connection that says nothing is ended after this long; one with half a request earlier. */
const IDLE = 75_000;
const HALF = 30_000;

/** The HTTP side of the data plane: plain requests on a short path of their own, everything else through node:http. */
export function createFront(options: FrontOptions): Front {
  const { protocols, door, hosts, log, grpc, maxBody = 64 * MiB } = options;
  const connections = new Set<Connection>();
  const sockets = new Set<Socket>();
  const listeners: Server[] = [];
  const sessions = new Set<Http2Session>();
  let stopping = false;
  grpc?.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
  });

  const slow = createServer(
    {
      keepAliveTimeout: IDLE,
      headersTimeout: HALF,
      requestTimeout: 300_000,
      maxHeaderSize: 16 * 1024,
      requireHostHeader: false,
    },
    (request, response) => void slowly(request, response),
  );
  slow.on('clientError', (error: Error & { code?: string }, socket) => {
    if (!socket.writable) return void socket.destroy();
    const status =
      error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request';
    const body = JSON.stringify({ error: 'the request is not valid HTTP/1.1' });
    socket.end(
      `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
  });

  /** Who asks and whether from here; then the protocols. `known` spares a head that came before both questions. */
  function enter(request: Incoming, reply: InferenceReply, known: KnownHead | undefined): void {
    if (known?.trusted !== true) {
      guardHost(request.header('host'), hosts);
      guardOrigin(
        {
          method: request.method,
          host: request.header('host'),
          origin: request.header('origin'),
          site: request.header('sec-fetch-site'),
        },
        hosts,
      );
      if (known) known.trusted = true;
    }
    if (HEALTH_PATHS.has(request.path)) return proceed(request, reply);
    const epoch = door.callersEpoch;
    if (known?.workspace !== undefined && known.epoch === epoch) {
      request.workspace = known.workspace;
      return proceed(request, reply);
    }
    door.authenticate(
      credentialsOf((name) => request.header(name)),
      (verdict) => {
        if (!verdict.ok || !verdict.may) return refuseCaller(reply, verdict);
        request.workspace = verdict.workspace;
        if (known) {
          known.workspace = verdict.workspace;
          known.epoch = epoch;
        }
        guarded(reply, () => proceed(request, reply));
      },
    );
  }

  function proceed(request: Incoming, reply: InferenceReply): void {
    const encoding = request.header('content-encoding');
    if (encoding !== undefined && request.body.length > 0) {
      inflate(request.body, encoding, maxBody, (error, body) => {
        guarded(reply, () => {
          if (error) throw error;
          request.body = body!;
          answer(request, reply);
        });
      });
      return;
    }
    answer(request, reply);
  }

  function answer(request: InferenceRequest, reply: InferenceReply): void {
    for (const protocol of protocols) if (protocol(request, reply)) return;
    const { path } = request;
    const shown = path.length > 100 ? `${path.slice(0, 100)}…` : path;
    refuse(
      reply,
      new TreadleError('missing', `nothing answers to ${request.method} ${shown} here`, {
        hint: 'this port answers /v2/…, /v1/models/…, /invocations, /ping and /metrics',
      }),
    );
  }

  /** A fault of ours while answering one request is that request's 500, and nobody else's. */
  function guarded(reply: InferenceReply, act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!(error instanceof TreadleError)) log.error('a request failed', { error });
      try {
        refuse(reply, error);
      } catch (again) {
        // It had been answered: the caller has what it asked, the log has what went wrong after.
        log.error('a request failed after its answer', { error: messageOf(again) });
      }
    }
  }

  const handlers: Handlers = {
    maxBody,
    get stopping() {
      return stopping;
    },
    handle(head: KnownHead, exchange: Exchange) {
      guarded(exchange, () => enter(exchange, exchange, head));
    },
    handOver(socket, bytes) {
      socket.pause();
      socket.unshift(bytes);
      slow.emit('connection', socket);
      process.nextTick(() => socket.resume());
    },
    handOver2(socket, bytes) {
      if (!grpc) return handlers.handOver(socket, bytes);
      socket.pause();
      socket.unshift(bytes);
      socket.allowHalfOpen = false; // a caller that ends its side is done: nothing of HTTP/2 comes after
      grpc.emit('connection', socket);
    },
  };

  /** The same through node:http: chunked bodies, Expect, HEAD, odd heads. */
  async function slowly(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const reply = new SlowReply(message, response);
    const chunks: Buffer[] = [];
    let size = 0;
    try {
      if (Number(message.headers['content-length'] ?? 0) > maxBody) throw bodyTooLarge(maxBody);
      for await (const chunk of message as AsyncIterable<Buffer>) {
        size += chunk.length;
        if (size > maxBody) throw bodyTooLarge(maxBody);
        chunks.push(chunk);
      }
    } catch (error) {
      if (error instanceof TreadleError) {
        response.setHeader('Connection', 'close'); // the rest of the body is not read
        refuse(reply, error);
      } else response.destroy();
      return;
    }
    guarded(reply, () => {
      const url = message.url ?? '/';
      if (message.httpVersionMajor !== 1)
        throw new TreadleError('invalid', 'the request names no version of HTTP that is spoken here', {
          hint: 'send HTTP/1.1',
        });
      // Two names are two readings of one request: whichever is checked, something before us may have believed the other.
      const named = message.rawHeaders.filter(
        (name, at) => at % 2 === 0 && name.toLowerCase() === 'host',
      ).length;
      if (named > 1 || (named === 0 && message.httpVersionMinor > 0))
        throw new TreadleError('invalid', `the request has ${named} Host headers; there must be one`, {
          field: 'host',
        });
      // A proxy's form (`GET http://host/path`) names a host of its own, and no check looks at that one.
      if (!url.startsWith('/'))
        throw new TreadleError('invalid', 'the request target must begin with a slash');
      const mark = url.indexOf('?');
      const request: Incoming = {
        method: message.method ?? 'GET',
        path: mark === -1 ? url : url.slice(0, mark),
        query: mark === -1 ? '' : url.slice(mark + 1),
        header: (name) => {
          const value = message.headers[name];
          return Array.isArray(value) ? value.join(', ') : value;
        },
        body: Buffer.concat(chunks),
        workspace: 'default',
        at: performance.now(),
      };
      enter(request, reply, undefined);
    });
  }

  function accept(socket: Socket): void {
    if (stopping) return void socket.destroy();
    socket.setNoDelay(true);
    sockets.add(socket);
    const connection = new Connection(socket, handlers);
    connections.add(connection);
    socket.once('close', () => {
      sockets.delete(socket);
      connections.delete(connection);
    });
  }

  const sweep = setInterval(() => {
    const now = performance.now();
    for (const connection of connections) {
      if (connection.released) connections.delete(connection);
      else if (connection.quiet(now, IDLE, HALF)) connection.socket.destroy();
    }
  }, 5000);
  sweep.unref();

  return {
    async listen({ host, port, reusePort, socket }) {
      const tcp = createListener({ allowHalfOpen: true }, accept);
      listeners.push(tcp);
      await opened(tcp, () => tcp.listen({ host, port, reusePort: reusePort ?? false, backlog: 4096 }));
      if (socket !== undefined) {
        const local = createListener({ allowHalfOpen: true }, accept);
        listeners.push(local);
        rmSync(socket, { force: true }); // of a process that was killed
        await opened(local, () => local.listen({ path: socket, backlog: 4096 }));
      }
      const address = tcp.address();
      if (address === null || typeof address === 'string') throw new Error('the front has no address');
      return { port: address.port };
    },
    async close(patience = 10_000) {
      stopping = true;
      clearInterval(sweep);
      const ended = listeners.map((one) => new Promise<void>((resolve) => one.close(() => resolve())));
      for (const connection of connections)
        if (connection.idle && !connection.released) connection.socket.end();
      slow.closeIdleConnections();
      grpc?.close();
      for (const session of sessions) session.close(); // after the calls that are open
      const impatience = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, patience);
      await Promise.all(ended);
      clearTimeout(impatience);
      slow.close();
    },
  };
}

/** What the front fills in before a protocol sees it. */
type Incoming = { -readonly [K in keyof InferenceRequest]: InferenceRequest[K] };

class SlowReply implements InferenceReply {
  private readonly response: ServerResponse;
  private readonly bodiless: boolean;
  constructor(message: IncomingMessage, response: ServerResponse) {
    this.response = response;
    this.bodiless = message.method === 'HEAD';
  }
  get gone(): boolean {
    return this.response.destroyed;
  }
  send(
    status: number,
    type: string,
    body: string | Uint8Array,
    headers?: Readonly<Record<string, string>>,
  ): void {
    const { response } = this;
    if (response.headersSent) throw new Error('a request was answered twice');
    response.writeHead(status, {
      'Content-Type': type,
      ...STEADY,
      ...headers,
      'Content-Length': Buffer.byteLength(body),
    });
    response.end(this.bodiless ? undefined : body);
  }
}

const bodyTooLarge = (limit: number): TreadleError =>
  new TreadleError('too-large', `the request body is larger than ${Math.floor(limit / MiB)} MiB`, {
    field: 'body',
    hint: 'send fewer rows at once, or tensors in binary',
  });

function refuse(reply: InferenceReply, error: unknown): void {
  const { status, body, headers } = refusalOf(error);
  reply.send(status, 'application/json', body, headers);
}

function refuseCaller(reply: InferenceReply, verdict: CallerVerdict): void {
  if (!verdict.ok) {
    refuse(
      reply,
      new TreadleError(verdict.status === 401 ? 'unauthenticated' : 'forbidden', verdict.message),
    );
    return;
  }
  refuse(
    reply,
    new TreadleError('forbidden', `'${verdict.name}' may not ask for predictions`, {
      hint: 'ask an admin for a token with a higher role',
    }),
  );
}

function opened(server: Server, listen: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => {
      server.off('error', reject);
      resolve();
    });
    listen();
  });
}
