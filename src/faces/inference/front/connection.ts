import type { Socket } from 'node:net';
import { Pace, type Share } from '../../../platform/limits/index.ts';
import type { InferenceReply, InferenceRequest } from '../exchange.ts';
import type { Admitted } from '../shared/caller.ts';
import { LINGER_BYTES, LINGER_MS } from '../shared/linger.ts';
import { readHead, type Head } from './head.ts';
import { refusalOf } from './refusal.ts';
import { responseHead } from './response.ts';

/** A head that came before on this connection, and what was found out about it. */
export interface KnownHead extends Head {
  /** Who asks, by `door.authenticate`; holds while `epoch` does. */
  admitted: Admitted | undefined;
  epoch: number;
  /** Host and Origin were looked at and are ours. */
  trusted: boolean;
}

export interface Handlers {
  /** A whole request of the fast path. */
  handle(head: KnownHead, request: Exchange): void;
  /**
   * Whether a request may send its body, by its head: what it holds until it is answered, or why not. `done` may be called
   * before this returns.
   */
  admit(head: KnownHead, done: (error: unknown, share?: Share) => void): void;
  /** The connection from these bytes on is node:http's. */
  handOver(socket: Socket, bytes: Buffer): void;
  /** It speaks HTTP/2. */
  handOver2(socket: Socket, bytes: Buffer): void;
  maxBody: number;
  /** How long a body may take to come at any speed, ms. */
  longest: number;
  /** The server stops: say so, and end connections after their answer. */
  readonly stopping: boolean;
}

/** How HTTP/2 without TLS begins (RFC 9113 §3.4). */
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const MOST_HEAD = 16 * 1024;
/** Bytes that may wait behind the request under way before the socket is no longer read. */
const AHEAD = 64 * 1024;
/** A connection that asks nothing is ended after this long, ms. */
export const IDLE = 75_000;
/** How long a body may take to come, and an answer to be read, ms. */
export const LONGEST = 300_000;
/** A body is put together in one piece up to here, so that one write sends the answer. */
const ONE_PIECE = 64 * 1024;
const NOTHING = Buffer.alloc(0);
export const TOO_SLOW = JSON.stringify({ error: 'the body comes too slowly: 1 KiB a second is the least' });

/**
 * One connection of plain HTTP/1.1 requests with a known length. Clients repeat their head with every request, byte for byte: an
 * equal head is not read again. Requests are answered one after another; what is pipelined waits.
 */
export class Connection {
  readonly socket: Socket;
  /** When bytes last came. */
  active = performance.now();
  private readonly handlers: Handlers;
  private known: KnownHead | undefined;
  private knownText = '';
  private waiting: Buffer = NOTHING;
  private body: Buffer[] = [];
  private missing = 0;
  private fresh = true;
  private busy = false;
  private reading = false;
  private ended = false;
  /** How the body that is coming does. */
  private pace: Pace | undefined;
  /** Since when an answer waits for its caller to read it. */
  private unread: number | undefined;
  /** Since when nothing more is answered here, and how much was thrown away. */
  private closing: number | undefined;
  private thrown = 0;
  /** What the request under way holds. */
  share: Share | undefined;
  /** It is another parser's. */
  released = false;

  constructor(socket: Socket, handlers: Handlers) {
    this.socket = socket;
    this.handlers = handlers;
    socket.on('data', this.onData);
    socket.on('end', this.onEnd);
    socket.on('error', this.onError);
  }

  /** Nothing is under way. */
  get idle(): boolean {
    return !this.busy && this.missing === 0;
  }

  /** The caller sends no more, and perhaps reads no more. */
  get gone(): boolean {
    return this.ended || this.socket.destroyed;
  }

  /** Whether somebody who may ask was met here. */
  get welcome(): boolean {
    return this.known?.admitted !== undefined;
  }

  /** The socket is closed. What a request under way holds is given back with its answer, which will find nobody. */
  left(): void {
    if (!this.busy) this.share?.end();
  }

