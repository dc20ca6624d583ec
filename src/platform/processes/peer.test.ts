import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import test from 'node:test';
import { createPeers } from './peer.ts';

const users = { first: 60_000, count: 100 };
const hex = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0');

const V4 = '0100007F';
const MAPPED = '0000000000000000FFFF00000100007F';
const V6 = '00000000000000000000000001000000';
/** A line of the kernel's table, as the other end of a connection to port 5000 has it. */
const line = (port: number, user: number, { state = '01', inode = 777, from = V4, to = V4 } = {}): string =>
  `   7: ${from}:${hex(port)} ${to}:${hex(5000)} ${state} 00000000:00000000 00:00000000 00000000 ${String(user).padStart(5)}        0 ${inode} 1 0000000000000000 20 4 30 10 -1`;
const table = (...lines: string[]): string =>
  `${['  sl  local_address rem_address   st', ...lines].join('\n')}\n`;
const ends = (remotePort: number, remoteAddress = '127.0.0.1', localAddress = '127.0.0.1') => ({
  remoteAddress,
  remotePort,
  localAddress,
  localPort: 5000,
});

test('who asks is told by the user of the other end', async () => {
  const behind = createPeers(users, async (name) =>
    name === 'tcp6'
      ? undefined
      : table(
          line(40_000, 0),
          line(40_001, 60_007),
          line(40_002, 1000, { state: '08' }),
          // Closed by its process already: the kernel says user 0 of it, and means nobody.
          line(40_003, 0, { state: '05', inode: 0 }),
          line(40_004, 1000, { state: '05' }), // half closed, and still held
          // Two with equal ports, from two addresses.
          line(40_005, 0),
          line(40_005, 60_009, { from: '0200007F' }),
        ),
  );
  const asked = [40_000, 40_001, 40_002, 40_003, 40_004, 40_005, 40_006].map((port) => behind(ends(port)));
  assert.deepEqual(await Promise.all(asked), [false, true, false, true, false, false, true]);
  assert.equal(await behind(ends(40_005, '127.0.0.2')), true);
  assert.equal(await behind({}), true, 'it has ended');
  assert.equal(await behind(ends(40_000, '::1', '::1')), false, 'a machine without IPv6');
});

test('each address is looked for where the kernel names it', async () => {
  const read: string[] = [];
  const behind = createPeers(users, async (name) => {
    read.push(name);
    return name === 'tcp'
      ? table(line(40_000, 60_000))
      : table(
          line(40_001, 60_001, { from: MAPPED, to: MAPPED }),
          line(40_002, 60_002, { from: V6, to: V6 }),
          line(40_003, 0, { from: V6, to: V6 }),
        );
  });
  assert.equal(await behind(ends(40_000)), true);
  assert.equal(await behind(ends(40_000, '::ffff:127.0.0.1', '::ffff:127.0.0.1')), true);
  assert.deepEqual(read.splice(0), ['tcp', 'tcp'], 'what is there is looked for nowhere else');
  assert.equal(await behind(ends(40_001)), true, 'a client of IPv6 that talks IPv4');
  assert.deepEqual(read.splice(0), ['tcp', 'tcp6']);
  assert.equal(await behind(ends(40_002, '::1', '::1')), true);
  assert.equal(await behind(ends(40_003, '::1', '::1')), false);
  assert.equal(await behind(ends(40_003, '::2', '::1')), true, 'nobody has it');
  assert.equal(await behind(ends(40_003, '2001:db8::7:1', '::1')), true, 'nobody has it');
  assert.deepEqual(read, ['tcp6', 'tcp6', 'tcp6', 'tcp6']);
});

test('where users are not told apart, or no table is there, nobody is behind walls', async () => {
  const never = createPeers(undefined, () => assert.fail('it looked'));
  assert.equal(await never(ends(40_000)), false);
  const without = createPeers(users, async () => undefined);
  assert.equal(await without(ends(40_000)), false);
});

test('all that ask meanwhile share a look, and a connection is looked up once', async () => {
  let looks = 0;
  const held = Promise.withResolvers<void>();
  const behind = createPeers(users, async () => {
    looks++;
    if (looks === 1) await held.promise;
    return table(...Array.from({ length: 1000 }, (_, index) => line(30_000 + index, 60_001)));
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
    for (const [host, to] of [
      ['127.0.0.1', '127.0.0.1'],
      ['::', '127.0.0.1'],
      ['::', '::1'],
    ] as const) {
      const server = createServer();
      await once(server.listen(0, host), 'listening');
      const client = connect((server.address() as AddressInfo).port, to);
      const [accepted] = (await once(server, 'connection')) as [Socket];
      assert.equal(await createPeers({ first: own, count: 1 })(accepted), true, `${host} asked at ${to}`);
      assert.equal(await createPeers({ first: own + 1, count: 1 })(accepted), false);
      client.destroy();
      server.close();
    }
  },
);
