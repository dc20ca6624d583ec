import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTcp, type AddressInfo } from 'node:net';
import test from 'node:test';
import { createOutbound } from './outbound.ts';

async function listen(
  handler: RequestListener,
): Promise<{ port: number; requests: number; [Symbol.asyncDispose](): Promise<void> }> {
  const state = { port: 0, requests: 0 };
  const server = createServer((request, response) => {
    state.requests++;
    handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  state.port = (server.address() as AddressInfo).port;
  return Object.assign(state, {
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

test('an allowed destination is called, with method, headers and body', async () => {
  await using server = await listen((request, response) => {
    request.setEncoding('utf8');
    let body = '';
    request.on('data', (text: string) => (body += text));
    request.on('end', () =>
      response
        .setHeader('x-seen', String(request.headers['x-mine']))
        .end(`${request.method} ${request.url} ${body}`),
    );
  });
  const outbound = createOutbound({ allow: [`127.0.0.1:${server.port}`] });
  const { status, headers, body } = await outbound.send({
    method: 'POST',
    url: `http://127.0.0.1:${server.port}/a?b=c`,
    headers: { 'x-mine': 'yes' },
    body: 'héllo',
  });
  assert.deepEqual([status, headers['x-seen'], body.toString()], [200, 'yes', 'POST /a?b=c héllo']);
});

test('loopback, internal names, other ports, other schemes and credentials are refused before anything is sent', async () => {
  await using server = await listen((_request, response) => response.end('secret'));
  const outbound = createOutbound({
    resolve: async (host) => [{ address: host === 'two.example' ? '93.184.215.14' : '127.0.0.1', family: 4 }],
  });
  for (const url of [
    `http://127.0.0.1:${server.port}/`,
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://127.1/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://169.254.169.254/latest/meta-data',
    'http://internal.corp/',
    `http://two.example:${server.port}/`,
    'https://two.example:22/',
  ]) /* prettier-ignore */ {
    await assert.rejects(outbound.send({ method: 'GET', url }), { kind: 'forbidden', field: 'url' }, url);
  }
  for (const url of [
    'file:///etc/passwd',
    'gopher://x/',
    'ftp://x/',
    'http://user:pass@two.example/',
    'no url',
    'http://',
  ]) {
    await assert.rejects(outbound.send({ method: 'GET', url }), { kind: 'invalid', field: 'url' }, url);
    assert.throws(() => outbound.check(url), { kind: 'invalid' });
  }
  assert.equal(server.requests, 0);
});

test('one closed address among those of a name closes the name', async () => {
  const outbound = createOutbound({
    resolve: async () => [
      { address: '93.184.215.14', family: 4 },
      { address: '::ffff:10.0.0.1', family: 6 },
    ],
  });
  await assert.rejects(outbound.send({ method: 'GET', url: 'https://mixed.example/' }), {
    kind: 'forbidden',
  });
});

test('a name is looked up once, and the connection goes to the address that was checked', async () => {
  await using server = await listen((request, response) => response.end(request.headers.host));
  let looks = 0;
  const outbound = createOutbound({
    allow: [`rebind.example:${server.port}`],
    resolve: async () => [{ address: ++looks === 1 ? '127.0.0.1' : '127.0.0.99', family: 4 }],
  });
  const { body } = await outbound.send({ method: 'GET', url: `http://rebind.example:${server.port}/` });
  assert.equal(body.toString(), `rebind.example:${server.port}`);
  assert.equal(looks, 1);
});

test('a range opens the names that lead into it, on its port alone', async () => {
  await using server = await listen((_request, response) => response.end('in'));
  const outbound = createOutbound({
    allow: [`127.0.0.0/8:${server.port}`],
    resolve: async (host) => [{ address: host === 'in.corp' ? '127.0.0.1' : '10.0.0.1', family: 4 }],
  });
  assert.equal((await outbound.send({ method: 'GET', url: `http://in.corp:${server.port}/` })).status, 200);
  await assert.rejects(outbound.send({ method: 'GET', url: `http://out.corp:${server.port}/` }), {
    kind: 'forbidden',
  });
  await assert.rejects(outbound.send({ method: 'GET', url: 'http://in.corp/' }), { kind: 'forbidden' });
});

test('a redirect is an error, and the place it names is not called', async () => {
  await using target = await listen((_request, response) => response.end('reached'));
  await using server = await listen((_request, response) =>
    response.writeHead(307, { location: `http://127.0.0.1:${target.port}/` }).end(),
  );
  const outbound = createOutbound({ allow: [`127.0.0.1:${server.port}`, `127.0.0.1:${target.port}`] });
  await assert.rejects(
    outbound.send({ method: 'POST', url: `http://127.0.0.1:${server.port}/`, body: '{}' }),
    { kind: 'unavailable', code: 'redirect' },
  );
  assert.equal(target.requests, 0);
});

test('an answer that is too large or too slow is cut off', async () => {
  await using large = await listen((_request, response) => {
    const chunk = Buffer.alloc(64 * 1024);
    const more = (): void => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on('drain', more);
    more();
  });
  await using slow = await listen((_request, response) => {
    response.writeHead(200);
    const drip = setInterval(() => response.write('.'), 20);
    response.on('close', () => clearInterval(drip));
  });
  const outbound = createOutbound({
    allow: ['127.0.0.0/8:' + String(large.port), '127.0.0.0/8:' + String(slow.port)],
  });
  await assert.rejects(
    outbound.send({ method: 'GET', url: `http://127.0.0.1:${large.port}/`, maxBytes: 100_000 }),
    { kind: 'too-large' },
  );
  await assert.rejects(
    outbound.send({ method: 'GET', url: `http://127.0.0.1:${slow.port}/`, timeout: 150 }),
    { kind: 'unavailable', code: 'timeout' },
  );
  const aborter = new AbortController();
  const call = outbound.send({
    method: 'GET',
    url: `http://127.0.0.1:${slow.port}/`,
    signal: aborter.signal,
  });
  setTimeout(() => aborter.abort(), 50);
  await assert.rejects(call, /was stopped/);
});

test('a name service that hangs, a closed port and a peer that speaks no HTTP are errors that say so', async () => {
  const tcp = createTcp((socket) => socket.resume().end('SSH-2.0-x\r\n'));
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
  const { port } = tcp.address() as AddressInfo;
  const outbound = createOutbound({
    allow: [`127.0.0.1:${port}`, '127.0.0.1:1'],
    resolve: () => new Promise(() => undefined),
  });
  await assert.rejects(outbound.send({ method: 'GET', url: 'https://hang.example/', timeout: 50 }), {
    kind: 'unavailable',
    code: 'timeout',
  });
  await assert.rejects(outbound.send({ method: 'GET', url: `http://127.0.0.1:${port}/` }), {
    kind: 'unavailable',
  });
  await assert.rejects(outbound.send({ method: 'GET', url: 'http://127.0.0.1:1/' }), /cannot be reached/);
  await new Promise((resolve) => tcp.close(resolve));
});

test('proxies of the environment are not asked', async () => {
  await using proxy = await listen((_request, response) => response.end('proxied'));
  await using server = await listen((_request, response) => response.end('direct'));
  const held = { ...process.env };
  Object.assign(process.env, {
    HTTP_PROXY: `http://127.0.0.1:${proxy.port}`,
    http_proxy: `http://127.0.0.1:${proxy.port}`,
    NODE_USE_ENV_PROXY: '1',
  });
  try {
    const { body } = await createOutbound({ allow: [`127.0.0.1:${server.port}`] }).send({
      method: 'GET',
      url: `http://127.0.0.1:${server.port}/`,
    });
    assert.equal(body.toString(), 'direct');
    assert.equal(proxy.requests, 0);
  } finally {
    for (const name of ['HTTP_PROXY', 'http_proxy', 'NODE_USE_ENV_PROXY'])
      if (held[name] === undefined) delete process.env[name];
  }
});
