import type { Http2Server, Http2Session } from 'node:http2';
import { createServer as createListener, type Server, type Socket } from 'node:net';
import { rmSync } from 'node:fs';
import { invalid, messageOf, TreadleError } from '../../../platform/errors/index.ts';
import { Budget, Share } from '../../../platform/limits/index.ts';
import type { Log } from '../../../platform/log/index.ts';
import { guardHost, guardOrigin } from '../../../platform/origin/index.ts';
import type { PlaneDoor } from '../../../serving/index.ts';
import { HEALTH_PATHS, type InferenceReply, type InferenceRequest, type Protocol } from '../exchange.ts';
import { enter, NOBODY, type Admitted } from '../shared/caller.ts';
import { inflate, packed } from '../shared/inflate.ts';
import { Connection, LONGEST, type Exchange, type Handlers, type KnownHead } from './connection.ts';
import { createSlow, refuse, requireSmall, type Holding, type Incoming } from './slow.ts';

export interface FrontOptions {
  /** Asked in this order; the first that says a request is its own answers it. */
  protocols: readonly Protocol[];
  door: Pick<PlaneDoor, 'authenticate' | 'callersEpoch'>;
  /** Host header values, as the main port has them. */
  hosts: readonly string[] | 'any';
  log: Log;
  /** Where connections that begin with HTTP/2's preface go. */
  grpc?: Http2Server;
  /** Bytes of a body, inflated too; 64 MiB unless said. */
  maxBody?: number;
  /** What requests under way hold; shared with `grpc`. */
  budget?: Budget;
  /** Connections of callers at a time; 4096 unless said. */
  most?: number;
  /** How long a head or a body may take to come at any speed, and how often that is looked at, ms. */
  longest?: number;
  sweepEvery?: number;
}

export interface Front {
  /** Opens a port, and a Unix socket where one is named. A port of 0 takes a free one. */
  listen(at: { host: string; port: number; reusePort?: boolean; socket?: string }): Promise<{ port: number }>;
  /** Answers what is under way, then ends every connection. */
  close(patience?: number): Promise<void>;
}

const MiB = 1024 * 1024;
const SWEEP = 2000;
const FULL =
  'HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 43\r\n\r\n{"error":"there are too many connections"}\n';

/** What the requests under way may hold in a plane: all, and each caller's. */
export const planeBudget = (): Budget => new Budget(512 * MiB, 256 * MiB);

/**
 * The HTTP side of the data plane: plain requests on a short path of their own, everything else through node:http. A small model
 * answers in a few microseconds, and Node's server takes 12.9 µs of processor time a request where a bare socket takes 7.5
 * (docs/decisions/inference-front.md). The short path refuses nothing by its own reading of HTTP: two readers that disagree on the
 * same bytes would be a hole, so what it does not know exactly goes on whole to the other one.
 */
