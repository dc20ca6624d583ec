import assert from 'node:assert/strict';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import test from 'node:test';
import { Type } from 'typebox';
import type { Actor, Ctx } from '../ctx/index.ts';
import { forbidden, unauthenticated, unavailable } from '../errors/index.ts';
import { createLog } from '../log/index.ts';
import { endpoint, Strict } from './contract.ts';
import { createHttp, route, type Http } from './index.ts';

const echo = endpoint({
  method: 'POST',
  path: '/echo/:name',
  action: 'thing:write',
  summary: 'Echo',
  params: Strict({ name: Type.String() }),
  query: Strict({ times: Type.Optional(Type.Integer({ minimum: 1 })) }),
  body: Strict({ word: Type.String() }),
  response: Type.Object({ said: Type.String() }),
});
const crash = endpoint({
  method: 'GET',
  path: '/crash',
  action: 'public',
  summary: 'Crash',
  response: Type.Object({}),
});
const upload = endpoint({
  method: 'PUT',
  path: '/upload',
  action: 'thing:write',
  summary: 'Upload',
  body: 'bytes',
  maxBody: 1000,
  response: Type.Object({ size: Type.Integer() }),
});
const download = endpoint({
  method: 'GET',
  path: '/download',
  action: 'thing:read',
  summary: 'Download',
  response: 'bytes',
});
const broken = endpoint({
  method: 'GET',
  path: '/broken',
  action: 'thing:read',
  summary: 'Download of damaged bytes',
  response: 'bytes',
});
const picky = endpoint({
  method: 'PUT',
  path: '/picky',
  action: 'thing:write',
  summary: 'Upload that is refused in the middle',
  body: 'bytes',
  response: Type.Object({}),
});
const events = endpoint({
  method: 'GET',
  path: '/events',
  action: 'thing:read',
  summary: 'Events',
  response: 'events',
});

const actor = (role: Actor['role']): Actor => ({ kind: 'token', id: role, name: role, role });

async function open(): Promise<{ http: Http; url: string; port: number; log: string[] }> {
  const log: string[] = [];
  // These routes use nothing of ctx but the actor.
  const ctx = (role: Actor['role']): Ctx => ({ actor: actor(role) }) as Ctx;
  const http = createHttp({
    log: createLog('error', (line) => void log.push(line)),
    hosts: ['127.0.0.1'],
    anonymous: () => ctx('viewer'),
    async authenticate({ headers }) {
      if (headers.authorization === 'Bearer editor') return { ctx: ctx('editor') };
      if (headers.authorization === 'Bearer viewer') return { ctx: ctx('viewer') };
      throw unauthenticated('who are you?');
    },
    authorize(one, { action }) {
      if (action.endsWith(':write') && one.actor.role === 'viewer') throw forbidden('not you');
      return undefined;
    },
    checkResponses: true,
  });
  http.mount([
    route(echo, async (_ctx, { params, query, body }) => ({
      said: `${params.name}: ${body.word.repeat(query.times ?? 1)}`,
    })),
    route(crash, async () => {
      throw new Error('a secret inside');
    }),
    route(upload, async (_ctx, { body }) => {
      let size = 0;
      for await (const chunk of body as AsyncIterable<Buffer>) size += chunk.length;
      return { size };
    }),
    route(download, async () => ({
      stream: Readable.from(['<script>alert(1)</script>']),
      type: 'text/html',
      filename: 'a b.html',
    })),
    route(picky, async (_ctx, { body }) => {
      for await (const _chunk of body) throw unavailable('the disk is full');
      return {};
    }),
    route(broken, async () => ({
      stream: new Readable({
        read() {
          this.destroy(unavailable('the disk is gone'));
        },
      }),
      size: 1000,
      etag: 'abc',
      filename: 'a.bin',
      immutable: true,
    })),
    route(events, async () =>
      (async function* () {
        yield { id: '1', event: 'made', data: { n: 1 } };
      })(),
    ),
  ]);
  const { port } = await http.listen('127.0.0.1', 0);
  return { http, port, url: `http://127.0.0.1:${port}`, log };
}

const json = { 'content-type': 'application/json', authorization: 'Bearer editor' };

/** fetch sets Host and Sec-Fetch-Site by itself; this sends exactly what it is told. */
function raw(
  port: number,
  options: { method: string; path: string; headers: Record<string, string>; body?: string },
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const { body, ...rest } = options;
    const sent = request({ host: '127.0.0.1', port, ...rest }, (response) => {
      let text = '';
      response
        .setEncoding('utf8')
        .on('data', (chunk: string) => void (text += chunk))
        .on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.on('error', reject).end(body);
  });
}

