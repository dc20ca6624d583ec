import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connect2, createServer, type ServerHttp2Stream } from 'node:http2';
import { connect, type Socket } from 'node:net';
import test, { type TestContext } from 'node:test';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { deflateSync, gzipSync } from 'node:zlib';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Budget } from '../../../platform/limits/index.ts';
import { silentLog } from '../../../platform/log/index.ts';
import type { CallerVerdict, Credentials } from '../../../serving/index.ts';
import type { Protocol } from '../exchange.ts';
import { createFront, type FrontOptions } from './front.ts';

interface Seen {
  method: string;
  path: string;
  body: string;
  workspace: string;
}

interface Bench {
  port: number;
  socket: string;
  /** Every request that reached the protocol. */
  seen: Seen[];
  close(patience?: number): Promise<void>;
}

const allowed: CallerVerdict = { ok: true, workspace: 'w', may: true, name: 'ada' };

async function open(t: TestContext, more: Partial<FrontOptions> = {}): Promise<Bench> {
  const seen: Seen[] = [];
  const echo: Protocol = (request, reply) => {
    const { method, path: where, body, workspace } = request;
    if (where === '/none') return false;
    if (where === '/throws') throw new Error('a fault of ours');
    seen.push({ method, path: where, body: body.toString(), workspace });
    const answer = (): void =>
      reply.send(200, 'text/plain', `${method} ${where} ${body.length} ${request.header('x-odd') ?? ''}`);
    if (where === '/slow') setTimeout(answer, 25);
    else if (where === '/gone')
      setTimeout(() => (seen.push({ ...seen.at(-1)!, body: String(reply.gone) }), answer()), 50);
    else if (where === '/large') reply.send(200, 'text/plain', Buffer.alloc(3_000_000, 'x'));
    else answer();
    return true;
  };
  const front = createFront({
    protocols: [echo],
    door: { authenticate: (_credentials, done) => done(allowed), callersEpoch: 0 },
    hosts: ['127.0.0.1', 'localhost'],
    log: silentLog,
    maxBody: 100_000,
    ...more,
  });
  const folder = mkdtempSync(path.join(tmpdir(), 'treadle-front-'));
  const socket = path.join(folder, 's');
  const { port } = await front.listen({ host: '127.0.0.1', port: 0, socket });
  let closed: Promise<void> | undefined;
  const close = (patience = 500): Promise<void> => (closed ??= front.close(patience));
  t.after(async () => {
    await close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { port, socket, seen, close };
}

interface Reply {
  status: number;
  head: string;
  body: string;
}

/** All answers that came until the server ended the connection, or `least` came and then nothing for a while. */
async function say(port: number, pieces: Array<string | Buffer>, pause = 0, least = 1): Promise<Reply[]> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const heard = listen(socket, least);
  for (const piece of pieces) {
    if (socket.writable) socket.write(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece);
    if (pause > 0) await sleep(pause);
  }
  return heard;
}

const QUIET = 10;
const FINAL = /HTTP\/1\.1 [2-5]\d\d /g;

async function listen(socket: Socket, least = 1): Promise<Reply[]> {
  let bytes = Buffer.alloc(0);
  // What has to come is waited for; what must not come has some turns of the loop, in which the server answers: it is this process.
  let quiet = 0;
  const all = (): boolean => [...bytes.toString('latin1').matchAll(FINAL)].length >= least;
  let open = true;
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    quiet = 0;
  });
  socket.on('error', () => undefined);
  socket.on('close', () => (open = false));
  while (open && (quiet++ < QUIET || !all())) await sleep(3);
  socket.destroy();
  return split(bytes);
}

function split(bytes: Buffer): Reply[] {
  const replies: Reply[] = [];
  let rest = bytes;
  while (rest.length > 0) {
    const end = rest.indexOf('\r\n\r\n');
    assert.notEqual(end, -1, `half an answer: ${rest.toString().slice(0, 200)}`);
    const head = rest.toString('latin1', 0, end);
    const status = Number(head.slice(9, 12));
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    const from = end + 4;
    if (status === 100) {
      rest = rest.subarray(from);
      continue;
    }
    replies.push({ status, head, body: rest.toString('latin1', from, from + length) });
    rest = rest.subarray(from + length);
  }
  return replies;
}

