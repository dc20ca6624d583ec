import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import { text } from 'node:stream/consumers';
import { silentLog } from '../../platform/log/index.ts';
import { createHttp } from '../../platform/http/index.ts';
import { httpStream, pieces } from '../../../test/fuzz/http-streams.ts';
import { answers, converse, openOracle, type Understood } from '../../../test/fuzz/oracle.ts';
import { campaign, random } from '../../../test/fuzz/random.ts';
import { mountForward } from './forward.ts';

const never = (): never => {
  throw new Error('no route of this test asks');
};

/** The main port before a plane that is Node's own server and answers with what it was asked. */
async function open(t: TestContext, most?: number) {
  const folder = mkdtempSync(path.join(tmpdir(), 'treadle-forward-'));
  const socket = path.join(folder, 's');
  const plane = await openOracle({ path: socket }, ({ method, url, body }) => `${method} ${url} ${body}`);
  const http = createHttp({
    log: silentLog,
    hosts: ['127.0.0.1', 'localhost'],
    authenticate: never,
    anonymous: never,
    authorize: never,
  });
  mountForward(http.app, () => socket, most);
  const { port } = await http.listen('127.0.0.1', 0);
  t.after(async () => {
    plane.server.closeAllConnections();
    plane.server.close();
    await http.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { port, plane };
}

const say = async (port: number, bytes: string) =>
  answers(await converse(port, [Buffer.from(bytes, 'latin1')]));
const HEAD = ' HTTP/1.1\r\nHost: 127.0.0.1\r\n';
const HIDDEN = `GET /v2/hidden${HEAD}\r\n`;

test('a body is handed on for POST alone, framed anew, each on a connection of its own', async (t) => {
  const { port, plane } = await open(t);
  const chunks = `Transfer-Encoding: chunked\r\n\r\n${HIDDEN.length.toString(16)}\r\n${HIDDEN}\r\n0\r\n\r\n`;
  const length = `Content-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`;
  for (const body of [chunks, length]) {
    for (const method of ['GET', 'HEAD']) {
      const [refused, ...more] = await say(port, `${method} /v2/a${HEAD}${body}`);
      assert.deepEqual([refused?.status, more.length], [400, 0]);
      assert.match(refused?.head ?? '', /connection: close/i);
    }
    const [answered, ...more] = await say(port, `POST /v2/a${HEAD}${body}`);
    assert.deepEqual([answered?.status, answered?.body, more.length], [200, `POST /v2/a ${HIDDEN}`, 0]);
  }
  const two = await say(port, `GET /v2/a${HEAD}\r\nPOST /v2/b${HEAD}\r\n`);
  assert.deepEqual(
    two.map(({ body }) => body),
    ['GET /v2/a ', 'POST /v2/b '],
  );
  assert.deepEqual(
    plane.seen.map(({ method, headers }) => [
      method,
      headers['content-length'],
      headers['transfer-encoding'],
    ]),
    [
      ['POST', undefined, 'chunked'],
      ['POST', String(HIDDEN.length), undefined],
      ['GET', undefined, undefined],
      ['POST', '0', undefined],
    ],
  );
  assert.equal(plane.connections(), plane.seen.length);
});

test('what belongs to the connection stays on it, and nothing that was judged can be dropped by its name', async (t) => {
  const { port, plane } = await open(t);
  const own =
    'Connection: Upgrade, HTTP2-Settings, TE\r\nUpgrade: h2c\r\nHTTP2-Settings: AAAA\r\nTE: trailers\r\nKeep-Alive: timeout=5\r\nProxy-Connection: x\r\n';
  const [upgrade] = await say(port, `POST /v2/a${HEAD}${own}X-Kept: yes\r\nContent-Length: 1\r\n\r\nx`);
  assert.equal(upgrade?.status, 200);
  const { headers } = plane.seen[0] ?? assert.fail();
  assert.deepEqual(Object.keys(headers).sort(), ['connection', 'content-length', 'host', 'x-kept']);
  const expecting = await converse(port, [
    Buffer.from(`POST /v2/a${HEAD}Expect: 100-continue\r\nContent-Length: 1\r\n\r\n`),
    Buffer.from('x'),
  ]);
  assert.match(expecting.toString(), /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
  assert.equal(plane.seen[1]?.headers['expect'], undefined);
  const before = plane.connections();
  for (const [line, status] of [
    ['Connection: Host', 400],
    ['Connection: close, Authorization', 400],
    ['Connection: X-Forwarded-For', 400],
    ['Connection: Content-Length', 400],
    ['Host: evil.example', 400],
    ['Expect: something', 417],
  ] as const) {
    const [refused, ...more] = await say(port, `POST /v2/a${HEAD}${line}\r\nContent-Length: 1\r\n\r\nx`);
    assert.deepEqual([refused?.status, more.length], [status, 0], line);
  }
  for (const target of ['http://127.0.0.1/v2/a', 'http://evil.example/v2/a', '/v2/a\xe9', '/v2/a\x0c'])
    assert.equal((await say(port, `GET ${target}${HEAD}\r\n`))[0]?.status, 400, target);
  const [odd] = await say(port, `GET /v2/a${HEAD}__proto__: x\r\nX-High: \xff\r\n\r\n`);
  assert.deepEqual([odd?.status, plane.connections()], [200, before + 1], 'nothing else reached the plane');
});

test('who leaves in the middle of a body takes the question along; half bodies never keep others out', async (t) => {
  const { port, plane } = await open(t, 3);
  const halves = [1, 2, 3].map(() => {
    const half = connect(port, '127.0.0.1');
    half.on('error', () => undefined);
    half.write(`POST /v2/half${HEAD}Content-Length: 5\r\n\r\nab`);
    return half;
  });
  while (plane.connections() < 3) await new Promise((resolve) => setImmediate(resolve));
  const [refused] = await say(port, `GET /v2/a${HEAD}\r\n`);
  assert.equal(refused?.status, 503);
  assert.match(refused?.head ?? '', /retry-after: 1/i);
  for (const half of halves) half.destroy();
  let status = 503;
  while (status === 503) status = (await say(port, `GET /v2/a${HEAD}\r\n`))[0]?.status ?? 0;
  assert.equal(status, 200);
  assert.ok(plane.seen.every(({ url }) => url === '/v2/a'));
});

/** What two servers must agree on. Fields of the connection alone are left out. */
const meaning = ({ method, url, headers, body }: Understood): string => {
  const { connection: _c, 'transfer-encoding': _t, 'content-length': _l, upgrade: _u, ...rest } = headers;
  const dropped = ['keep-alive', 'te', 'trailer', 'expect', 'proxy-connection', 'http2-settings'];
  const kept = Object.entries(rest)
    .filter(([name]) => !dropped.includes(name))
    .map(([name, value]) => `${name}: ${value}`)
    .sort((a, b) => (a < b ? -1 : 1));
  return JSON.stringify([method, url, body, kept]);
};

test('whatever bytes come, a plane sees only requests that Node itself sees in them, and nobody gets another’s answer', async (t) => {
  const { port, plane } = await open(t);
  const oracle = await openOracle();
  t.after(() => oracle.server.close());
  const { seed, count } = campaign(150, 30_000);
  const agent = new Agent({ keepAlive: true, maxSockets: 2 });
  t.after(() => agent.destroy());
  let over = false;
  t.after(() => (over = true));
  let asked = 0;
  // Somebody who asks all the while must get their own answers.
  const victim = async (name: string): Promise<void> => {
    while (!over) {
      for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve));
      const body = `${name} ${asked++}`;
      const answer = await new Promise<IncomingMessage>((resolve, reject) => {
        request({ port, agent, method: 'POST', path: '/v2/victim' }, resolve).on('error', reject).end(body);
      });
      assert.equal(await text(answer), `POST /v2/victim ${body}`);
    }
  };
  const victims = [victim('ada'), victim('bob')];
  const next = random(seed);
  let handedOn = 0;
  for (let n = 0; n < count; n++) {
    const bytes = httpStream(next, `m${n}`);
    oracle.seen.length = 0;
    await converse(oracle.port, [bytes]);
    const known = oracle.seen.map(meaning);
    plane.seen.length = 0;
    const heard = answers(await converse(port, pieces(next, bytes)));
    const seen = plane.seen.filter(({ url }) => url !== '/v2/victim');
    handedOn += seen.length;
    const shown = (): string =>
      `stream ${n}: ${JSON.stringify(bytes.toString('latin1').replaceAll(/x{50,}/g, 'x…'))}`;
    for (const one of seen) {
      const at = known.indexOf(meaning(one));
      assert.notEqual(at, -1, `${shown()} became ${meaning(one)}, but Node sees ${known.join('; ')}`);
      known.splice(at, 1); // each once
    }
    const good = heard.filter(({ status }) => status === 200);
    for (const { status } of heard) assert.ok(status < 500, `${shown()}: ${status}`);
    for (const { body, head } of good)
      if (!head.includes('"HEAD"'))
        assert.ok(
          seen.some((one) => body === `${one.method} ${one.url} ${one.body}`),
          `${shown()} was answered ${body.length}: ${body.slice(-30)}, which no plane was asked`,
        );
  }
  over = true;
  await Promise.all(victims);
  assert.ok(handedOn > count / 5, `only ${handedOn} requests reached the plane`);
  assert.ok(asked > count / 10);
  const broken = new Set(['ECONNRESET', 'EPIPE', 'HPE_INVALID_EOF_STATE']); // connections that ended in the middle
  assert.deepEqual(
    plane.faults.filter((code) => !broken.has(code)),
    [],
    'the plane was sent nothing it cannot read',
  );
  console.log(`${count} streams, ${handedOn} requests handed on, ${asked} of others beside them`);
});
