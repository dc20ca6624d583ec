import { queryOptions } from '@tanstack/react-query';
import type { Static, TSchema } from 'typebox';
import type { Endpoint, ErrorBody } from '../../../src/platform/http/contract.ts';
import { subjectsOf } from './subjects.ts';

/** What a call takes, by its endpoint: parts that the endpoint has no fields for may be left out. */
export type CallInput<E extends Endpoint> = Part<'params', Static<E['params']>> &
  Part<'query', Static<E['query']>> &
  (E['body'] extends TSchema
    ? { body: Static<E['body']> }
    : E['body'] extends 'bytes'
      ? { body: Blob }
      : { body?: undefined });
type Part<Name extends string, T> = {} extends T ? { [K in Name]?: T } : { [K in Name]: T };

// The words first: to TypeBox anything is a schema.
export type Answer<E extends Endpoint> = E['response'] extends 'bytes'
  ? Blob
  : E['response'] extends 'text' | 'events'
    ? string
    : E['response'] extends TSchema
      ? Static<E['response']>
      : never;

interface AnyInput {
  params?: Record<string, unknown>;
  query?: Record<string, unknown>;
  body?: unknown;
}

/** A failure as the server tells it; `hint` says what to do about it. */
export class ApiError extends Error {
  override name = 'ApiError';
  readonly status: number;
  readonly kind: string;
  readonly field: string | undefined;
  readonly hint: string | undefined;
  readonly requestId: string | undefined;

  constructor(status: number, body: Partial<ErrorBody['error']>) {
    super(body.message ?? `the server answered ${status}`);
    this.status = status;
    this.kind = body.kind ?? 'internal';
    this.field = body.field;
    this.hint = body.hint;
    this.requestId = body.request_id;
  }
}

/** Calls an endpoint of a room's contract; what it takes and answers with follow from the contract. */
export async function call<E extends Endpoint>(
  endpoint: E,
  input: CallInput<E>,
  options: { signal?: AbortSignal } = {},
): Promise<Answer<E>> {
  const response = await send(endpoint, input, options.signal);
  // The server validates what it sends against this very contract.
  if (endpoint.response === 'text') return (await response.text()) as Answer<E>;
  if (endpoint.response === 'bytes') return (await response.blob()) as Answer<E>;
  return (await response.json()) as Answer<E>;
}

/** The same, for those who need headers or only a part of the bytes. */
export async function send<E extends Endpoint>(
  endpoint: E,
  input: CallInput<E>,
  signal?: AbortSignal,
  headers: Record<string, string> = {},
): Promise<Response> {
  const { params, query, body } = input as AnyInput;
  const init: RequestInit = { method: endpoint.method, headers: { ...headers } };
  if (signal) init.signal = signal;
  if (body instanceof Blob) init.body = body;
  else if (body !== undefined) {
    init.headers = { ...headers, 'content-type': 'application/json' };
    init.body = JSON.stringify(body);
  }
  let response: Response;
  try {
    response = await fetch(urlOf(endpoint, params, query), init);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, {
      kind: 'unreachable',
      message: 'the server does not answer',
      hint: 'is it still running? Start it with: treadle server',
    });
  }
  if (response.ok) return response;
  const answer: unknown = await response.json().catch(() => undefined);
  throw new ApiError(response.status, isErrorBody(answer) ? answer.error : {});
}

export function urlOf(
  endpoint: { path: string },
  params: Record<string, unknown> = {},
  query: Record<string, unknown> = {},
): string {
  const path = endpoint.path.replace(/:(\w+)|\*$/g, (found, name: string | undefined) => {
    const value = String(params[name ?? '*']);
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

function isErrorBody(value: unknown): value is ErrorBody {
  return (
    typeof value === 'object' &&
    value !== null &&
    'error' in value &&
    typeof value.error === 'object' &&
    value.error !== null
  );
}

/** The server, or what stands before it, did not answer at all: that passes by itself. */
const isAway = (error: unknown): boolean =>
  error instanceof ApiError && (error.status === 0 || (error.status >= 502 && error.status <= 504));
const PAUSE_MS = 2000;

/** What is shown stays while the server is away: whoever has an answer already asks on until there is a newer one. */
export async function patiently<T>(ask: () => Promise<T>, held: boolean, signal: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!held || !isAway(error)) throw error;
      await pause(PAUSE_MS, signal);
    }
  }
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(new DOMException('nobody asks any more', 'AbortError'));
    });
  });

/**
 * A query on an endpoint, for `useQuery(api(getRun, {params: {run}}))`. It refreshes when an event names what the
 * address names (`/runs/:run/…` → `run:<id>`, `/runs` → any run) or one of `subjects` (`dataset:*`).
 */
export function api<E extends Endpoint>(endpoint: E, input: CallInput<E>, subjects: readonly string[] = []) {
  const { params, query, body } = input as AnyInput;
  return queryOptions({
    queryKey: [endpoint.method, endpoint.path, params ?? {}, query ?? {}, body ?? null],
    queryFn: ({ signal, client, queryKey }) =>
      patiently(() => call(endpoint, input, { signal }), client.getQueryData(queryKey) !== undefined, signal),
    meta: { subjects: [...subjectsOf(endpoint.path, params ?? {}), ...subjects] },
  });
}