const post = (where: string, body: string, headers = ''): string =>
  `POST ${where} HTTP/1.1\r\nHost: 127.0.0.1\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`;
const get = (where: string, headers = ''): string =>
  `GET ${where} HTTP/1.1\r\nHost: 127.0.0.1\r\n${headers}\r\n`;
const statuses = (replies: Reply[]): number[] => replies.map(({ status }) => status);

test('plain requests, one after another and pipelined, are answered in order', async (t) => {
  const { port, seen } = await open(t);
  const all = post('/slow', 'abc') + get('/a?b=c') + post('/a', '12') + post('/a', '12') + post('/a', '1234');
  const replies = await say(port, [all], 0, 5);
  assert.deepEqual(
    replies.map(({ body }) => body.trim()),
    ['POST /slow 3', 'GET /a 0', 'POST /a 2', 'POST /a 2', 'POST /a 4'],
  );
  assert.equal(seen.length, 5);
  assert.match(
    replies[0]!.head,
    /^HTTP\/1\.1 200 OK\r\nContent-Type: text\/plain\r\nX-Content-Type-Options: nosniff/,
  );
});

test('a request is the same however its bytes arrive', async (t) => {
  const { port, seen } = await open(t);
  const whole = post('/cut', '{"a":[1,2]}', 'X-Odd: yes\r\n') + post('/next', 'xy');
  for (let at = 1; at < whole.length; at += 3) {
    const replies = await say(port, [whole.slice(0, at), whole.slice(at)], 1, 2);
    assert.deepEqual(
      replies.map(({ body }) => body),
      ['POST /cut 11 yes', 'POST /next 2 '],
      `cut at ${at}`,
    );
  }
  assert.ok(seen.every(({ body }) => body === '{"a":[1,2]}' || body === 'xy'));
});

test('a deep pipeline is no deep stack, and a caller that does not read gets no further', async (t) => {
  const { port, seen } = await open(t);
  const many = await say(port, [get('/a').repeat(5000)], 0, 5000);
  assert.equal(many.length, 5000);
  seen.length = 0;
  const deaf = connect(port, '127.0.0.1');
  await once(deaf, 'connect');
  deaf.pause();
  deaf.write(get('/large').repeat(200));
  await sleep(150);
  assert.ok(seen.length < 20, `${seen.length} answers of 3 MB were made for nobody`);
  deaf.destroy();
});

test('what is not plain is decided by the one parser that knows every form', async (t) => {
  const { port, seen } = await open(t);
  const chunked =
    'POST /chunked HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n';
  assert.deepEqual(
    statuses(await say(port, [post('/a', 'x') + chunked + post('/b', 'yz')], 0, 3)),
    [200, 200, 200],
  );
  assert.deepEqual(
    seen.map(({ path: where, body }) => `${where} ${body}`),
    ['/a x', '/chunked abc', '/b yz'],
  );
  const expecting =
    'POST /expect HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n';
  assert.deepEqual(statuses(await say(port, [expecting, 'hi'], 20)), [200]);
  const [head] = await say(port, ['HEAD /a HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n']);
  assert.equal(head!.status, 200);
  const old = await say(port, ['GET /a HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n']);
  assert.deepEqual(statuses(old), [200]);
  const folded = get('/folded', 'X-Odd: a\r\n b\r\n');
  for (const { status } of await say(port, [folded])) assert.ok(status === 200 || status === 400);
});

/** After each, a second request lies in wait that only a reader which lost count would see. */
const HIDDEN = 'GET /smuggled HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n';
const CHUNKED = `0\r\n\r\n${HIDDEN}`;
const attack = (headers: string, body: string): string =>
  `POST /front HTTP/1.1\r\nHost: 127.0.0.1\r\n${headers}\r\n\r\n${body}`;
