import { queryOptions } from '@tanstack/react-query';
import {
  createCaller,
  type Answer as AnswerOver,
  type CallInput as CallInputOver,
  type Request,
  type Told,
} from '../../../src/platform/client/index.ts';
import type { Endpoint } from '../../../src/platform/http/contract.ts';
import { subjectsOf } from './subjects.ts';

interface BrowserWire {
  body: Blob;
  bytes: Blob;
  reply: Response;
}
export type CallInput<E extends Endpoint> = CallInputOver<E, BrowserWire>;
export type Answer<E extends Endpoint> = AnswerOver<E, BrowserWire>;

/** A failure as the server tells it; `hint` says what to do about it. */
export class ApiError extends Error {
  override name = 'ApiError';
  readonly status: number;
  readonly kind: string;
  readonly field: string | undefined;
  readonly hint: string | undefined;
  readonly requestId: string | undefined;

  constructor(status: number, body: Told) {
    super(body.message ?? `the server answered ${status}`);
    this.status = status;
    this.kind = body.kind ?? 'internal';
    this.field = body.field;
    this.hint = body.hint;
    this.requestId = body.request_id;
  }
}

export const { call, send } = createCaller<BrowserWire>({
  send: ask,
  status: (reply) => reply.status,
  text: (reply) => reply.text(),
  bytes: (reply) => reply.blob(),
  refused: (status, told) => new ApiError(status, told),
  notJson: (cause) => new Error('the answer is not JSON', { cause }),
});

async function ask({ method, address, headers, json, bytes, signal }: Request<Blob>): Promise<Response> {
  const init: RequestInit = { method, headers };
  if (signal) init.signal = signal;
  if (bytes) init.body = bytes;
  else if (json !== undefined) {
    init.headers = { ...headers, 'content-type': 'application/json' };
    init.body = json;
  }
  try {
    return await fetch(address, init);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, {
      kind: 'unreachable',
      message: 'the server does not answer',
      hint: 'is it still running? Start it with: treadle server',
    });
  }
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

interface AnyInput {
  params?: Record<string, unknown>;
  query?: Record<string, unknown>;
  body?: unknown;
}

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
