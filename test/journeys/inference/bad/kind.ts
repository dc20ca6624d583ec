import { connect } from 'node:net';
import { connect as connectHttp2, constants } from 'node:http2';

/** One way to ask wrongly, and what the answer must name. */
export interface Kind {
  name: string;
  /** Sends it and says how it was answered: status of HTTP, or of gRPC. */
  send(address: string): Promise<Answered>;
  /** What the answer's message names: the field, or what is wrong where there is none. */
  names: RegExp;
  /** Statuses that are right; any 4xx, or any of gRPC that blames the caller, unless said. */
  status?: readonly number[];
}

export interface Answered {
  protocol: 'http' | 'grpc';
  status: number;
  message: string;
}

const PATIENCE = 120_000;

export interface Ask {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

/** A well-formed HTTP request around whatever body. */
export function bytesOf({ method = 'POST', path, headers = {}, body = '' }: Ask): Buffer {
  const content = typeof body === 'string' ? Buffer.from(body) : body;
  const all: Record<string, string> = {
    Host: '127.0.0.1',
    'Content-Length': String(content.length),
    ...headers,
  };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${head.join('')}\r\n`), content]);
}

/** Bytes on a connection of their own; then the first answer. `half`: what is sent ends there, and the connection with it. */
export function exchange(address: string, bytes: Uint8Array, half = false): Promise<Answered> {
  const { hostname, port } = new URL(`http://${address}`);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    const chunks: Buffer[] = [];
    let over = false;
    const timer = setTimeout(() => finish(new Error(`no answer within ${PATIENCE} ms`)), PATIENCE);
    const finish = (error?: Error): void => {
      if (over) return;
      const text = Buffer.concat(chunks).toString('latin1');
      const [, status] = /^HTTP\/1\.[01] (\d{3})/.exec(text) ?? [];
      const at = text.indexOf('\r\n\r\n');
      const stated = Number(/\r\ncontent-length: *(\d+)/i.exec(text.slice(0, at + 2))?.[1] ?? NaN);
      // Nothing comes after the head of an answer to HEAD.
      const length = bytes[0] === 72 ? 0 : stated;
      const whole =
        status !== undefined && at >= 0 && (error !== undefined || text.length >= at + 4 + length);
      if (!whole && !error) return;
      over = true;
      clearTimeout(timer);
      socket.destroy();
      if (status === undefined || at < 0) return reject(error ?? new Error('no answer'));
      const body = Buffer.concat(chunks)
        .subarray(at + 4)
        .toString('utf8');
      resolve({ protocol: 'http', status: Number(status), message: body });
    };
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      finish();
    });
    socket.on('error', finish); // a reset after an answer is fine: then the answer is there
    socket.on('close', () => finish(new Error('the connection was closed without an answer')));
    socket.write(bytes);
    if (half) socket.end();
  });
}

export const http = (name: string, ask: Ask, names: RegExp, status?: readonly number[]): Kind => ({
  name,
  names,
  ...(status ? { status } : {}),
  send: (address) => exchange(address, bytesOf(ask)),
});

export const raw = (
  name: string,
  bytes: string | Uint8Array,
  names: RegExp,
  more: { half?: boolean; status?: readonly number[] } = {},
): Kind => ({
  name,
  names,
  ...(more.status ? { status: more.status } : {}),
  send: (address) =>
    exchange(address, typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes, more.half),
});

export interface Call {
  method?: string;
  headers?: Record<string, string>;
  /** The bytes of the stream, framed already; `reset`: broken off in the middle. */
  frames: Uint8Array;
  reset?: boolean;
}

/** A message as gRPC frames it. */
export function framed(message: Uint8Array, flag = 0, length = message.length): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, message]);
}

export function call(
  address: string,
  { method = 'ModelInfer', headers = {}, frames, reset }: Call,
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const session = connectHttp2(`http://${address}`);
    const end = (work: () => void): void => {
      clearTimeout(timer);
      session.destroy();
      work();
    };
    const timer = setTimeout(() => end(() => reject(new Error(`no answer within ${PATIENCE} ms`))), PATIENCE);
    session.on('error', (error) => end(() => reject(error)));
    const stream = session.request({
      ':method': 'POST',
      ':path': method.startsWith('/') ? method : `/inference.GRPCInferenceService/${method}`,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    let trailers: Record<string, unknown> = {};
    let status = 0;
    const chunks: Buffer[] = [];
    const take = (given: Record<string, unknown>): void => void (trailers = { ...trailers, ...given });
    stream.on('response', (given) => {
      status = Number(given[':status']);
      take(given);
    });
    stream.on('trailers', take);
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', (error) => {
      if (reset) end(() => resolve({ protocol: 'grpc', status: 1, message: 'cancelled' }));
      else end(() => reject(error));
    });
    stream.on('close', () =>
      end(() => {
        const { 'grpc-status': code, 'grpc-message': said } = trailers;
        const content = Buffer.concat(chunks).toString('utf8');
        if (reset && status === 0) resolve({ protocol: 'grpc', status: 1, message: 'cancelled' });
        else if (status !== 200) resolve({ protocol: 'http', status, message: content });
        else if (typeof code !== 'string') reject(new Error('an answer without grpc-status'));
        else {
          const words = typeof said === 'string' ? decodeURIComponent(said) : '';
          resolve({ protocol: 'grpc', status: Number(code), message: `${words} ${content}` });
        }
      }),
    );
    stream.write(frames);
    if (reset) setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), 30);
    else stream.end();
  });
}

export const grpc = (name: string, ask: Call, names: RegExp, status?: readonly number[]): Kind => ({
  name,
  names,
  ...(status ? { status } : {}),
  send: (address) => call(address, ask),
});

/** Bytes after which a connection of HTTP/2 is over: it is ended, with GOAWAY where the preface came whole. */
export const brokenHttp2 = (name: string, bytes: Uint8Array, half = false): Kind => ({
  name,
  names: /ended/,
  send: (address) =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(`http://${address}`);
      const socket = connect(Number(port), hostname);
      const timer = setTimeout(() => {
        socket.destroy();
        reject(new Error(`not ended within ${PATIENCE} ms`));
      }, PATIENCE);
      socket.on('error', () => undefined); // a reset is an end
      socket.resume();
      socket.on('close', () => {
        clearTimeout(timer);
        resolve({ protocol: 'http', status: 400, message: 'ended' });
      });
      socket.write(bytes);
      if (half) socket.end();
    }),
});