const both = (coding: string): string => attack(`Content-Length: ${CHUNKED.length}\r\n${coding}`, CHUNKED);
const SMUGGLING: Record<string, string> = {
  'length and chunked': both('Transfer-Encoding: chunked'),
  'chunked and length': attack(`Transfer-Encoding: chunked\r\nContent-Length: ${CHUNKED.length}`, CHUNKED),
  'chunked in capitals': both('TRANSFER-ENCODING: CHUNKED'),
  'blank before the colon': both('Transfer-Encoding : chunked'),
  'tab before the colon': both('Transfer-Encoding\t: chunked'),
  'blank before the name': both(' Transfer-Encoding: chunked'),
  'folded onto the next line': both('Transfer-Encoding:\r\n chunked'),
  'tab before the value': both('Transfer-Encoding:\tchunked'),
  'two codings': both('Transfer-Encoding: identity, chunked'),
  'a coding that is none': both('Transfer-Encoding: xchunked'),
  'coding twice': both('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity'),
  'quoted coding': both('Transfer-Encoding: "chunked"'),
  'a vertical tab': both('Transfer-Encoding: \x0bchunked'),
  'a NUL in a name': both('Transfer-Encoding\x00: chunked'),
  'a bare CR': both('X: y\rTransfer-Encoding: chunked'),
  'a bare LF': both('X: y\nTransfer-Encoding: chunked'),
  'two lengths': attack(`Content-Length: 0\r\nContent-Length: ${HIDDEN.length}`, HIDDEN),
  'two lengths, the other way': attack(`Content-Length: ${HIDDEN.length}\r\nContent-Length: 0`, HIDDEN),
  'lengths in a list': attack(`Content-Length: 0, ${HIDDEN.length}`, HIDDEN),
  'a length with a sign': attack(`Content-Length: +${HIDDEN.length}`, HIDDEN),
  'a negative length': attack('Content-Length: -1', HIDDEN),
  'a length in hex': attack(`Content-Length: 0x${HIDDEN.length.toString(16)}`, HIDDEN),
  'a length with a blank in it': attack('Content-Length: 1 0', HIDDEN),
  'a length past any number': attack(`Content-Length: ${'9'.repeat(40)}`, HIDDEN),
  'an empty length': attack('Content-Length:', HIDDEN),
  'length before its colon blank': attack(`Content-Length : ${HIDDEN.length}`, HIDDEN),
  'length in another script': attack('Content-Length: \xb2', HIDDEN),
  'lines that end in LF alone': `POST /front HTTP/1.1\nHost: 127.0.0.1\nContent-Length: ${HIDDEN.length}\n\n${HIDDEN}`,
  'two hosts': `POST /front HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil\r\nContent-Length: 0\r\n\r\n`,
  'no host': 'POST /front HTTP/1.1\r\nContent-Length: 0\r\n\r\n',
  'a blank in the target': `POST /front x HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
  'a version that is none': `POST /front HTTP/1.2\r\nHost: 127.0.0.1\r\nContent-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
  'chunk with a bad size': attack('Transfer-Encoding: chunked', `zz\r\n${HIDDEN}`),
  'chunk longer than it says': attack('Transfer-Encoding: chunked', `1\r\nabc\r\n0\r\n\r\n`),
  'GET with a body': `GET /front HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
  'upgrade to HTTP/2': attack(
    `Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAAA\r\nContent-Length: ${HIDDEN.length}`,
    HIDDEN,
  ),
  'length hidden by Connection': attack(
    `Connection: Content-Length\r\nContent-Length: ${HIDDEN.length}`,
    HIDDEN,
  ),
};

for (const [name, bytes] of Object.entries(SMUGGLING))
  test(`no request is smuggled in: ${name}`, async (t) => {
    const { port, seen } = await open(t);
    // First on a fresh connection, then behind a plain request, cut in two.
    const half = Math.floor(bytes.length / 2);
    for (const pieces of [[bytes], [post('/first', 'x'), bytes.slice(0, half), bytes.slice(half)]]) {
      const replies = await say(port, pieces, 2, pieces.length > 1 ? 2 : 1);
      for (const { status } of replies) assert.ok(status < 500, `status ${status}`);
      const { length } = replies.filter(({ status }) => status === 200);
      assert.ok(length <= pieces.length, 'no more good answers than requests');
    }
    const smuggled = seen.filter(({ path: where }) => where === '/smuggled');
    assert.deepEqual(smuggled, [], 'the hidden request was never one');
    assert.ok(
      seen.every(({ path: where }) => where === '/first' || where === '/front'),
      JSON.stringify(seen),
    );
  });

test('both readers see one request in the same bytes', async (t) => {
  const { port, seen } = await open(t);
  const names = [
    'X-Odd: v',
    'x-odd:v',
    'X-ODD:   v  ',
    'X-Odd:\tv\t',
    'Accept: */*',
    'User-Agent: a (b; c)',
    'Cookie: a=b',
  ];
  for (const name of names) {
    seen.length = 0;
    // A keep-alive with a second word sends a request to the other reader.
    const pair = [name, `${name}\r\nConnection: keep-alive, x`];
    await say(
      port,
      pair.map((headers) => post('/same?q=1', 'body', `${headers}\r\n`)),
      0,
      2,
    );
    assert.equal(seen.length, 2, name);
    assert.deepEqual(seen[0], seen[1], name);
  }
});

test('bodies are limited and inflated, and a bomb is not', async (t) => {
  const { port, seen } = await open(t);
  const send = async (body: Buffer, encoding: string): Promise<Reply> => {
    const head = `POST /a HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Encoding: ${encoding}\r\nContent-Length: ${body.length}\r\n\r\n`;
    const [reply] = await say(port, [Buffer.concat([Buffer.from(head), body])]);
    return reply!;
  };
  for (const [kind, pack] of [
    ['gzip', gzipSync],
    ['deflate', deflateSync],
  ] as const)
    assert.equal((await send(pack(Buffer.from('hello')), kind)).status, 200);
  assert.deepEqual(
    seen.map(({ body }) => body),
    ['hello', 'hello'],
  );
  const bomb = await send(gzipSync(Buffer.alloc(5_000_000)), 'gzip');
  assert.deepEqual([bomb.status, /larger than/.test(bomb.body)], [413, true]);
  assert.equal((await send(Buffer.from('no gzip'), 'gzip')).status, 400);
  assert.equal((await send(Buffer.from('x'), 'br')).status, 400);
  const [large] = await say(port, [`POST /a HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100001\r\n\r\n`]);
  assert.deepEqual([large!.status, /Connection: close/i.test(large!.head)], [413, true]);
  assert.equal(seen.length, 2, 'nothing else reached a protocol');
});

test('foreign host names and pages of other origins are refused, whatever came before on the connection', async (t) => {
  const { port, seen } = await open(t);
  const foreign = [
    'evil.example',
    '127.0.0.1.evil.example',
    'localhost@evil',
    'localhost/x',
    '',
    '[::2]',
    'localhost:80:80',
  ];
  for (const host of foreign) {
    const [reply] = await say(port, [`POST /a HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 0\r\n\r\n`]);
    assert.ok(reply!.status === 403 || reply!.status === 400, `${host}: ${reply!.status}`);
  }
  const origins = [
    'Origin: https://evil.example',
    'Origin: null',
    'Sec-Fetch-Site: cross-site',
    'Sec-Fetch-Site: same-site',
    'Origin: http://127.0.0.1.evil.example',
  ];
  for (const origin of origins) {
    const replies = await say(port, [post('/first', ''), post('/a', '', `${origin}\r\n`)], 0, 2);
    assert.deepEqual(statuses(replies), [200, 403], origin);
  }
  assert.ok(seen.every(({ path: where }) => where === '/first'));
  const [own] = await say(port, [post('/a', '', 'Origin: http://127.0.0.1\r\n')]);
  assert.equal(own!.status, 200);
});

test('callers are asked for their name, and again when tokens change; health needs none', async (t) => {
  let verdict: CallerVerdict = { ok: false, status: 401, message: 'no such token' };
  let asked = 0;
  const door = {
    callersEpoch: 0,
    authenticate({ authorization }: Credentials, done: (one: CallerVerdict) => void) {
      asked++;
      assert.equal(authorization, 'Bearer t');
      setImmediate(() => done(verdict));
    },
  };
  const { port, seen } = await open(t, { door });
  const ask = post('/a', 'x', 'Authorization: Bearer t\r\n');
  const [refused] = await say(port, [ask]);
  assert.equal(refused!.status, 401);
  assert.match(refused!.head, /WWW-Authenticate: Bearer/);
  verdict = { ...allowed, may: false };
  assert.deepEqual(statuses(await say(port, [ask])), [403]);
  assert.deepEqual(statuses(await say(port, [get('/ping')])), [200]);
  assert.deepEqual(
    seen.map(({ path: where }) => where),
    ['/ping'],
  );
  verdict = allowed;
  asked = 0;
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const heard = listen(socket, 3);
  socket.write(ask + ask);
  while (seen.length < 3) await sleep(1);
  assert.equal(asked, 1, 'an equal head is not asked for twice');
  door.callersEpoch++;
  verdict = { ok: false, status: 401, message: 'taken back' };
  socket.write(ask);
  assert.deepEqual(statuses(await heard), [200, 200, 401]);
});

test('a fault of ours is one 500, and an unknown path one 404, in JSON', async (t) => {
  const { port } = await open(t);
  const replies = await say(port, [get('/throws'), get('/none'), get('/a')], 0, 3);
  assert.deepEqual(statuses(replies), [500, 404, 200]);
  for (const { body } of replies.slice(0, 2))
    assert.equal(typeof (JSON.parse(body) as { error: string }).error, 'string');
});

test('half a request is none, and a caller that ended its side is still answered', async (t) => {
  const { port, seen } = await open(t);
  const half = connect(port, '127.0.0.1');
  await once(half, 'connect');
  half.end('POST /a HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n\r\nab');
  assert.deepEqual(statuses(await listen(half)), [400]);
  const done = connect(port, '127.0.0.1');
  await once(done, 'connect');
  done.end(post('/slow', 'abc'));
  assert.deepEqual(statuses(await listen(done)), [200]);
  assert.deepEqual(
    seen.map(({ path: where }) => where),
    ['/slow'],
  );
});

test('a reply tells whether its caller left, by either parser', async (t) => {
  for (const length of [
    'Content-Length: 3\r\n\r\nabc',
    'Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
  ])
    for (const leaves of [false, true]) {
      const { port, seen } = await open(t);
      const caller = connect(port, '127.0.0.1');
      await once(caller, 'connect');
      caller.write(`POST /gone HTTP/1.1\r\nHost: 127.0.0.1\r\n${length}`);
      while (seen.length < 1) await sleep(1);
      if (leaves) caller.destroy();
      while (seen.length < 2) await sleep(1);
      assert.equal(seen[1]!.body, String(leaves), length.slice(0, 20));
      caller.destroy();
    }
});

test('it stops after its answers, on both doors', async (t) => {
  const { port, socket: file, seen, close } = await open(t);
  const local = connect(file);
  await once(local, 'connect');
  const heard = listen(local);
  local.write(post('/slow', 'abc'));
  const idle = connect(port, '127.0.0.1');
  await once(idle, 'connect');
  const nothing = listen(idle);
  while (seen.length === 0) await sleep(1);
  await close();
  const [reply] = await heard;
  assert.equal(reply!.status, 200);
  assert.match(reply!.head, /Connection: close/);
  assert.deepEqual(await nothing, []);
});

test('HTTP/2 is told by its first bytes, and ends after its calls', async (t) => {
  const grpc = createServer();
  grpc.on('stream', (stream: ServerHttp2Stream) => {
    stream.respond({ ':status': 200 });
    setTimeout(() => stream.end('over two'), 20);
  });
  const { port, seen, close } = await open(t, { grpc });
  const session = connect2(`http://127.0.0.1:${port}`);
  t.after(() => session.destroy());
  const call = session.request({ ':path': '/any', ':method': 'POST' });
  call.end('x');
  await once(call, 'response');
  const ended = once(session, 'close');
  await Promise.all([close(60_000), ended, text(call).then((body) => assert.equal(body, 'over two'))]);
  assert.deepEqual(seen, []);
});

