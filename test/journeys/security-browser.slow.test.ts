import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import type { Endpoint } from '../../src/platform/http/contract.ts';
import { CANARY, openHouse, rowsOf, type House } from './security/house.ts';
import { requestTo, send, type Sent } from './security/requests.ts';

/** On loopback everybody at this machine is its owner, so whatever a foreign page can make a browser send must be refused. */

let house: House;
let endpoints: Endpoint[];
before(async () => {
  house = await openHouse('127.0.0.1');
  endpoints = house.routes.map(({ endpoint }) => endpoint);
});
after(async () => {
  await house[Symbol.asyncDispose]();
});

const label = (endpoint: Endpoint): string => `${endpoint.method} ${endpoint.path}`;
const changes = (endpoint: Endpoint): boolean => endpoint.method !== 'GET';
const asked = (endpoint: Endpoint): Sent => requestTo(endpoint, house.seeds, house.seeds);
/** `npm run test:deep` tries each spelling on each route; otherwise each route meets some, and each spelling many routes. */
const WHOLE = process.env['TREADLE_TEST_WHOLE'] === '1';
const some = <T>(all: readonly T[], count: number, turn: number): T[] =>
  WHOLE ? [...all] : Array.from({ length: count }, (_, i) => all[(turn * count + i) % all.length]!);
/** What is refused changes nothing, so the order does not matter. */
const together = async <T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> =>
  void (await Promise.all(items.map(work)));

/** Names that resolve to this machine when an attacker's DNS says so, and spellings that fool a careless reader. */
const HOSTS = [
  'evil.example',
  'evil.example:5000',
  '127.0.0.1.evil.example',
  'localhost.evil.example',
  'evil-localhost',
  '127.0.0.1@evil.example',
  'localhost@evil.example',
  'evil.example@localhost',
  'localhost/evil.example',
  'localhost?evil',
  'localhost#evil',
  'localhost\\evil',
  'localhost:5000:80',
  'localhost.',
  '[::1].evil.example',
  '[::ffff:127.0.0.1]',
  '0.0.0.0',
  '127.1',
  '2130706433',
  '0x7f000001',
  '127.0.0.2',
  'xn--localhost',
  'localhost, evil.example',
  ' ',
];

const ORIGINS = [
  'https://evil.example',
  'http://evil.example',
  'null',
  'http://127.0.0.1.evil.example',
  'http://localhost.evil.example',
  'http://127.0.0.1:1',
  'http://localhost:1',
  'https://127.0.0.1',
  'file://',
  'chrome-extension://abc',
  'http://[::1]:1',
  'garbage',
];

test('a host name that is not ours is refused by every route', async () => {
  const held = await rowsOf(house.ctx);
  for (const [turn, endpoint] of endpoints.entries()) {
    const sent = asked(endpoint);
    await together(some(HOSTS, 3, turn), async (host) => {
      const answer = await send(house.port, { ...sent, headers: { ...sent.headers, host } });
      assert.ok(
        answer.status === 403 || answer.status === 400,
        `${label(endpoint)} to '${host}': ${answer.status}`,
      );
      assert.ok(!answer.all.includes(CANARY), `${label(endpoint)} to '${host}' answers`);
    });
  }
  assert.deepEqual(await rowsOf(house.ctx), held);
});

test('a page of another origin changes nothing, by no route', async () => {
  const held = await rowsOf(house.ctx);
  const writes = endpoints.filter(changes);
  assert.ok(writes.length > 100, `only ${writes.length} routes change something`);
  for (const [turn, endpoint] of writes.entries()) {
    const sent = asked(endpoint);
    const foreign = [
      ...ORIGINS.map((origin) => ({ origin })),
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'cross-site', origin: house.url },
      { 'sec-fetch-site': 'nonsense' },
    ];
    await together<Record<string, string>>(some(foreign, 3, turn), async (headers) => {
      const answer = await send(house.port, { ...sent, headers: { ...sent.headers, ...headers } });
      assert.equal(
        answer.status,
        403,
        `${label(endpoint)} from ${JSON.stringify(headers)}: ${answer.body.slice(0, 200)}`,
      );
    });
  }
  assert.deepEqual(await rowsOf(house.ctx), held);
});

test('our own page, and programs, are let in', async () => {
  const host = `127.0.0.1:${house.port}`;
  for (const headers of [
    {},
    { 'sec-fetch-site': 'same-origin' },
    { 'sec-fetch-site': 'none' },
    { origin: `http://${host}` },
  ]) {
    const answer = await send(house.port, {
      method: 'POST',
      path: '/api/v1/runs/search',
      headers: { 'content-type': 'application/json', ...headers },
      body: '{"experiments":["0"]}',
    });
    assert.equal(answer.status, 200, `${JSON.stringify(headers)}: ${answer.body}`);
  }
});

test('no answer lets another origin read it, or be framed, sniffed or included', async () => {
  for (const endpoint of endpoints.filter((one) => !changes(one))) {
    const sent = asked(endpoint);
    const answer = await send(house.port, {
      ...sent,
      headers: { ...sent.headers, origin: 'https://evil.example', cookie: 'a=b' },
    });
    assert.equal(answer.headers['access-control-allow-origin'], undefined, label(endpoint));
    assert.equal(answer.headers['access-control-allow-credentials'], undefined, label(endpoint));
    assert.equal(answer.headers['x-content-type-options'], 'nosniff', label(endpoint));
    assert.equal(answer.headers['cross-origin-resource-policy'], 'same-origin', label(endpoint));
    if (endpoint.response === 'bytes' && answer.status === 200) {
      assert.match(String(answer.headers['content-disposition']), /^attachment/, label(endpoint));
      assert.match(String(answer.headers['content-security-policy']), /sandbox/, label(endpoint));
    }
  }
});

/** What a form or a careless script can send without asking first, and what is not JSON. */
const TYPES = [
  'text/plain',
  'text/plain;charset=UTF-8',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'text/html',
  'text/xml',
  'application/xml',
  'application/octet-stream',
  'text/json',
  'application/jsonp',
  'text/plain; application/json',
  'text/plain, application/json',
  'application/ld+json',
  'image/svg+xml',
];

test('a body that is not declared as JSON is refused, and nothing changes', async () => {
  const held = await rowsOf(house.ctx);
  let sent = 0;
  // What is for a person alone is refused to the owner of the machine before anything is read.
  const bodies = endpoints.filter(
    (one) =>
      one.body !== undefined &&
      one.body !== 'bytes' &&
      one.action !== 'public' &&
      !/:(own|approve)$/.test(one.action),
  );
  for (const [turn, endpoint] of bodies.entries()) {
    const request = asked(endpoint);
    await together(some(TYPES, 4, turn), async (type) => {
      const answer = await send(house.port, {
        ...request,
        headers: { ...request.headers, 'content-type': type },
      });
      assert.ok(
        answer.status === 400 || answer.status === 415,
        `${label(endpoint)} takes ${type}: ${answer.status} ${answer.body.slice(0, 200)}`,
      );
      assert.match(
        answer.body,
        /body must be JSON|Unsupported Media Type/,
        `${label(endpoint)} refuses ${type} for another reason: ${answer.body.slice(0, 200)}`,
      );
      sent++;
    });
  }
  assert.ok(sent > (WHOLE ? 1000 : 300), `only ${sent} were tried`);
  assert.deepEqual(await rowsOf(house.ctx), held);
  assert.deepEqual(house.errors, []);
});
