import assert from 'node:assert/strict';
import type { Revision } from '../../../src/serving/contract.ts';

/** The native API as a client without our code sees it. */
export interface Api {
  url: string;
  get<T>(path: string): Promise<T>;
  /** Throws on a status that is not 2xx, with what the answer said. */
  post<T>(path: string, body: object): Promise<T>;
  deploy(endpoint: string, version: string, more?: object): Promise<Revision>;
  rollback(endpoint: string, more?: object): Promise<Revision>;
  ask(endpoint: string, base?: string): Promise<Answered>;
}

export interface Answered {
  status: number;
  value: number | undefined;
  version: string | undefined;
  revision: number;
  prediction: string;
  text: string;
}

export function apiOf(url: string, headers: Record<string, string> = {}): Api {
  const call = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const answer = await fetch(url + path, {
      method,
      headers: { ...headers, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text) as T;
  };
  const post = <T>(path: string, body: object): Promise<T> => call<T>('POST', path, body);
  return {
    url,
    get: (path) => call('GET', path),
    post,
    // A trial stays behind whatever else the machine does, so it may take long there.
    deploy: (endpoint, version, more = {}) =>
      post(`/api/v1/endpoints/${endpoint}/revisions`, {
        model: 'const',
        version,
        wait_s: 240,
        load_timeout_s: 600,
        ...more,
      }),
    rollback: (endpoint, more = {}) =>
      post(`/api/v1/endpoints/${endpoint}/rollback`, { wait_s: 240, ...more }),
    async ask(endpoint, base = url) {
      const answer = await fetch(`${base}/v2/models/${endpoint}/infer`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }] }),
      });
      const text = await answer.text();
      const said = answer.ok
        ? (JSON.parse(text) as { model_version?: string; outputs?: Array<{ data: number[] }> })
        : {};
      return {
        status: answer.status,
        value: said.outputs?.[0]?.data[0],
        version: said.model_version,
        revision: Number(answer.headers.get('x-treadle-revision')),
        prediction: answer.headers.get('x-treadle-prediction') ?? '',
        text,
      };
    },
  };
}
