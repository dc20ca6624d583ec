import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { Users } from './isolation.ts';

/**
 * Whether the other end of a connection is a process behind our walls: it shares the machine's loopback with its owner, but not the
 * user. Told by the kernel's table of connections, once a connection. Where walls change no user nobody can be told apart.
 */
export function createPeers(users: Users | undefined): (socket: Socket) => boolean {
  const known = new WeakMap<Socket, boolean>();
  return (socket) => {
    if (users === undefined) return false;
    const before = known.get(socket);
    if (before !== undefined) return before;
    const user = peerUser(socket);
    const walled = user !== undefined && user >= users.first && user < users.first + users.count;
    known.set(socket, walled);
    return walled;
  };
}

const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];
/** Of a line of the table: where the socket's own port, its peer's, and its user stand. */
const LINE = /^\s*\d+: \w+:(\w{4}) \w+:(\w{4}) \w\w \S+ \S+ \S+\s+(\d+)/;

function peerUser({ remotePort, localPort }: Socket): number | undefined {
  for (const table of TABLES) {
    let text: string;
    try {
      text = readFileSync(table, 'utf8');
    } catch {
      continue; // no such table here: another system, or no IPv6
    }
    for (const line of text.split('\n')) {
      const [, own, other, user] = LINE.exec(line) ?? [];
      if (own === undefined || other === undefined) continue;
      if (Number.parseInt(own, 16) === remotePort && Number.parseInt(other, 16) === localPort)
        return Number(user);
    }
  }
  return undefined;
}
