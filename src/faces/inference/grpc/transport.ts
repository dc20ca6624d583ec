import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { invalid, tooLarge, TreadleError } from '../../../platform/errors/index.ts';
import { Pace, Share, type Budget } from '../../../platform/limits/index.ts';
import type { Failure } from '../shared/failure.ts';
import { inflate, packed } from '../shared/inflate.ts';

/** gRPC's status codes, as far as this service uses them. */
export const OK = 0;
export const UNIMPLEMENTED = 12;
export const UNAVAILABLE = 14;
const CODES: Readonly<Record<Failure['kind'], number>> = {
  invalid: 3,
  unauthenticated: 16,
  forbidden: 7,
  missing: 5,
  conflict: 9,
  'too-large': 8,
  limited: 8,
  unavailable: 14,
  model: 13,
  internal: 13,
};
export const codeOf = ({ kind }: Failure): number => CODES[kind];

/** Largest message, as long as the largest body over HTTP. */
export const LARGEST = 64 * 1024 * 1024;
/** How long a message may take to come at any speed, ms: half of one holds memory. */
const SLOWEST = 300_000;

const OPENING = {
  ':status': 200,
  'content-type': 'application/grpc',
  'grpc-accept-encoding': 'identity,gzip,deflate',
};
const FINE = { 'grpc-status': '0' };

/** An answer with headers, messages and the good end. */
export function answer(stream: ServerHttp2Stream, message: Buffer): void {
  if (stream.destroyed || stream.closed) return;
  stream.respond(OPENING, { waitForTrailers: true });
  stream.once('wantTrailers', () => stream.sendTrailers(FINE));
  stream.end(message);
}

/** An end without a message; opens the answer when nothing was sent yet ("trailers only"). */
export function refuse(stream: ServerHttp2Stream, code: number, message: string): void {
  if (stream.destroyed || stream.closed) return;
  const trailers = { 'grpc-status': String(code), 'grpc-message': percent(message) };
  if (stream.headersSent) stream.end();
  else stream.respond({ ...OPENING, ...trailers }, { endStream: true });
  hangUp(stream);
}

/** After the last word to a caller that has not ended: what it still sends is not wanted, and nobody waits for its end. */
function hangUp(stream: ServerHttp2Stream): void {
  if (stream.readableEnded) return;
  setImmediate(() => {
    if (!stream.destroyed && !stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR);
  });
}

/** Opens an answer of many messages. */
export function open(stream: ServerHttp2Stream, end: () => { code: number; message: string }): void {
  stream.respond(OPENING, { waitForTrailers: true });
  stream.once('wantTrailers', () => {
    const { code, message } = end();
    stream.sendTrailers(
      code === OK ? FINE : { 'grpc-status': String(code), 'grpc-message': percent(message) },
    );
    hangUp(stream);
  });
}

/** grpc-message: bytes outside of printable ASCII, and %, percent-encoded; a few KiB at most, for it is a header. */
const percent = (message: string): string =>
  message
    .slice(0, 2000)
    .toWellFormed()
    .replaceAll(/[^\x20-\x24\x26-\x7e]+/gu, encodeURIComponent);

/** Hears of each message of a stream, in order, then of its end. `failed` is heard at most once, and nothing after it. */
export interface Listener {
  /** `share`: what a large message holds, until it is ended or the stream is closed. */
  message(message: Buffer, share: Share | undefined): void;
  end(): void;
  failed(error: TreadleError | { unimplemented: string }): void;
}

/** A call whose messages are read. */
export interface Incoming {
  stream: ServerHttp2Stream;
  headers: IncomingHttpHeaders;
  /** One message is expected, and not for ever. */
  unary: boolean;
  /** In whose name its bytes are counted. */
  caller: string;
  /** Largest message; 64 MiB unless said. */
  limit?: number;
}

/** Where the messages of all calls come in: what they hold together, and how fast each comes. */
export class Inbox {
  private readonly budget: Budget;
  private readonly coming = new Set<Coming>();

  constructor(budget: Budget) {
    this.budget = budget;
  }

  /** Gives up messages that come too slowly. */
  sweep(now: number): void {
    for (const one of this.coming) one.look(now);
  }

