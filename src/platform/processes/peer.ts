import { readFile } from 'node:fs/promises';
import type { Users } from './isolate.ts';

/**
 * How much of the event loop looking may take: after a look, so many times as long as it took pass before the next, up to so many
 * ms that nobody notices.
 */
const REST = 20;
const LONGEST_REST = 100;
const NOBODY = -1;
const TABLES = [
  { file: '/proc/net/tcp', address: 8 },
  { file: '/proc/net/tcp6', address: 32 },
];
/** Of a line: state, user and inode, after both addresses. */
const REST_OF_LINE = /^ (\w\w) \S+ \S+ \S+ +(\d+) +\d+ (\d+)/;

/** As far as a connection tells of itself. */
interface Ends {
  readonly remotePort?: number | undefined;
  readonly localPort?: number | undefined;
}

/** Texts of the kernel's tables of connections, IPv4 and IPv6; undefined where there is no such table. */
export type ReadTables = () => Promise<Array<string | undefined>>;

/**
 * Whether the other end of a connection is a process behind our walls: it shares the machine's loopback with its owner, but not the
 * user. Told by the kernel's table of connections, once a connection; all that ask at the same time share a look, because the table
 * is as long as the machine has connections. Where walls change no user nobody can be told apart.
 *
 * One whose other end is closed already belongs to no user any more, whoever sent the request: it counts as behind the walls.
 */
export function createPeers(
  users: Users | undefined,
  readTables: ReadTables = readKernel,
): (socket: Ends) => Promise<boolean> {
  const known = new WeakMap<Ends, Promise<boolean>>();
  let waiting: Array<{ key: string; resolve(users: readonly number[]): void }> = [];
  let looking = false;
  let rested = 0;

  async function look(): Promise<void> {
    if (looking) return;
    looking = true;
    while (waiting.length > 0) {
      const pause = rested - performance.now();
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
      const asked = waiting;
      waiting = [];
      // In threads of the pool: the kernel takes long to write a long table.
      const tables = await readTables();
      const began = performance.now();
      const found = usersOf(tables, new Set(asked.map(({ key }) => key)));
      // Without any table nobody can be told apart: another system.
      const none = tables.every((table) => table === undefined) ? [NOBODY] : [];
      for (const { key, resolve } of asked) resolve(found.get(key) ?? none);
      const now = performance.now();
      rested = now + Math.min(LONGEST_REST, REST * (now - began));
    }
    looking = false;
  }

  return (socket) => {
    if (users === undefined) return Promise.resolve(false);
    const before = known.get(socket);
    if (before !== undefined) return before;
    const { remotePort = 0, localPort = 0 } = socket;
    const behind = (user: number): boolean => user >= users.first && user < users.first + users.count;
    const walled = new Promise<readonly number[]>((resolve) => {
      waiting.push({ key: hex(remotePort) + hex(localPort), resolve });
      void look();
      // Of two with equal ports, on two addresses, either may have sent the request.
    }).then((all) => all.length === 0 || all.some(behind));
    known.set(socket, walled);
    return walled;
  };
}

const hex = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0');

const readKernel: ReadTables = () =>
  Promise.all(TABLES.map(({ file }) => readFile(file, 'latin1').catch(() => undefined)));

/** By the ports of both ends; only those that still are a process's own. */
function usersOf(
  tables: ReadonlyArray<string | undefined>,
  keys: ReadonlySet<string>,
): Map<string, number[]> {
  const found = new Map<string, number[]>();
  tables.forEach((text, index) => {
    if (text === undefined) return;
    const { address } = TABLES[index]!;
    // Each line: `  12: <address>:<port> <address>:<port> <state> …`.
    for (
      let line = text.indexOf('\n') + 1;
      line > 0 && line < text.length;
      line = text.indexOf('\n', line) + 1
    ) {
      const own = text.indexOf(': ', line) + 2 + address + 1;
      const other = own + 4 + 1 + address + 1;
      const key = text.slice(own, own + 4) + text.slice(other, other + 4);
      if (!keys.has(key)) continue;
      const [, state, user, inode] = REST_OF_LINE.exec(text.slice(other + 4, other + 200)) ?? [];
      if (state === undefined) continue;
      // Established or half closed, a process still holds it; later on only where it has an inode.
      if (state === '01' || state === '08' || inode !== '0')
        found.set(key, [...(found.get(key) ?? []), Number(user)]);
    }
  });
  return found;
}
