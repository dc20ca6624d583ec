// Nothing of Node and nothing of a browser in here: both run it.
import type { Static, TSchema } from 'typebox';
import type { Endpoint, ErrorBody, Method } from '../http/contract.ts';

/** What a transport carries besides JSON and text: streams in Node, blobs in a browser. */
export interface Wire {
  /** The body of an upload. */
  body: unknown;
  /** A download, and events as they come. */
  bytes: unknown;
  /** An answer whose body is unread. */
  reply: unknown;
}

/** What a call takes, by its endpoint: parts that the endpoint has no fields for may be left out. */
export type CallInput<E extends Endpoint, W extends Wire> = Part<'params', Static<E['params']>> &
  Part<'query', Static<E['query']>> &
  // The words first: to TypeBox anything is a schema.
  (E['body'] extends 'bytes'
    ? { body: W['body'] }
    : E['body'] extends TSchema
      ? { body: Static<E['body']> }
      : { body?: undefined });
type Part<Name extends string, T> = {} extends T ? { [K in Name]?: T } : { [K in Name]: T };

export type Answer<E extends Endpoint, W extends Wire> = E['response'] extends 'bytes' | 'events'
  ? W['bytes']
  : E['response'] extends 'text'
    ? string
    : E['response'] extends TSchema
      ? Static<E['response']>
      : never;

export interface CallOptions {
  signal?: AbortSignal | undefined;
  headers?: Readonly<Record<string, string>>;
}

/** A call as it goes to the server. */
export interface Request<Body> {
  method: Method;
  /** Path and query. */
  address: string;
  headers: Record<string, string>;
  /** The body, as text or as bytes. */
  json?: string;
  bytes?: Body;
  signal: AbortSignal | undefined;
}

/** What the server says of a refusal; empty where the answer is not its own: a proxy in between, perhaps. */
export type Told = Partial<ErrorBody['error']>;

/** How requests get to the server and back, and what is thrown when they do not. */
export interface Transport<W extends Wire> {
  /** Rejects when nobody answers. */
  send(request: Request<W['body']>): Promise<W['reply']>;
  status(reply: W['reply']): number;
  text(reply: W['reply']): Promise<string>;
  bytes(reply: W['reply']): Promise<W['bytes']>;
  refused(status: number, told: Told): Error;
  notJson(cause: unknown): Error;
}

export interface Caller<W extends Wire> {
  /** Calls an endpoint of a room's contract; what it takes and answers with follow from the contract. */
  call<E extends Endpoint>(endpoint: E, input: CallInput<E, W>, options?: CallOptions): Promise<Answer<E, W>>;
  /** The same, for those who need headers of the answer, or only a part of its bytes. */
  send<E extends Endpoint>(endpoint: E, input: CallInput<E, W>, options?: CallOptions): Promise<W['reply']>;
}

interface AnyInput {
  params?: Readonly<Record<string, unknown>>;
  query?: Readonly<Record<string, unknown>>;
  body?: unknown;
}

export function createCaller<W extends Wire>(transport: Transport<W>): Caller<W> {
  const send: Caller<W>['send'] = async (endpoint, input, { signal, headers = {} } = {}) => {
    const { params, query, body } = input as AnyInput;
    const reply = await transport.send({
      method: endpoint.method,
      address: addressOf(endpoint, params, query),
      headers: { ...headers },
      ...(body === undefined
        ? {}
        : endpoint.body === 'bytes'
          ? { bytes: body as W['body'] }
          : { json: JSON.stringify(body) }),
      signal,
    });
    const status = transport.status(reply);
    if (status < 400) return reply;
    // What breaks off while it says why is a refusal all the same.
    throw transport.refused(status, toldIn(await transport.text(reply).catch(() => '')));
  };
  return {
    send,
    async call<E extends Endpoint>(endpoint: E, input: CallInput<E, W>, options?: CallOptions) {
      const reply = await send(endpoint, input, options);
      const { response } = endpoint;
      // The server validates what it sends against this very contract.
      if (response === 'bytes' || response === 'events')
        return (await transport.bytes(reply)) as Answer<E, W>;
      const text = await transport.text(reply);
      if (response === 'text') return text as Answer<E, W>;
      try {
        return JSON.parse(text) as Answer<E, W>;
      } catch (error) {
        throw transport.notJson(error);
      }
    },
  };
}

/** Path and query of an endpoint: for a call, and for links to what the server has. */
export function addressOf(
  endpoint: { path: string },
  params: Readonly<Record<string, unknown>> = {},
  query: Readonly<Record<string, unknown>> = {},
): string {
  const path = endpoint.path.replace(/:(\w+)|\*$/g, (found, name: string | undefined) => {
    // Path parameters are texts or numbers, by their contracts.
    const value = String((params[name ?? '*'] ?? '') as string | number);
    // `*` takes the rest of the path: its slashes stay.
    return found === '*' ? value.split('/').map(encodeURIComponent).join('/') : encodeURIComponent(value);
  });
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? (value as unknown[]) : [value])
      if (one !== undefined) search.append(key, String(one as string | number | boolean));
  }
  const text = search.toString();
  return text === '' ? path : `${path}?${text}`;
}

function toldIn(text: string): Told {
  try {
    const answer: unknown = JSON.parse(text);
    if (isErrorBody(answer)) return answer.error;
    // The inference protocols say it in a text.
    return isTextual(answer) ? { message: answer.error } : {};
  } catch {
    return {};
  }
}

const isTextual = (value: unknown): value is { error: string } =>
  typeof value === 'object' && value !== null && 'error' in value && typeof value.error === 'string';

function isErrorBody(value: unknown): value is ErrorBody {
  return (
    typeof value === 'object' &&
    value !== null &&
    'error' in value &&
    typeof value.error === 'object' &&
    value.error !== null
  );
}