test('a route validates what it takes, by its contract', async () => {
  const { http, url, log } = await open();
  const post = (path: string, body: unknown, headers: Record<string, string> = json): Promise<Response> =>
    fetch(url + path, {
      method: 'POST',
      headers,
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  try {
    assert.deepEqual(await (await post('/echo/ann?times=2', { word: 'hi' })).json(), { said: 'ann: hihi' });
    for (const [path, body, field] of [
      ['/echo/ann', {}, 'word'],
      ['/echo/ann', { word: 'hi', more: 1 }, 'more'],
      ['/echo/ann?times=0', { word: 'hi' }, 'times'],
      ['/echo/ann?time=1', { word: 'hi' }, 'time'],
      ['/echo/ann', '{"word": ', 'body'],
      ['/echo/ann', '{"__proto__": {}, "word": "x"}', 'body'],
      ['/echo/ann', { word: 'a\0b' }, 'word'],
      ['/echo/ann', { word: 'hi', more: [{ 'deep/er': 'a\0b' }] }, 'more[0].deep/er'],
      ['/echo/a%00nn', { word: 'hi' }, 'name'],
      ['/echo/ann?times=1%00', { word: 'hi' }, 'times'],
    ] as const) {
      const answer = await post(path, body);
      const { error } = (await answer.json()) as { error: { field: string; kind: string } };
      assert.equal(answer.status, 400, `${path} ${JSON.stringify(body)}`);
      assert.equal(error.field, field);
    }
    const large = await post('/echo/ann', { word: 'x'.repeat(1024 * 1024) });
    assert.equal(large.status, 413);
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/json\ta',
      'multipart/form-data',
      'application/jsonp',
    ]) {
      assert.equal(
        (await post('/echo/ann', { word: 'hi' }, { ...json, 'content-type': type })).status,
        400,
        type,
      );
    }
    assert.deepEqual(log, []);
  } finally {
    await http.close();
  }
});

test('who may not, may not; and an inner error stays inside', async () => {
  const { http, url, log } = await open();
  try {
    const send = (authorization?: string): Promise<Response> =>
      fetch(`${url}/echo/ann`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(authorization ? { authorization } : {}) },
        body: '{"word":"x"}',
      });
    assert.equal((await send()).status, 401);
    assert.equal((await send('Bearer wrong')).status, 401);
    assert.equal((await send('Bearer viewer')).status, 403);
    const failed = await fetch(`${url}/crash`);
    assert.equal(failed.status, 500);
    assert.doesNotMatch(await failed.text(), /secret/);
    assert.equal(log.length, 1);
    assert.match(log[0]!, /a secret inside/);
  } finally {
    await http.close();
  }
});

test('foreign hosts and foreign pages are refused', async () => {
  const { http, port } = await open();
  try {
    const post = (headers: Record<string, string>): Promise<{ status: number }> =>
      raw(port, {
        method: 'POST',
        path: '/echo/ann',
        headers: { ...json, ...headers },
        body: '{"word":"x"}',
      });
    for (const host of [
      'evil.example',
      '127.0.0.1.evil.example',
      '127.0.0.1@evil.example',
      'a/127.0.0.1',
      '[::2]',
    ]) {
      assert.equal((await post({ host })).status, 403, host);
    }
    assert.equal((await post({ host: `127.0.0.1:${port}` })).status, 200);
    assert.equal((await post({ 'sec-fetch-site': 'cross-site' })).status, 403);
    assert.equal((await post({ 'sec-fetch-site': 'same-site' })).status, 403);
    assert.equal((await post({ origin: 'null' })).status, 403);
    assert.equal((await post({ origin: `http://127.0.0.1:${port + 1}` })).status, 403);
    assert.equal((await post({ origin: `http://127.0.0.1:${port}` })).status, 200);
    assert.equal((await post({ 'sec-fetch-site': 'same-origin' })).status, 200);
  } finally {
    await http.close();
  }
});

test('streams: an upload up to its limit, a download that no browser renders, events', async () => {
  const { http, url } = await open();
  try {
    const put = (size: number): Promise<Response> =>
      fetch(`${url}/upload`, {
        method: 'PUT',
        headers: { authorization: 'Bearer editor' },
        body: new Uint8Array(size),
      });
    assert.deepEqual(await (await put(1000)).json(), { size: 1000 });
    assert.equal((await put(1001)).status, 413);
    const got = await fetch(`${url}/download`, { headers: { authorization: 'Bearer viewer' } });
    assert.match(
      got.headers.get('content-disposition') ?? '',
      /^attachment; filename="a b\.html"; filename\*=UTF-8''a%20b\.html$/,
    );
    assert.equal(got.headers.get('x-content-type-options'), 'nosniff');
    assert.match(got.headers.get('content-security-policy') ?? '', /sandbox/);
    const heard = await fetch(`${url}/events`, { headers: { authorization: 'Bearer viewer' } });
    assert.match(await heard.text(), /id: 1\nevent: made\ndata: {"n":1}\n\n/);
  } finally {
    await http.close();
  }
});

