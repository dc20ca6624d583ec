import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { invalid, tooLarge, type TreadleError } from '../../../platform/errors/index.ts';
import type { Failure } from '../shared/failure.ts';

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
/** How long the bytes of a unary call may take to come, ms: a half-sent message holds memory. */
const SLOWEST = 60_000;

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

type Inflate = (message: Buffer) => Promise<Buffer>;
const options = { maxOutputLength: LARGEST };
const unzip = promisify<Buffer, typeof options, Buffer>(gunzip);
const unzlib = promisify<Buffer, typeof options, Buffer>(inflate);
const ENCODINGS: Readonly<Record<string, Inflate | undefined>> = {
  gzip: (message) => unzip(message, options),
  deflate: (message) => unzlib(message, options),
};

/** Hears of each message of a stream, in order, then of its end. `failed` is heard at most once, and nothing after it. */
export interface Listener {
  message(message: Buffer): void;
  end(): void;
  failed(error: TreadleError | { unimplemented: string }): void;
}

/** Cuts the bytes of a call into messages: a byte that says whether it is compressed, 4 bytes of length, so many bytes. */
export function receive(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  unary: boolean,
  to: Listener,
): void {
  const named = headers['grpc-encoding'];
  const encoding = typeof named === 'string' && named !== 'identity' ? named : undefined;
  if (encoding !== undefined && !Object.hasOwn(ENCODINGS, encoding))
    return to.failed({ unimplemented: `grpc-encoding '${encoding}' is not offered; gzip and deflate are` });
  let chunks: Buffer[] = [];
  let held = 0;
  let over = false;
  /** Messages that are being inflated keep those after them waiting. */
  let turn: Promise<void> | undefined;

  const fail = (error: TreadleError): void => {
    if (over) return;
    over = true;
    chunks = [];
    to.failed(error);
  };
  const hand = (flag: number, message: Buffer): void => {
    const inflater = flag === 1 && encoding !== undefined ? ENCODINGS[encoding] : undefined;
    if (flag === 1 && !inflater)
      return fail(invalid('the message says that it is compressed, but there is no grpc-encoding'));
    if (!inflater && !turn) return over ? undefined : to.message(message);
    const work = async (): Promise<void> => {
      await turn;
      try {
        const plain = inflater ? await inflater(message) : message;
        if (!over) to.message(plain);
      } catch (error) {
        const large = error instanceof RangeError;
        fail(
          large
            ? tooLarge(`the message is larger than ${LARGEST} bytes once it is inflated`)
            : invalid(`the message is no valid ${encoding}`),
        );
      }
    };
    turn = work();
  };
  const cut = (): void => {
    while (held >= 5 && !over) {
      if ((chunks[0]?.length ?? 0) < 5) chunks = [Buffer.concat(chunks)];
      const first = chunks[0];
      if (!first) return;
      const flag = first[0] ?? 0;
      const length = first.readUInt32BE(1);
      if (flag > 1) return fail(invalid(`a message begins with ${flag}; 0 and 1 mean plain and compressed`));
      if (length > LARGEST) return fail(tooLarge(`a message of ${length} bytes; ${LARGEST} are the most`));
      if (held < 5 + length) return;
      const all = chunks.length === 1 ? first : Buffer.concat(chunks);
      const rest = all.subarray(5 + length);
      chunks = rest.length > 0 ? [rest] : [];
      held = rest.length;
      hand(flag, all.subarray(5, 5 + length));
    }
  };
  stream.on('data', (chunk: Buffer) => {
    if (over) return;
    chunks.push(chunk);
    held += chunk.length;
    cut();
  });
  stream.on('end', () => {
    if (over) return;
    if (held > 0)
      return fail(invalid(`the message is cut short: ${held} bytes and then the end of the stream`));
    const end = (): void => (over ? undefined : to.end());
    if (turn) void turn.then(end);
    else end();
  });
  stream.on('error', () => (over = true)); // the caller went away, or broke the connection
  stream.on('aborted', () => (over = true));
  if (unary)
    stream.setTimeout(SLOWEST, () => {
      if (!stream.readableEnded) fail(invalid(`the message did not come whole within ${SLOWEST / 1000} s`));
    });
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
