import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import test from 'node:test';
import { createPeers } from './peer.ts';

const users = { first: 60_000, count: 100 };
const hex = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0');

/** A line of the kernel's table, as the other end of a connection to port 5000 has it. */
const line = (port: number, user: number, { state = '01', inode = 777, address = '0100007F' } = {}): string =>
  `   7: ${address}:${hex(port)} 0100007F:${hex(5000)} ${state} 00000000:00000000 00:00000000 00000000 ${String(user).padStart(5)}        0 ${inode} 1 0000000000000000 20 4 30 10 -1`;
const table = (...lines: string[]): string =>
  `${['  sl  local_address rem_address   st', ...lines].join('\n')}\n`;
const ends = (remotePort: number) => ({ remotePort, localPort: 5000 });

test('who asks is told by the user of the other end', async () => {
  const behind = createPeers(users, async () => [
    table(
      line(40_000, 0),
      line(40_001, 60_007),
      line(40_002, 1000, { state: '08' }),
      // Closed by its process already: the kernel says user 0 of it, and means nobody.
      line(40_003, 0, { state: '05', inode: 0 }),
      line(40_004, 1000, { state: '05' }), // half closed, and still held
      // Two with equal ports, from two addresses.
      line(40_005, 0),
      line(40_005, 60_009, { address: '0200007F' }),
    ),
    undefined,
  ]);
  const asked = [40_000, 40_001, 40_002, 40_003, 40_004, 40_005, 40_006].map((port) => behind(ends(port)));
  assert.deepEqual(await Promise.all(asked), [false, true, false, true, false, true, true]);
});

test('where users are not told apart, or no table is there, nobody is behind walls', async () => {
  const never = createPeers(undefined, () => assert.fail('it looked'));
  assert.equal(await never(ends(40_000)), false);
  const without = createPeers(users, async () => [undefined, undefined]);
  assert.equal(await without(ends(40_000)), false);
});

test('all that ask meanwhile share a look, and a connection is looked up once', async () => {
  let looks = 0;
  const held = Promise.withResolvers<void>();
  const behind = createPeers(users, async () => {
    looks++;
    if (looks === 1) await held.promise;
    return [table(...Array.from({ length: 1000 }, (_, index) => line(30_000 + index, 60_001)))];
  });
  const first = ends(30_000);
  const all = [behind(first), ...Array.from({ length: 999 }, (_, index) => behind(ends(30_001 + index)))];
  held.resolve();
  assert.ok((await Promise.all(all)).every(Boolean));
  assert.equal(looks, 2, 'one for the first, one for all that came while it was under way');
  assert.equal(await behind(first), true);
  assert.equal(looks, 2);
});

test(
  'a real connection of this process is of this user',
  { skip: existsSync('/proc/net/tcp') ? false : 'there is no /proc/net/tcp' },
  async () => {
    const own = process.getuid!();
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const [accepted] = (await once(server, 'connection')) as [Socket];
    assert.equal(await createPeers({ first: own, count: 1 })(accepted), true);
    assert.equal(await createPeers({ first: own + 1, count: 1 })(accepted), false);
    client.destroy();
    server.close();
  },
);
