import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { invalid, tooLarge, type TreadleError } from '../../../platform/errors/index.ts';
import { Pace, Share, type Budget } from '../../../platform/limits/index.ts';
import type { InferenceReply, InferenceRequest } from '../exchange.ts';
import { NOBODY, type Admitted } from '../shared/caller.ts';
import { linger } from '../shared/linger.ts';
import { IDLE, TOO_SLOW } from './connection.ts';
import { refusalOf } from './refusal.ts';
import { STEADY } from './response.ts';

/** What the front fills in before a protocol sees it. */
export type Incoming = { -readonly [K in keyof InferenceRequest]: InferenceRequest[K] } & { caller: string };
/** A reply with what its request holds until it is sent. */
export type Holding = InferenceReply & { share: Share | undefined };

/** A head that began is to be whole after this long, ms. */
const HEAD = 30_000;
/** Requests of one connection that may be under way before no more of it is read: Node reads on by itself. */
const PIPELINED = 64;
const HEALTH_BODY = 64 * 1024;

export interface SlowOptions {
  maxBody: number;
  /** How long a head or a body may take to come at any speed, ms. */
  longest: number;
  budget: Budget;
  /** Who asks, and whether from here, by the head alone. */
  judge(request: Incoming, done: (error: unknown, admitted?: Admitted) => void): void;
  /** A whole request of somebody who may ask. */
  proceed(request: Incoming, reply: Holding): void;
  /** Runs `act`; what it throws is the answer of this request. */
  guarded(reply: InferenceReply, act: () => void): void;
}

export interface Slow {
  take(socket: Socket): void;
  /** Ends connections that had their time. */
  sweep(now: number): void;
  /** Ends the oldest connection on which nobody asks and nobody who may ask ever did. */
  makeRoom(): boolean;
  closeIdle(): void;
  close(): void;
}

/** How a connection of node:http does. */
interface Visit {
  /** Being read or answered. */
  open: Set<ServerResponse>;
  /** Since when nothing is under way, and what had come by then. */
  since: number;
  bytes: number;
  /** Somebody who may ask was met here. */
  welcome: boolean;
  /** When the head that is coming began. */
  head: number | undefined;
}

/** How a body that is coming does. */
interface Coming {
  reply: SlowReply;
  pace: Pace;
  bytes: number;
}