export function createFront(options: FrontOptions): Front {
  const { protocols, door, hosts, log, grpc, maxBody = 64 * MiB, most = 4096 } = options;
  const { longest = LONGEST, sweepEvery = SWEEP } = options;
  const budget = options.budget ?? planeBudget();
  const connections = new Set<Connection>();
  const sockets = new Set<Socket>();
  const listeners: Server[] = [];
  const sessions = new Set<Http2Session>();
  let callers = 0;
  let stopping = false;
  grpc?.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
  });
  const slow = createSlow({
    maxBody,
    longest,
    budget,
    judge: (request, done) => judge(request, undefined, done),
    proceed,
    guarded,
  });

  /** Who asks, and whether from here: by the head, before the body. `known` spares a head that came before the questions. */
  function judge(
    request: Pick<InferenceRequest, 'method' | 'path' | 'header'>,
    known: KnownHead | undefined,
    done: (error: unknown, admitted?: Admitted) => void,
  ): void {
    if (known?.trusted !== true) {
      try {
        const host = request.header('host');
        guardHost(host, hosts);
        guardOrigin(
          {
            method: request.method,
            host,
            origin: request.header('origin'),
            site: request.header('sec-fetch-site'),
          },
          hosts,
        );
      } catch (error) {
        return done(error);
      }
      // Clients repeat their head byte for byte, and the same bytes deserve the same judgement: Host and Origin are judged once.
      if (known) known.trusted = true;
    }
    if (HEALTH_PATHS.has(request.path)) return done(undefined, NOBODY);
    // Unlike the head, what a caller may do changes: a revoked token raises the epoch, and whoever it admitted is asked anew.
    const epoch = door.callersEpoch;
    if (known?.admitted !== undefined && known.epoch === epoch) return done(undefined, known.admitted);
    enter(
      door,
      (name) => request.header(name),
      (error, admitted) => {
        if (error) return done(error);
        if (known) {
          known.admitted = admitted;
          known.epoch = epoch;
        }
        done(undefined, admitted);
      },
    );
  }

  function proceed(request: Incoming, reply: Holding): void {
    const encoding = request.header('content-encoding');
    if (encoding === undefined || request.body.length === 0) return answer(request, reply);
    const kind = encoding.trim().toLowerCase();
    if (kind === '' || kind === 'identity') return answer(request, reply);
    if (!packed(kind))
      throw invalid(`the body is encoded as '${kind.slice(0, 40)}', which is not known here`, {
        field: 'Content-Encoding',
        hint: 'send gzip, deflate or plain bodies',
      });
    reply.share ??= new Share(budget, request.caller);
    inflate(request.body, kind, maxBody, reply.share, (error, body) => {
      guarded(reply, () => {
        if (error) throw error;
        request.body = body!;
        answer(request, reply);
      });
    });
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
    longest,
    get stopping() {
      return stopping;
    },
    admit(head, done) {
      const request = { method: head.method, path: head.path, header: (name: string) => valueOf(head, name) };
      judge(request, head, (error, admitted) => {
        if (admitted === undefined) return done(error);
        try {
          requireSmall(admitted, head.length);
          const share = new Share(budget, admitted.caller);
          share.take(head.length);
          done(undefined, share);
        } catch (thrown) {
          done(thrown);
        }
      });
    },
    handle(head: KnownHead, exchange: Exchange) {
      judge(exchange, head, (error, admitted) => {
        guarded(exchange, () => {
          if (admitted === undefined) throw error;
          exchange.workspace = admitted.workspace;
          exchange.caller = admitted.caller;
          proceed(exchange, exchange);
        });
      });
    },
    handOver(socket, bytes) {
      socket.pause();
      socket.unshift(bytes);
      slow.take(socket);
    },
    handOver2(socket, bytes) {
      if (!grpc) return handlers.handOver(socket, bytes);
      socket.pause();
      socket.unshift(bytes);
      socket.allowHalfOpen = false; // a caller that ends its side is done: nothing of HTTP/2 comes after
      grpc.emit('connection', socket);
    },
  };

  /** Those of callers are counted; the server's own, by the Unix socket, are counted there. */
  function accept(socket: Socket, counted: boolean): void {
    if (stopping) return void socket.destroy();
    if (counted && callers >= most && !makeRoom()) {
      socket.on('error', () => undefined);
      socket.end(FULL, () => socket.destroy());
      return;
    }
    if (counted) callers++;
    socket.setNoDelay(true);
    sockets.add(socket);
    const connection = new Connection(socket, handlers);
    connections.add(connection);
    socket.once('close', () => {
      if (counted) callers--;
      connection.left();
      sockets.delete(socket);
      connections.delete(connection);
    });
  }

  /** Ends the oldest connection on which nobody asks and nobody who may ask ever did: a crowd of those keeps no caller out. */
  function makeRoom(): boolean {
    for (const connection of connections) {
      if (connection.welcome || !connection.idle || connection.released) continue;
      connection.socket.destroy();
      connections.delete(connection);
      return true;
    }
    return slow.makeRoom();
  }

  // node:http has deadlines only in a server that listens, and the one behind this front does not; one timer for all of them is
  // cheaper than one for each connection, which would be set and cleared with every request.
  const sweep = setInterval(() => {
    const now = performance.now();
    for (const connection of connections) {
      if (connection.released) connections.delete(connection);
      else if (connection.overdue(now)) connection.giveUp();
    }
    slow.sweep(now);
  }, sweepEvery);
  sweep.unref();

  return {
    async listen({ host, port, reusePort, socket }) {
      const tcp = createListener({ allowHalfOpen: true }, (one) => accept(one, true));
      listeners.push(tcp);
      await opened(tcp, () => tcp.listen({ host, port, reusePort: reusePort ?? false, backlog: 4096 }));
      if (socket !== undefined) {
        const local = createListener({ allowHalfOpen: true }, (one) => accept(one, false));
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
      slow.closeIdle();
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

function valueOf({ names, values }: KnownHead, name: string): string | undefined {
  for (let index = 0; index < names.length; index++) if (names[index] === name) return values[index];
  return undefined;
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