/** A door that knows tokens by their names: `Bearer ada`; others are nobody's. */
const byName: FrontOptions['door'] = {
  callersEpoch: 0,
  authenticate: ({ authorization }, done) => {
    const name = /^Bearer (ada|bob)$/.exec(authorization ?? '')?.[1];
    const verdict: CallerVerdict =
      name === undefined ? { ok: false, status: 401, message: 'no such token' } : { ...allowed, name };
    setImmediate(() => done(verdict));
  },
};
/** The forms in which a body may be announced; the second is not for the short path. */
const ANNOUNCED = {
  plainly: 'Content-Length: 90000\r\n\r\n',
  oddly: 'Connection: keep-alive, x\r\nContent-Length: 90000\r\n\r\n',
  expecting: 'Expect: 100-continue\r\nContent-Length: 90000\r\n\r\n',
  'in chunks': 'Transfer-Encoding: chunked\r\n\r\n15f90\r\n',
};
const begin = (where: string, headers: string, rest: string): string =>
  `POST ${where} HTTP/1.1\r\nHost: 127.0.0.1\r\n${headers}${rest}`;

for (const [how, announced] of Object.entries(ANNOUNCED))
  test(`who asks comes before how much: a body announced ${how}`, async (t) => {
    const { port, seen } = await open(t, { door: byName });
    for (const [where, headers, status] of [
      ['/a', 'Authorization: Bearer eve\r\n', 401],
      ['/a', 'Authorization: Bearer ada\r\nOrigin: http://evil.example\r\n', 403],
      ['/a', 'Authorization: Bearer ada\r\nSec-Fetch-Site: cross-site\r\n', 403],
      ...(how === 'in chunks' ? [] : [['/ping', '', 413] as const]),
    ] as const) {
      const replies = await say(port, [begin(where, headers, announced), 'x'.repeat(1000)], 5);
      assert.deepEqual(statuses(replies), [status], `${where} ${headers}`);
      assert.match(replies[0]!.head, /connection: close/i);
    }
    const foreign = begin('/a', '', announced).replace('127.0.0.1', 'evil.example');
    assert.deepEqual(statuses(await say(port, [foreign])), [403]);
    assert.equal(seen.length, 0);
    const whole = 'x'.repeat(90_000) + (how === 'in chunks' ? '\r\n0\r\n\r\n' : '');
    const good = await say(port, [begin('/a', 'Authorization: Bearer ada\r\n', announced), whole], 5);
    assert.deepEqual(statuses(good), [200]);
    assert.deepEqual([seen.length, seen[0]?.body.length], [1, 90_000]);
  });

