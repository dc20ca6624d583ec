import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { request } from 'node:http';
import path from 'node:path';
import test from 'node:test';
import { sql } from 'kysely';
import { openTest, type TestServer } from '../../test/harness.ts';
import { until } from '../../test/until.ts';
import { blake3 } from '../platform/blobs/index.ts';
import { ByteReader, FRAME_HEADER, frameHeader, readFrameHeader } from './frames.ts';

interface Answer {
  status: number;
  body: Record<string, unknown> & {
    error?: { kind: string; code?: string; message: string; field?: string };
  };
}

async function call(
  server: TestServer,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const bytes = body instanceof Uint8Array;
  const response = await fetch(`${server.url}/api/v1${path}`, {
    method,
    headers: {
      ...(body === undefined
        ? {}
        : { 'content-type': bytes ? 'application/octet-stream' : 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: bytes ? Buffer.from(body) : JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

const frame = (bytes: Uint8Array, hash = blake3(bytes)): Buffer =>
  Buffer.concat([frameHeader(hash, bytes.length), bytes]);
const file = (path: string, bytes: Uint8Array): object => ({ path, hash: blake3(bytes), size: bytes.length });
const blobs = async (server: TestServer): Promise<number> =>
  (await sql<{ n: number }>`select count(*) as n from blob`.execute(server.ctx.db)).rows[0]!.n;

test('an upload is asked for, sent in frames, and committed', async () => {
  await using server = await openTest();
  const contents = [
    Buffer.alloc(0),
    Buffer.from('small'),
    randomBytes(300_000),
    randomBytes(5 * 1024 * 1024),
  ];
  const hashes = contents.map((bytes) => blake3(bytes));
  assert.deepEqual(
    (await call(server, 'POST', '/data/missing', { hashes: [...hashes, hashes[0]] })).body['missing'],
    hashes,
  );
  const sent = await call(
    server,
    'POST',
    '/data/blobs',
    Buffer.concat(contents.map((bytes) => frame(bytes))),
  );
  assert.deepEqual(
    [sent.status, sent.body],
    [200, { blobs: 4, bytes: contents.reduce((sum, { length }) => sum + length, 0) }],
  );
  assert.deepEqual((await call(server, 'POST', '/data/missing', { hashes })).body['missing'], []);
  const put = randomBytes(1_000_000);
  assert.deepEqual((await call(server, 'PUT', `/data/blobs/${blake3(put)}`, put)).body, {
    hash: blake3(put),
    size: put.length,
  });
  const files = [...contents, put].map((bytes, i) => file(`f${i}`, bytes));
  const done = await call(server, 'POST', '/datasets/up/versions', { files, message: 'm', allow: ['empty'] });
  assert.equal(done.status, 200, JSON.stringify(done.body));
  // And all of them come back in one download.
  const wanted = [...hashes, blake3(put)].toReversed();
  const response = await fetch(`${server.url}/api/v1/datasets/up/versions/v1/blobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ hashes: wanted }),
  });
  const reader = new ByteReader(response.body!);
  for (const hash of wanted) {
    const header = readFrameHeader(await reader.take(FRAME_HEADER));
    assert.equal(header.hash, hash);
    assert.equal(blake3(await reader.take(header.size)), hash);
  }
  assert.equal((await reader.take(1)).length, 0);
  assert.deepEqual(server.errors, []);
});

test('a bad upload keeps nothing', async () => {
  await using server = await openTest();
  const good = frame(Buffer.from('good'));
  const bad: ReadonlyArray<[Buffer, RegExp]> = [
    [Buffer.concat([good, frame(Buffer.from('bad'), blake3('other'))]), /not what was announced/],
    [Buffer.concat([good, frame(randomBytes(100)).subarray(0, 90)]), /ends in the middle of frame 1/],
    [Buffer.concat([good, good.subarray(0, 17)]), /ends in the middle of frame 1/],
    [
      Buffer.concat([good, frame(randomBytes(5 * 1024 * 1024)).subarray(0, 5_000_000)]),
      /not what was announced/,
    ],
    [
      Buffer.concat([good, frameHeader(blake3('x'), Number.MAX_SAFE_INTEGER - 1), Buffer.from('x')]),
      /not what was announced/,
    ],
  ];
  for (const [body, why] of bad) {
    const { status, body: answer } = await call(server, 'POST', '/data/blobs', body);
    assert.equal(status, 400);
    assert.match(answer.error!.message, why);
  }
  const put = await call(server, 'PUT', `/data/blobs/${blake3('this')}`, Buffer.from('that'));
  assert.equal(put.body.error?.code, 'content-mismatch');
  assert.equal(await blobs(server), 0);
  assert.equal(
    (await sql<{ n: number }>`select count(*) as n from dataset_blob`.execute(server.ctx.db)).rows[0]!.n,
    0,
  );
});

test('an upload whose sender goes away leaves nothing', async () => {
  await using server = await openTest();
  const temp = path.join(server.data, 'blobs', 'temp');
  const bytes = randomBytes(10_000_000);
  for (const [method, url, head] of [
    ['PUT', `/data/blobs/${blake3(bytes)}`, Buffer.alloc(0)],
    ['POST', '/data/blobs', frameHeader(blake3(bytes), bytes.length)],
  ] as const) {
    const headers = { 'content-type': 'application/octet-stream', 'content-length': '20000000' };
    const sending = request(`${server.url}/api/v1${url}`, { method, headers });
    sending.on('error', () => undefined);
    sending.write(head);
    sending.write(bytes.subarray(0, 9_000_000));
    await until('its bytes', () => readdirSync(temp).length === 1);
    sending.destroy();
    await until('an empty folder', () => readdirSync(temp).length === 0);
  }
  assert.equal(await blobs(server), 0);
  assert.deepEqual(server.errors, []);
});

test('knowing a hash is not owning the bytes', async () => {
  await using server = await openTest();
  await call(server, 'POST', '/workspaces', { name: 'other' });
  const secret = Buffer.from('the secret of workspace default');
  await call(server, 'POST', '/data/blobs', frame(secret));
  await call(server, 'POST', '/datasets/mine/versions', { files: [file('secret.txt', secret)] });
  const other = { 'x-treadle-workspace': 'other' };
  assert.deepEqual(
    (await call(server, 'POST', '/data/missing', { hashes: [blake3(secret)] }, other)).body['missing'],
    [blake3(secret)],
  );
  const theft = await call(
    server,
    'POST',
    '/datasets/theirs/versions',
    { files: [file('got.txt', secret)] },
    other,
  );
  assert.deepEqual([theft.status, theft.body.error?.code], [400, 'blobs-missing']);
  assert.equal((await call(server, 'GET', '/datasets/theirs', undefined, other)).status, 404);
  assert.equal((await call(server, 'GET', '/datasets/mine', undefined, other)).status, 404);
  await call(server, 'POST', '/data/blobs', frame(Buffer.from('own')), other);
  await call(
    server,
    'POST',
    '/datasets/theirs/versions',
    { files: [file('own.txt', Buffer.from('own'))] },
    other,
  );
  assert.equal(
    (await call(server, 'POST', '/datasets/theirs/versions/v1/blobs', { hashes: [blake3(secret)] }, other))
      .status,
    404,
  );
  // Who has the bytes may bring them; they are stored once all the same.
  const before = await blobs(server);
  assert.equal((await call(server, 'POST', '/data/blobs', frame(secret), other)).status, 200);
  assert.equal(await blobs(server), before);
});

test('files are listed page by page, downloaded whole or in part', async () => {
  await using server = await openTest();
  const contents = new Map<string, Buffer>(
    Array.from(
      { length: 25 },
      (_, i) => [`d/${String(i).padStart(2, '0')}.txt`, Buffer.from(`file ${i}`)] as const,
    ),
  );
  contents.set('top.txt', Buffer.from('0123456789'));
  await call(
    server,
    'POST',
    '/data/blobs',
    Buffer.concat([...contents.values()].map((bytes) => frame(bytes))),
  );
  await call(server, 'POST', '/datasets/listed/versions', {
    files: [...contents].map(([path, bytes]) => file(path, bytes)),
  });
  const base = '/datasets/listed/versions/main';
  const top = await call(server, 'GET', `${base}/files`);
  assert.deepEqual(
    (top.body['items'] as Array<{ path: string; kind: string; files: number }>).map(
      ({ path, kind, files }) => [path, kind, files],
    ),
    [
      ['d', 'directory', 25],
      ['top.txt', 'file', 1],
    ],
  );
  for (const query of ['recursive=true', 'path=d', 'path=d%2F&recursive=true']) {
    const seen: string[] = [];
    for (let page = ''; ;) {
      const { body } = await call(server, 'GET', `${base}/files?${query}&limit=7${page && `&page=${page}`}`);
      seen.push(...(body['items'] as Array<{ path: string }>).map(({ path }) => path));
      if (body['next'] === undefined) break;
      page = body['next'] as string;
    }
    const all = [...contents.keys()].filter((path) => query === 'recursive=true' || path.startsWith('d/'));
    assert.deepEqual(seen, all.toSorted());
  }
  const get = (path: string, headers = {}): Promise<Response> =>
    fetch(`${server.url}/api/v1${base}/content?path=${encodeURIComponent(path)}`, { headers });
  const whole = await get('top.txt');
  assert.equal(await whole.text(), '0123456789');
  assert.equal(whole.headers.get('x-content-type-options'), 'nosniff');
  assert.match(whole.headers.get('content-disposition') ?? '', /^attachment/);
  for (const [range, text, at] of [
    ['bytes=2-4', '234', 'bytes 2-4/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=0-99', '0123456789', 'bytes 0-9/10'],
  ] as const) {
    const part = await get('top.txt', { range });
    assert.deepEqual([part.status, await part.text(), part.headers.get('content-range')], [206, text, at]);
  }
  assert.ok((await get('top.txt', { range: 'bytes=10-' })).status >= 400);
  for (const path of ['nope.txt', 'd/nope', 'top.txt/x', '../../etc/passwd', '/etc/passwd', 'd/../top.txt'])
    assert.equal((await get(path)).status, 404, path);
  assert.equal((await get('d')).status, 400);
  assert.deepEqual(server.errors, []);
});
