import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import test from 'node:test';
import { text } from 'node:stream/consumers';
import fastify from 'fastify';
import { watchBodies } from './watch-bodies.ts';

test('half a body that stays half ends its connection; one that is whole may be answered late', async (t) => {
  const app = fastify();
  t.after(() => app.close());
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  watchBodies(app, { sweepEvery: 5, most: 20 });
  const heard: string[] = [];
  app.post('/', async (request) => {
    try {
      const body = await text(request.body as NodeJS.ReadableStream);
      await new Promise((resolve) => setTimeout(resolve, 100));
      return body;
    } catch {
      heard.push('broken off');
      return '';
    }
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const address = app.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const say = async (bytes: string): Promise<string> => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(`POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${bytes}`);
    return text(socket);
  };
  const [half, chunk, whole] = await Promise.all([
    say('Content-Length: 5\r\n\r\nab'),
    say('Transfer-Encoding: chunked\r\n\r\n5\r\nab'),
    say('Content-Length: 5\r\n\r\nabcde'),
  ]);
  for (const answer of [half, chunk]) assert.match(answer, /^HTTP\/1\.1 408 /);
  assert.match(whole, /^HTTP\/1\.1 200 [^]*abcde$/);
  assert.deepEqual(heard, ['broken off', 'broken off']);
});