for (const [how, announced] of Object.entries(ANNOUNCED))
  test(`bodies under way have a sum, and one for each caller: announced ${how}`, async (t) => {
    const budget = new Budget(250_000, 150_000);
    const { port } = await open(t, { door: byName, budget });
    const half = async (name: string): Promise<Socket> => {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      const before = budget.bytes;
      // In chunks a length is not announced: what came is what counts.
      socket.write(begin('/a', `Authorization: Bearer ${name}\r\n`, announced) + 'x'.repeat(89_000));
      while (budget.bytes < before + 89_000) await sleep(1);
      return socket;
    };
    const ask = (name: string): Promise<Reply[]> =>
      say(port, [begin('/a', `Authorization: Bearer ${name}\r\n`, announced), 'x'.repeat(89_000)], 5);
    const ada = await half('ada');
    const [refused] = await ask('ada');
    assert.deepEqual([refused?.status, /retry-after: 1/i.test(refused?.head ?? '')], [429, true]);
    const bob = await half('bob');
    ada.destroy();
    while (budget.bytes > 90_000) await sleep(1);
    budget.take('others', 75_000);
    const [full] = await ask('ada');
    assert.deepEqual([full?.status, /retry-after: 1/i.test(full?.head ?? '')], [503, true]);
    bob.destroy();
    while (budget.bytes > 75_000) await sleep(1);
    budget.give('others', 75_000);
    const whole = 'x'.repeat(90_000) + (how === 'in chunks' ? '\r\n0\r\n\r\n' : '');
    const head = begin('/a', 'Authorization: Bearer ada\r\n', announced);
    assert.deepEqual(statuses(await say(port, [head, whole], 5)), [200]);
    while (budget.bytes > 0) await sleep(1);
  });

