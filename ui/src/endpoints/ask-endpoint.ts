import { ApiError } from '../api/client.ts';
import { jsonOf } from './try-form.ts';

/** One question to an endpoint, as any client would ask it: not through the API of the server but by the protocol. */

export interface Answered {
  at: number;
  /** As seen here, network included. */
  ms: number;
  prediction: string | undefined;
  revision: string | undefined;
  version: string | undefined;
  outputs: Output[] | undefined;
  /** All of the answer, for the eye. */
  text: string;
}
export interface Output {
  name: string;
  datatype: string;
  shape: number[];
  data: unknown[];
}

export async function askEndpoint(
  endpoint: string,
  text: string,
  options: { anyJson: boolean; key: string; workspace: string | undefined },
): Promise<Answered> {
  const name = encodeURIComponent(endpoint);
  const started = performance.now();
  let response: Response;
  try {
    response = await fetch(options.anyJson ? `/endpoints/${name}/invocations` : `/v2/models/${name}/infer`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(options.workspace === undefined ? {} : { 'x-treadle-workspace': options.workspace }),
        ...(options.key.trim() === '' ? {} : { 'x-treadle-key': options.key.trim() }),
      },
      body: text,
    });
  } catch {
    throw new ApiError(0, { kind: 'unreachable', message: 'the endpoint does not answer' });
  }
  const said = await response.text();
  const ms = performance.now() - started;
  const body = parsed(said);
  if (!response.ok) throw new ApiError(response.status, { message: problemOf(body, response.status) });
  return {
    at: Date.now(),
    ms,
    prediction: response.headers.get('x-treadle-prediction') ?? undefined,
    revision: response.headers.get('x-treadle-revision') ?? undefined,
    version: response.headers.get('x-treadle-model-version') ?? undefined,
    outputs: outputsOf(body),
    text: body === undefined ? said : jsonOf(body),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The protocol's errors are `{"error": "…"}`; those of the server are `{"error": {"message", "hint"}}`. */
function problemOf(body: unknown, status: number): string {
  const error = isObject(body) ? body['error'] : undefined;
  if (typeof error === 'string') return error;
  if (isObject(error) && typeof error['message'] === 'string')
    return typeof error['hint'] === 'string' ? `${error['message']}. ${error['hint']}` : error['message'];
  return `the endpoint answered ${status}`;
}

function outputsOf(body: unknown): Output[] | undefined {
  if (!isObject(body) || !Array.isArray(body['outputs'])) return undefined;
  return body['outputs'].flatMap((one: unknown) =>
    isObject(one) &&
    typeof one['name'] === 'string' &&
    typeof one['datatype'] === 'string' &&
    Array.isArray(one['shape']) &&
    Array.isArray(one['data'])
      ? [
          {
            name: one['name'],
            datatype: one['datatype'],
            shape: one['shape'].map(Number),
            data: (one['data'] as unknown[]).flat(Infinity),
          },
        ]
      : [],
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
