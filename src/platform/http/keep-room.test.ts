import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, createServer, get, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import test from 'node:test';
import { keepRoom } from './keep-room.ts';

test('a crowd that asks nothing, or nothing more, keeps nobody out', async (t) => {
  let held: (() => void) | undefined;
  const server = createServer((request, response) => {
    if (request.url === '/held') held = () => response.end('late');
    else response.end('now');
  });
  keepRoom(server, 5);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const ask = (path: string): Promise<IncomingMessage> =>
    new Promise((resolve, reject) =>
      get({ port, path, agent: new Agent({ keepAlive: true }) }, resolve).on('error', reject),
    );
  const crowd: Socket[] = [];
  t.after(() => {
    for (const socket of crowd) socket.destroy();
    server.close();
    server.closeAllConnections();
  });
  const waiting = ask('/held'); // under way all the while
  while (!held) await new Promise((resolve) => setImmediate(resolve));
  for (let n = 0; n < 20; n++) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    crowd.push(socket);
    await once(socket, 'connect');
    if (n % 3 !== 0) continue;
    const answer = await ask('/now');
    assert.equal(answer.statusCode, 200);
    answer.resume();
    await once(answer, 'end');
  }
  held();
  assert.equal((await waiting).statusCode, 200);
});
