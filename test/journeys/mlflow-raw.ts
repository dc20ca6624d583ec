import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after } from 'node:test';
import { openTest, type TestServer } from '../harness.ts';

export interface Answer {
  status: number;
  body: Record<string, unknown>;
  text: string;
  headers: Record<string, string | string[] | undefined>;
}

export const json = { 'content-type': 'application/json' };

/** A server for all tests of a file, spoken to byte by byte. */
export const server: TestServer = await openTest();
after(async () => {
  assert.deepEqual(server.errors, [], 'no caller’s mistake is an error of ours');
  await server[Symbol.asyncDispose]();
});

/** The path goes out exactly as written: `fetch` would tidy it up. */
export function send(
  method: string,
  path: string,
  body?: string | Buffer,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(server.url);
    const sent = request(
      {
        hostname,
        port,
        method,
        path,
        headers: {
          ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
          ...headers,
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          let parsed: Record<string, unknown> = {};
          try {
            parsed = JSON.parse(text) as Record<string, unknown>;
          } catch {
            // Not JSON: the test looks at the text.
          }
          resolve({ status: response.statusCode ?? 0, body: parsed, text, headers: response.headers });
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

export const post = (path: string, body: unknown) =>
  send('POST', `/api/2.0/mlflow${path}`, JSON.stringify(body), json);
export const get = (path: string) => send('GET', `/api/2.0/mlflow${path}`);

export async function newRun(): Promise<string> {
  const { body } = await post('/runs/create', { experiment_id: '0', start_time: 5 });
  return (body as { run: { info: { run_id: string } } }).run.info.run_id;
}