  /** Whether it had its time: silent for long, too slow with a body or in reading an answer, or done. */
  overdue(now: number): boolean {
    if (this.closing !== undefined) return now - this.closing > LINGER_MS;
    if (this.pace !== undefined) return this.pace.late(now, this.known!.length - this.missing);
    if (this.unread !== undefined) return now - this.unread > LONGEST;
    return !this.busy && now - this.active > IDLE;
  }

  giveUp(): void {
    if (this.missing === 0 || this.closing !== undefined) return void this.socket.destroy();
    this.busy = true;
    this.missing = 0;
    this.body = [];
    this.answer(408, 'application/json', TOO_SLOW, undefined, true);
  }

  private readonly onData = (chunk: Buffer): void => {
    this.active = performance.now();
    if (this.closing !== undefined) {
      this.thrown += chunk.length;
      if (this.thrown > LINGER_BYTES) this.socket.destroy();
      return;
    }
    if (this.busy) {
      this.waiting = this.waiting.length === 0 ? chunk : Buffer.concat([this.waiting, chunk]);
      if (this.waiting.length > AHEAD) this.socket.pause();
      return;
    }
    this.read(chunk);
  };

  private readonly onEnd = (): void => {
    this.ended = true;
    if (this.closing !== undefined) return void this.socket.destroy();
    // Half a request is none; a whole one under way is still answered.
    if (this.busy) return;
    if (this.missing === 0) return void this.socket.destroy();
    const error = `the body is cut short: ${this.missing} bytes of it did not come`;
    this.answer(400, 'application/json', JSON.stringify({ error }), undefined, true);
  };

  private readonly onError = (): void => {
    this.socket.destroy();
  };

  /** Reads what came until a request is under way or the bytes are used up. */
  private read(chunk: Buffer): void {
    let rest = chunk;
    this.reading = true;
    while (rest.length > 0 && !this.busy && !this.released) rest = this.take(rest);
    this.reading = false;
    if (rest.length > 0 && !this.released) this.waiting = rest;
  }

  private take(chunk: Buffer): Buffer {
    if (this.missing > 0) return this.more(chunk);
    const { knownText } = this;
    const known = this.known;
    let size = knownText.length;
    let head: KnownHead;
    if (
      known !== undefined &&
      chunk.length >= size &&
      chunk[size - 5] === knownText.charCodeAt(size - 5) &&
      chunk.toString('latin1', 0, size) === knownText
    ) {
      head = known;
    } else {
      const end = chunk.indexOf('\r\n\r\n', 0, 'latin1');
      const text = end === -1 || end > MOST_HEAD ? undefined : chunk.toString('latin1', 0, end + 4);
      const read = text === undefined ? undefined : readHead(text);
      if (text === undefined || read === undefined || read.length > this.handlers.maxBody)
        return this.release(chunk);
      this.known = head = { ...read, admitted: undefined, epoch: -1, trusted: false };
      this.knownText = text;
      size = text.length;
    }
    this.fresh = false;
    const end = size + head.length;
    if (chunk.length < end) {
      this.body = [chunk.subarray(size)];
      this.missing = end - chunk.length;
      this.admit(head);
      return NOTHING;
    }
    this.begin(head, head.length === 0 ? NOTHING : chunk.subarray(size, end));
    return chunk.length === end ? NOTHING : chunk.subarray(end);
  }

  /** Asks whether the body may come at all, before more of it is read than came with its head. */
  private admit(head: KnownHead): void {
    const { socket } = this;
    let asked = true;
    let paused = false;
    this.handlers.admit(head, (error, share) => {
      asked = false;
      if (socket.destroyed) return share?.end();
      if (share === undefined) {
        this.busy = true;
        this.missing = 0;
        this.body = [];
        const { status, body, headers } = refusalOf(error);
        this.answer(status, 'application/json', body, headers, true);
      } else {
        this.share = share;
        this.pace = new Pace(performance.now(), this.handlers.longest);
      }
      if (paused) socket.resume();
    });
    if (!asked) return;
    paused = true;
    socket.pause();
  }

  private more(chunk: Buffer): Buffer {
    const own = chunk.length <= this.missing ? chunk : chunk.subarray(0, this.missing);
    const rest = chunk.length <= this.missing ? NOTHING : chunk.subarray(this.missing);
    this.body.push(own);
    this.missing -= own.length;
    if (this.missing > 0) return NOTHING;
    const whole = Buffer.concat(this.body);
    this.body = [];
    this.pace = undefined;
    this.begin(this.known!, whole);
    return rest;
  }

