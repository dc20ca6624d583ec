import type { Readable } from 'node:stream';
import type { Static, TSchema } from 'typebox';
import type { Ctx } from '../ctx/index.ts';
import type { Endpoint } from './contract.ts';

/** What a handler gets: validated, typed by the contract. */
export interface Input<E extends Endpoint> {
  params: Static<E['params']>;
  query: Static<E['query']>;
  // A string fits the empty interface TSchema, so 'bytes' is asked for first.
  body: E['body'] extends 'bytes'
    ? Readable
    : E['unread'] extends true
      ? AsyncIterable<Buffer>
      : E['body'] extends TSchema
        ? Static<E['body']>
        : undefined;
  /** Lower-case header names. */
  headers: Readonly<Record<string, string | undefined>>;
  /** Aborts when the caller goes away. */
  signal: AbortSignal;
  /** Where the connection comes from. */
  address: string | undefined;
  /** Headers for the answer besides its own, and its status where that is not 200. */
  dress(headers: Readonly<Record<string, string | string[]>>, status?: number): void;
}

/** A download. User bytes are inert: sent as an attachment, never sniffed, never rendered in our origin. */
export interface Download {
  stream: Readable | Uint8Array;
  type?: string;
  size?: number;
  filename?: string;
  /** Set for `Range` answers: becomes 206. */
  range?: { start: number; end: number; total: number };
  /** Strong validator for caches; immutable content may say so. */
  etag?: string;
  immutable?: boolean;
}

/** Text of our own making; `headers` for a page that a browser shows. */
export interface TextAnswer {
  text: string;
  type?: string;
  /** 200 unless said; 302 with a `location` among the headers. */
  status?: number;
  headers?: Readonly<Record<string, string>>;
}

/** One server-sent event. */
export interface ServerSentEvent {
  id?: string;
  event?: string;
  data: unknown;
}

export type Output<E extends Endpoint> = E['response'] extends 'bytes'
  ? Download
  : E['response'] extends 'events'
    ? AsyncIterable<ServerSentEvent>
    : E['response'] extends 'text'
      ? TextAnswer
      : E['response'] extends TSchema
        ? Static<E['response']>
        : never;

/** An endpoint with its handler; made by `route`, mounted by a face. */
export interface Route {
  endpoint: Endpoint;
  /** For protocols that say their fields in several places: the one message that the handler reads, for `about` in `message`. */
  message?(input: Input<Endpoint>): unknown;
  handle(ctx: Ctx, input: Input<Endpoint>): Promise<unknown>;
}

/** Binds a handler of a few lines to an endpoint of the contract. */
export function route<E extends Endpoint>(
  endpoint: E,
  handle: (ctx: Ctx, input: Input<E>) => Promise<Output<E>>,
): Route {
  // The server validates against this very endpoint before it calls, so the narrower input type holds.
  return { endpoint, handle: handle as unknown as Route['handle'] };
}