test('a chunked body, which announces no length, is held to the limit too', async () => {
  const { http, port, url } = await open();
  try {
    const chunked = { ...json, 'transfer-encoding': 'chunked', host: `127.0.0.1:${port}` };
    const long = JSON.stringify({ word: 'x'.repeat(1024 * 1024) });
    const told = await raw(port, { method: 'POST', path: '/echo/ann', headers: chunked, body: long });
    assert.equal(told.status, 413);
    const put = (body: string) => raw(port, { method: 'PUT', path: '/upload', headers: chunked, body });
    assert.deepEqual(await put('x'.repeat(1000)), { status: 200, text: '{"size":1000}' });
    assert.equal((await put('x'.repeat(1001))).status, 413);
    assert.equal((await fetch(`${url}/crash`)).status, 500, 'the server goes on');
  } finally {
    await http.close();
  }
});

test('an upload that is given up in the middle is told why', async () => {
  const { http, port } = await open();
  try {
    const told = await raw(port, {
      method: 'PUT',
      path: '/picky',
      headers: { ...json, 'transfer-encoding': 'chunked', host: `127.0.0.1:${port}` },
      body: 'x'.repeat(8_000_000),
    });
    assert.equal(told.status, 503);
    assert.match(told.text, /the disk is full/);
  } finally {
    await http.close();
  }
});

test('a download that fails before its first byte answers as an error that nobody caches', async () => {
  const { http, url } = await open();
  try {
    const got = await fetch(`${url}/broken`, { headers: { authorization: 'Bearer viewer' } });
    assert.equal(got.status, 503);
    assert.match(await got.text(), /the disk is gone/);
    assert.equal(got.headers.get('cache-control'), 'no-store');
    assert.equal(got.headers.get('etag'), null);
    assert.equal(got.headers.get('content-disposition'), null);
  } finally {
    await http.close();
  }
});

test('a route without its rule does not start', async () => {
  const { http } = await open();
  // TypeScript refuses this too; the check is for what TypeScript cannot see.
  assert.throws(
    () =>
      http.mount([
        { endpoint: { ...crash, path: '/none', action: '' as 'public' }, handle: async () => ({}) },
      ]),
    /carries no rule/,
  );
  await http.close();
});

test('an address that cannot be decoded is refused in the words of its face', async () => {
  const { http, url } = await open();
  const foreign = endpoint({
    method: 'GET',
    path: '/api/2.0/things/:name',
    action: 'public',
    summary: 'Of a foreign protocol',
    params: Strict({ name: Type.String() }),
    response: Type.Object({}),
  });
  try {
    for (const path of ['/echo/%ff', '/echo/%E0%A4', '/nowhere/%ff', '/echo/a%']) {
      const answer = await fetch(url + path, { method: 'POST', headers: { authorization: 'Bearer editor' } });
      const { error } = (await answer.json()) as { error: { kind: string; message: string; hint: string } };
      assert.deepEqual([answer.status, error.kind], [400, 'invalid'], path);
      assert.match(error.message, /is no percent-encoded UTF-8/);
      assert.match(error.hint, /%25/);
      assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
      assert.ok(answer.headers.get('x-request-id'));
    }
    const query = await fetch(`${url}/download?a=%ff`, { headers: { authorization: 'Bearer viewer' } });
    assert.equal(query.status, 400);
    assert.match(await query.text(), /the query is no percent-encoded UTF-8/);
    const long = await fetch(`${url}/echo/${'x'.repeat(2001)}`, { method: 'POST' });
    assert.equal(long.status, 413);
    assert.match(await long.text(), /longer than 2,000 characters/);
  } finally {
    await http.close();
  }

  const other = createHttp({
    log: createLog('error', () => undefined),
    hosts: 'any',
    anonymous: () => ({ actor: actor('viewer') }) as Ctx,
    authenticate: () => Promise.reject(unauthenticated('no')),
    authorize: () => undefined,
  });
  other.mount([route(foreign, async () => ({}))], {
    errors: (error) => ({ status: 400, body: { error_code: 'FOREIGN', message: error?.message } }),
  });
  const { port } = await other.listen('127.0.0.1', 0);
  try {
    for (const path of ['/api/2.0/things/%ff', '/api/2.0/%ff'])
      assert.match(await (await fetch(`http://127.0.0.1:${port}${path}`)).text(), /FOREIGN/);
  } finally {
    await other.close();
  }
});