  /** Cuts the bytes of a call into messages: a byte that says whether it is compressed, 4 bytes of length, so many bytes. */
  receive({ stream, headers, unary, caller, limit = LARGEST }: Incoming, to: Listener): void {
    const { budget, coming } = this;
    const named = headers['grpc-encoding'];
    const encoding = typeof named === 'string' && named !== 'identity' ? named : undefined;
    if (encoding !== undefined && (!packed(encoding) || encoding === 'x-gzip'))
      return to.failed({ unimplemented: `grpc-encoding '${encoding}' is not offered; gzip and deflate are` });
    let chunks: Buffer[] = [];
    let held = 0;
    let over = false;
    /** Of the message that is coming, once it is known to be large; and of those that were handed on. */
    let share: Share | undefined;
    const shares = new Set<Share>();
    /** Messages that are being inflated keep those after them waiting. */
    let turn: Promise<void> | undefined;
    let pace: Pace | undefined = unary ? new Pace(performance.now(), SLOWEST) : undefined;

    const own: Coming = {
      look(now) {
        if (pace === undefined) return;
        // Nobody reads while answers are owed: that is not the caller's slowness.
        if (stream.isPaused()) pace = new Pace(now, SLOWEST);
        else if (pace.late(now, held))
          fail(invalid('the message comes too slowly: 1 KiB a second is the least'));
      },
    };
    coming.add(own);
    stream.once('close', () => {
      coming.delete(own);
      for (const one of shares) one.end();
    });

    const fail = (error: TreadleError): void => {
      if (over) return;
      over = true;
      pace = undefined;
      chunks = [];
      for (const one of shares) one.end();
      to.failed(error);
    };
    const hold = (): Share => {
      const made = new Share(budget, caller);
      shares.add(made);
      return made;
    };
    const hand = (flag: number, message: Buffer, held: Share | undefined): void => {
      if (flag === 1 && encoding === undefined)
        return fail(invalid('the message says that it is compressed, but there is no grpc-encoding'));
      if (flag === 0 && !turn) return over ? undefined : to.message(message, held);
      const before = turn;
      turn = (async () => {
        await before;
        if (over) return;
        if (flag === 0 || encoding === undefined) return to.message(message, held);
        const grown = held ?? hold();
        const { error, body } = await new Promise<{ error: Error | undefined; body: Buffer | undefined }>(
          (resolve) =>
            inflate(message, encoding, limit, grown, (wrong, whole) =>
              resolve({ error: wrong, body: whole }),
            ),
        );
        if (error instanceof TreadleError) fail(error);
        else if (body === undefined) fail(invalid(`the message is no valid ${encoding}`));
        else if (!over) to.message(body, grown);
      })().catch(() => fail(invalid('the message cannot be read')));
    };
    const cut = (): void => {
      while (held >= 5 && !over) {
        if ((chunks[0]?.length ?? 0) < 5) chunks = [Buffer.concat(chunks)];
        const first = chunks[0];
        if (!first) return;
        const flag = first[0] ?? 0;
        const length = first.readUInt32BE(1);
        if (flag > 1)
          return fail(invalid(`a message begins with ${flag}; 0 and 1 mean plain and compressed`));
        if (length > limit) return fail(tooLarge(`a message of ${length} bytes; ${limit} are the most`));
        if (held < 5 + length) {
          if (share !== undefined) return;
          share = hold();
          try {
            share.take(length);
          } catch (error) {
            if (error instanceof TreadleError) fail(error);
            else throw error;
          }
          return;
        }
        const all = chunks.length === 1 ? first : Buffer.concat(chunks);
        const rest = all.subarray(5 + length);
        chunks = rest.length > 0 ? [rest] : [];
        held = rest.length;
        const large = share;
        share = undefined;
        pace = undefined;
        hand(flag, all.subarray(5, 5 + length), large);
      }
    };
    stream.on('data', (chunk: Buffer) => {
      if (over) return;
      chunks.push(chunk);
      held += chunk.length;
      cut();
      if (held > 0 && !over) pace ??= new Pace(performance.now(), SLOWEST);
    });
    stream.on('end', () => {
      pace = undefined;
      if (over) return;
      if (held > 0)
        return fail(invalid(`the message is cut short: ${held} bytes and then the end of the stream`));
      const end = (): void => (over ? undefined : to.end());
      if (turn) void turn.then(end);
      else end();
    });
    const gone = (): void => void (over = true); // the caller went away, or broke the connection
    stream.on('error', gone);
    stream.on('aborted', gone);
  }
}

/** A call that may have half a message. */
interface Coming {
  look(now: number): void;
}

const UNITS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

/** How long the caller waits, ms, by `grpc-timeout`. */
export function timeoutOf(headers: IncomingHttpHeaders): number | undefined {
  const said = headers['grpc-timeout'];
  if (typeof said !== 'string') return undefined;
  const [, count, unit] = /^(\d{1,8})([HMSmun])$/.exec(said) ?? [];
  if (count === undefined || unit === undefined)
    throw invalid(`grpc-timeout '${said}' is no time`, {
      field: 'grpc-timeout',
      hint: 'up to 8 digits and one of H, M, S, m, u, n',
    });
  return Number(count) * (UNITS[unit] ?? 1);
}
