import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import test from 'node:test';
import { text } from 'node:stream/consumers';
import { silentLog } from '../log/index.ts';
import { createHttp } from './index.ts';

const never = (): never => {
  throw new Error('no route of this test asks');
};

test('what cannot be read as a request is answered once and ends its connection', async (t) => {
  const http = createHttp({
    log: silentLog,
    hosts: ['x'],
    authenticate: never,
    anonymous: never,
    authorize: never,
  });
  const { port } = await http.listen('127.0.0.1', 0);
  t.after(() => http.close());
  for (const [bytes, status] of [
    ['nonsense\r\n\r\n', 400],
    ['GET / HTTP/1.1\r\nHost: x\r\nX : y\r\n\r\n', 400],
    [`GET /${'x'.repeat(16_500)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
    ['GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\nConnection: close\r\n\r\n', 400],
    ['GET http://x/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 400],
  ] as const) {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(bytes);
    const answer = await text(socket);
    assert.match(
      answer,
      new RegExp(`^HTTP/1\\.1 ${status} [^]*\r\nconnection: close\r\n`, 'i'),
      bytes.slice(0, 60),
    );
    assert.equal(answer.split('HTTP/1.1 ').length, 2);
    assert.match(answer, /\{"error":\{"kind":"invalid","message":"[^"]+"/);
  }
});
