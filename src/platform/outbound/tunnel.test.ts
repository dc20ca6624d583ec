import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import test from 'node:test';
import { createOutbound, openTunnel } from './index.ts';

test('a tunnel leads to one host by the rules of the door, for who shows its key', async () => {
  const heard: string[] = [];
  const server = createServer((asked, answer) => {
    heard.push(`${asked.method} ${asked.url} ${asked.headers['proxy-authorization'] ?? ''}`);
    void buffer(asked).then((body) => answer.end(`got ${body.length}`));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const outbound = createOutbound({ allow: [`127.0.0.1:${port}`] });
  const abort = new AbortController();
  const target = `http://127.0.0.1:${port}/team/churn.git`;
  const ask = async (proxy: URL, path: string, key: string) => {
    const on = request({
      host: proxy.hostname,
      port: proxy.port,
      method: 'POST',
      path,
      headers: { 'proxy-authorization': `Basic ${Buffer.from(`treadle:${key}`).toString('base64')}` },
    });
    on.end('12345');
    const [answer] = (await once(on, 'response')) as [IncomingMessage];
    return [answer.statusCode, await text(answer)];
  };
  {
    await using tunnel = await openTunnel(outbound, target, abort.signal);
    const proxy = new URL(tunnel.url);
    const key = proxy.password;
    assert.deepEqual(await ask(proxy, `${target}/x?y=1`, key), [200, 'got 5']);
    assert.deepEqual(await ask(proxy, `${target}/x`, 'guess'), [407, '']);
    assert.deepEqual(await ask(proxy, 'http://169.254.169.254/latest', key), [403, '']);
    assert.deepEqual(await ask(proxy, `http://127.0.0.1:${Number(port) + 1}/`, key), [403, '']);
    const basic = Buffer.from(`treadle:${key}`).toString('base64');
    for (const [to, shown, status] of [
      [`127.0.0.1:${port}`, basic, 200],
      ['127.0.0.1:22', basic, 403],
      [`127.0.0.1:${port}`, 'x', 407],
    ] as const) {
      const socket = connect(Number(proxy.port), '127.0.0.1');
      socket.write(`CONNECT ${to} HTTP/1.1\r\nhost: ${to}\r\nproxy-authorization: Basic ${shown}\r\n\r\n`);
      const [said] = (await once(socket, 'data')) as [Buffer];
      assert.match(said.toString(), new RegExp(`^HTTP/1.1 ${status} `), to);
      socket.destroy();
    }
    assert.deepEqual(
      heard,
      ['POST /team/churn.git/x?y=1 '],
      'the key stays here, and nothing else came through',
    );
  }
  await assert.rejects(openTunnel(createOutbound({}), target, abort.signal), { kind: 'forbidden' });
  server.close();
  server.closeAllConnections();
});