/** The same as the short path, through node:http: chunked bodies, Expect, HEAD, odd heads. */
export function createSlow({ maxBody, longest, budget, judge, proceed, guarded }: SlowOptions): Slow {
  const visits = new Map<Socket, Visit>();
  const coming = new Map<IncomingMessage, Coming>();
  // Node's own deadlines run only in a server that listens, so `sweep` has them.
  const server = createServer(
    { keepAliveTimeout: IDLE, maxHeaderSize: 16 * 1024, requireHostHeader: false },
    (message, response) => hear(message, response, false),
  );
  server.on('checkContinue', (message: IncomingMessage, response: ServerResponse) =>
    hear(message, response, true),
  );
  server.on('clientError', (error: Error & { code?: string }, socket) => {
    if (!socket.writable) return void socket.destroy();
    const status =
      error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request';
    const body = JSON.stringify({ error: 'the request is not valid HTTP/1.1' });
    socket.end(
      `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    if (socket.readableLength > 0) socket.resume();
  });

  function hear(message: IncomingMessage, response: ServerResponse, expected: boolean): void {
    const reply = new SlowReply(message, response);
    const visit = visits.get(message.socket);
    visit?.open.add(response);
    if (visit && visit.open.size > PIPELINED) message.socket.pause();
    response.once('close', () => {
      reply.share?.end();
      coming.delete(message);
      if (!visit) return;
      visit.open.delete(response);
      if (visit.open.size === PIPELINED) message.socket.resume();
      visit.since = performance.now();
      visit.bytes = message.socket.bytesRead;
      visit.head = undefined;
    });
    guarded(reply, () => {
      const request = incoming(message);
      judge(request, (error, admitted) => {
        if (admitted === undefined)
          return guarded(reply, () => {
            throw error;
          });
        guarded(reply, () => {
          request.workspace = admitted.workspace;
          request.caller = admitted.caller;
          if (visit && admitted !== NOBODY) visit.welcome = true;
          reply.share = new Share(budget, admitted.caller);
          const length = Number(message.headers['content-length'] ?? 0);
          if (length > maxBody) throw bodyTooLarge(maxBody);
          requireSmall(admitted, length);
          reply.share.take(length);
          if (expected) response.writeContinue();
          read(message, request, reply, admitted);
        });
      });
    });
  }

  /** Reads the body of somebody who may ask. */
  function read(message: IncomingMessage, request: Incoming, reply: SlowReply, admitted: Admitted): void {
    const announced = message.headers['content-length'] !== undefined;
    const chunks: Buffer[] = [];
    const body: Coming = { reply, pace: new Pace(performance.now(), longest), bytes: 0 };
    coming.set(message, body);
    message.on('data', (chunk: Buffer) => {
      if (reply.sent) return;
      body.bytes += chunk.length;
      guarded(reply, () => {
        if (body.bytes > maxBody) throw bodyTooLarge(maxBody);
        requireSmall(admitted, body.bytes);
        if (!announced) reply.share?.take(chunk.length);
        chunks.push(chunk);
      });
    });
    message.on('error', () => undefined); // the caller went away, and their connection with them
    message.on('end', () => {
      coming.delete(message);
      if (reply.sent || !message.complete) return;
      guarded(reply, () => {
        request.body = Buffer.concat(chunks);
        request.at = performance.now();
        proceed(request, reply);
      });
    });
  }

  return {
    take(socket) {
      const now = performance.now();
      visits.set(socket, { open: new Set(), since: now, bytes: socket.bytesRead, welcome: false, head: now });
      socket.once('close', () => visits.delete(socket));
      server.emit('connection', socket);
      process.nextTick(() => socket.resume());
    },
    sweep(now) {
      for (const [message, { reply, pace, bytes }] of coming)
        if (pace.late(now, bytes)) {
          coming.delete(message);
          if (reply.sent) message.socket.destroy();
          else reply.send(408, 'application/json', TOO_SLOW);
        }
      for (const [socket, visit] of visits) {
        if (visit.open.size > 0) continue;
        if (socket.bytesRead > visit.bytes) visit.head ??= now;
        if (visit.head === undefined ? now - visit.since > IDLE : now - visit.head > Math.min(HEAD, longest))
          socket.destroy();
      }
    },
    makeRoom() {
      for (const [socket, { open, welcome }] of visits) {
        if (welcome || open.size > 0) continue;
        visits.delete(socket);
        socket.destroy();
        return true;
      }
      return false;
    },
    closeIdle() {
      for (const [socket, { open }] of visits) if (open.size === 0) socket.destroy();
    },
    close: () => void server.close(),
  };
}

/** The request that the head says, its body still to come. Throws where two readers would see two. */
function incoming(message: IncomingMessage): Incoming {
  const url = message.url ?? '/';
  if (message.httpVersionMajor !== 1)
    throw invalid('the request names no version of HTTP that is spoken here', { hint: 'send HTTP/1.1' });
  // Two names are two readings of one request: whichever is checked, something before us may have believed the other.
  const named = message.rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host').length;
  if (named > 1 || (named === 0 && message.httpVersionMinor > 0))
    throw invalid(`the request has ${named} Host headers; there must be one`, { field: 'host' });
  // A proxy's form (`GET http://host/path`) names a host of its own, and no check looks at that one.
  if (!url.startsWith('/')) throw invalid('the request target must begin with a slash');
  const mark = url.indexOf('?');
  return {
    method: message.method ?? 'GET',
    path: mark === -1 ? url : url.slice(0, mark),
    query: mark === -1 ? '' : url.slice(mark + 1),
    header: (name) => {
      const value = message.headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    },
    body: Buffer.alloc(0),
    workspace: 'default',
    caller: '',
    at: performance.now(),
  };
}

class SlowReply implements Holding {
  share: Share | undefined;
  private readonly message: IncomingMessage;
  private readonly response: ServerResponse;
  constructor(message: IncomingMessage, response: ServerResponse) {
    this.message = message;
    this.response = response;
  }
  get gone(): boolean {
    return this.response.destroyed;
  }
  get sent(): boolean {
    return this.response.headersSent;
  }
  send(
    status: number,
    type: string,
    body: string | Uint8Array,
    headers?: Readonly<Record<string, string>>,
  ): void {
    const { message, response } = this;
    if (response.headersSent) throw new Error('a request was answered twice');
    response.writeHead(status, {
      'Content-Type': type,
      ...STEADY,
      ...headers,
      'Content-Length': Buffer.byteLength(body),
      // What still comes of the question is not wanted.
      ...(message.complete ? {} : { Connection: 'close' }),
    });
    if (message.method !== 'HEAD') response.write(body);
    if (message.complete || message.destroyed) response.end();
    else linger(message, () => response.end());
  }
}

const bodyTooLarge = (limit: number): TreadleError =>
  tooLarge(`the request body is larger than ${Math.floor(limit / (1024 * 1024))} MiB`, {
    field: 'body',
    hint: 'send fewer rows at once, or tensors in binary',
  });

/** Who asks for health sends no more than a question. */
export function requireSmall(admitted: Admitted, bytes: number): void {
  if (admitted === NOBODY && bytes > HEALTH_BODY)
    throw tooLarge(`a question about health is no larger than ${HEALTH_BODY} bytes`, {
      field: 'body',
      hint: 'send it without a body',
    });
}

export function refuse(reply: InferenceReply, error: unknown): void {
  const { status, body, headers } = refusalOf(error);
  reply.send(status, 'application/json', body, headers);
}