  private begin(head: KnownHead, body: Buffer): void {
    this.busy = true;
    this.handlers.handle(head, new Exchange(this, head, body, this.active));
  }

  /** Hands the connection with all that came and was not answered to a parser that knows every form of HTTP. */
  private release(bytes: Buffer): Buffer {
    const { socket } = this;
    this.released = true;
    socket.off('data', this.onData);
    socket.off('end', this.onEnd);
    socket.off('error', this.onError);
    const start = bytes.toString('latin1', 0, PREFACE.length);
    if (this.fresh && start.length >= 3 && PREFACE.startsWith(start)) this.handlers.handOver2(socket, bytes);
    else this.handlers.handOver(socket, bytes);
    return NOTHING;
  }

  /** Sends an answer, then goes on with what waits. */
  answer(
    status: number,
    type: string,
    body: string | Uint8Array,
    headers: Readonly<Record<string, string>> | undefined,
    close: boolean,
  ): void {
    const { socket } = this;
    if (this.share !== undefined) {
      this.share.end();
      this.share = undefined;
    }
    if (socket.destroyed) {
      this.waiting = NOTHING;
      return;
    }
    const last = close || this.ended || this.handlers.stopping;
    let flowing: boolean;
    if (typeof body === 'string') {
      const length = Buffer.byteLength(body);
      const head = responseHead(status, type, headers, length, last, Date.now());
      flowing = socket.write(head + body, length === body.length ? 'latin1' : 'utf8');
    } else {
      const head = responseHead(status, type, headers, body.length, last, Date.now());
      if (body.length <= ONE_PIECE) {
        const whole = Buffer.allocUnsafe(head.length + body.length);
        whole.write(head, 0, 'latin1');
        whole.set(body, head.length);
        flowing = socket.write(whole);
      } else {
        socket.cork();
        socket.write(head, 'latin1');
        flowing = socket.write(body);
        socket.uncork();
      }
    }
    if (last) {
      this.waiting = NOTHING;
      this.closing = performance.now();
      if (socket.isPaused()) socket.resume(); // to its end, or to the end of our patience
      socket.end();
      return;
    }
    // A caller that asks and does not read gets no further than this.
    if (flowing) this.next();
    else {
      this.unread = performance.now();
      socket.once('drain', this.next);
    }
  }

  private readonly next = (): void => {
    this.busy = false;
    this.unread = undefined;
    if (this.waiting.length === 0) return;
    const { waiting } = this;
    // Answered within `read`: its loop goes on, so that a long pipeline does not become a deep stack.
    if (this.reading) return;
    this.waiting = NOTHING;
    if (this.socket.isPaused()) this.socket.resume();
    this.read(waiting);
  };
}

/** A request of the fast path and the reply to it: one object. */
export class Exchange implements InferenceRequest, InferenceReply {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly at: number;
  body: Buffer;
  workspace = 'default';
  caller = '';
  private readonly head: Head;
  private connection: Connection | undefined;

  constructor(connection: Connection, head: Head, body: Buffer, at: number) {
    this.connection = connection;
    this.head = head;
    this.method = head.method;
    this.path = head.path;
    this.query = head.query;
    this.body = body;
    this.at = at;
  }

  get gone(): boolean {
    return this.connection?.gone ?? true;
  }

  get share(): Share | undefined {
    return this.connection?.share;
  }

  set share(share: Share | undefined) {
    if (this.connection) this.connection.share = share;
    else share?.end();
  }

  header(name: string): string | undefined {
    const { names, values } = this.head;
    for (let index = 0; index < names.length; index++) if (names[index] === name) return values[index];
    return undefined;
  }

  send(
    status: number,
    type: string,
    body: string | Uint8Array,
    headers?: Readonly<Record<string, string>>,
  ): void {
    const { connection } = this;
    if (connection === undefined) throw new Error('a request was answered twice');
    this.connection = undefined;
    connection.answer(status, type, body, headers, this.head.close);
  }
}