test('what is inflated counts as it grows', async (t) => {
  const budget = new Budget(250_000, 150_000);
  const { port, seen } = await open(t, { door: byName, budget });
  budget.take('w/ada', 80_000);
  const body = gzipSync(Buffer.alloc(90_000));
  const head = `POST /a HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ada\r\nContent-Encoding: gzip\r\nContent-Length: ${body.length}\r\n\r\n`;
  const send = (): Promise<Reply[]> => say(port, [Buffer.concat([Buffer.from(head), body])], 5);
  assert.deepEqual(statuses(await send()), [429]);
  budget.give('w/ada', 80_000);
  assert.deepEqual(statuses(await send()), [200]);
  assert.deepEqual([seen.length, seen[0]?.body.length, budget.bytes], [1, 90_000, 0]);
});

test('a crowd that nobody knows keeps no caller out; one of callers is told to come again', async (t) => {
  const { port } = await open(t, { door: byName, most: 4 });
  const idle = [0, 1, 2, 3].map(() => connect(port, '127.0.0.1'));
  let ended = 0;
  for (const socket of idle) {
    await once(socket, 'connect');
    socket
      .on('close', () => ended++)
      .on('error', () => undefined)
      .resume();
  }
  const hello = get('/a', 'Authorization: Bearer ada\r\n');
  const callers: Socket[] = [];
  for (let n = 0; n < 4; n++) {
    const socket = connect(port, '127.0.0.1');
    socket.write(hello);
    await once(socket, 'data');
    callers.push(socket);
  }
  while (ended < 4) await sleep(1);
  const [full] = await say(port, [hello]);
  assert.deepEqual([full?.status, /retry-after: 1/i.test(full?.head ?? '')], [503, true]);
  callers.pop()?.destroy();
  let status: number | undefined;
  while (status !== 200) status = (await say(port, [hello]))[0]?.status;
  for (const socket of callers) socket.destroy();
});

test('half a head and half a body end, by either parser; a whole one may wait for its answer', async (t) => {
  const { port } = await open(t, { longest: 30, sweepEvery: 5 });
  const ends = async (bytes: string): Promise<string> => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(bytes);
    let heard = '';
    const over = once(socket, 'close');
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString();
      if (heard.includes(' 408 ')) socket.destroy();
    });
    await over;
    return heard;
  };
  const heads = ['P', 'POST /a HTTP/1.1\r\nHost: 127.0.0.1\r\nX-', `${get('/a')}GET /b HTT`];
  const [one, two, three] = await Promise.all(heads.map(ends));
  assert.deepEqual([one, two], ['', '']);
  assert.match(three ?? '', /^HTTP\/1\.1 200 OK/);
  for (const announced of Object.values(ANNOUNCED))
    assert.match(await ends(begin('/a', '', `${announced}abc`)), /HTTP\/1\.1 408 /);
  assert.deepEqual(statuses(await say(port, [post('/gone', 'abc'), ''], 80)), [200]);
});
