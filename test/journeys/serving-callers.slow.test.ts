import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { createToken, revokeToken } from '../../src/access/index.ts';
import { createCtx } from '../../src/platform/ctx/create.ts';
import { openTest } from '../harness.ts';
import { constantOnnx, registerOnnx } from '../onnx-model.ts';
import { until } from '../until.ts';
import { apiOf } from './serving/api.ts';

const BODY = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }] });

/** One request with exactly these headers, Host included. */
function raw(
  base: string,
  at: string,
  headers: Record<string, string>,
  method = 'POST',
): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(base);
  return new Promise((resolve, reject) => {
    const going = request(
      { hostname, port, path: at, method, headers: { 'content-type': 'application/json', ...headers } },
      (answer: IncomingMessage) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
      },
    );
    going.on('error', reject);
    going.end(method === 'POST' ? BODY : undefined);
  });
}

test('on loopback a page of another origin and a foreign host name are refused, on both ports', async () => {
  await using server = await openTest();
  await registerOnnx(server.ctx, 'const', constantOnnx(1));
  const api = apiOf(server.url);
  await api.deploy('const', '1');
  const { endpoint } = await api.get<{ endpoint: { address: string } }>('/api/v1/endpoints/const');
  for (const base of [server.url, endpoint.address]) {
    const at = '/v2/models/const/infer';
    assert.equal((await raw(base, at, {})).status, 200);
    assert.equal((await raw(base, at, { host: 'evil.example' })).status, 403);
    assert.equal((await raw(base, at, { origin: 'http://evil.example' })).status, 403);
    assert.equal((await raw(base, at, { 'sec-fetch-site': 'cross-site' })).status, 403);
    assert.equal((await raw(base, at, { authorization: 'Bearer trd_wrong' })).status, 401);
  }
  assert.deepEqual(server.errors, []);
});

test('on another address nobody asks a model without a token; one that ends is refused at once', async (t) => {
  const data = mkdtempSync(path.join(tmpdir(), 'treadle-callers-'));
  t.after(() => rmSync(data, { recursive: true, force: true }));
  const secrets: Record<string, string> = {};
  const ids: Record<string, string> = {};
  {
    await using seed = await openTest({ data });
    await registerOnnx(seed.ctx, 'const', constantOnnx(1));
    for (const [name, role] of [
      ['viewer', 'viewer'],
      ['admin', 'admin'],
      ['ending', 'viewer'],
    ] as const) {
      const { secret, token } = await createToken(seed.ctx, { name, role });
      secrets[name] = `Bearer ${secret}`;
      ids[name] = token.id;
    }
  }
  await using server = await openTest({ data, config: { host: '0.0.0.0', allowHosts: ['127.0.0.1'] } });
  const main = server.url.replace('0.0.0.0', '127.0.0.1');
  await apiOf(main, { authorization: secrets['admin']! }).deploy('const', '1');
  const { endpoint } = await apiOf(main, { authorization: secrets['admin']! }).get<{
    endpoint: { address: string };
  }>('/api/v1/endpoints/const');
  const plane = endpoint.address.replace('0.0.0.0', '127.0.0.1');
  const asks = (name: string | undefined, base: string) =>
    raw(base, '/v2/models/const/infer', name === undefined ? {} : { authorization: secrets[name]! });

  for (const base of [main, plane]) {
    assert.equal((await asks(undefined, base)).status, 401);
    assert.equal((await asks('viewer', base)).status, 200);
    for (const at of ['/v2/models/const', '/invocations', '/endpoints/const/invocations', '/v1/models/const'])
      assert.equal(
        (await raw(base, at, {}, at.endsWith('invocations') ? 'POST' : 'GET')).status,
        401,
        `${base}${at}`,
      );
  }
  const owner = { kind: 'owner' as const, id: 'owner', name: 'local owner', role: 'owner' as const };
  const ctx = createCtx(server.parts, { actor: owner, workspace: 'default' });
  await revokeToken(ctx, ids['viewer']!);
  await until('the refusal of a revoked token', async () => (await asks('viewer', plane)).status === 401);
  assert.equal((await asks('viewer', main)).status, 401);
  /** Answered on both ports, unless it ends before that. */
  const answered = async (ms: number): Promise<boolean> => {
    const end = Date.now() + ms;
    await ctx.write((tx) =>
      sql`update token set expires_at = ${end} where id = ${ids['ending']}`.execute(tx.db),
    );
    // Asked again, since a refusal is remembered for a moment.
    for (; Date.now() < end; await sleep(20))
      if ((await asks('ending', plane)).status === 200) return (await asks('ending', main)).status === 200;
    return false;
  };
  let ms = 2000;
  while (!(await answered(ms))) assert.ok((ms *= 4) < 200_000, 'a good token is never let in');
  await until('the refusal of an expired token', async () => (await asks('ending', plane)).status === 401);
  assert.deepEqual(server.errors, []);
});
