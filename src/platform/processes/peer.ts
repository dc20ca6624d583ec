import { readFile } from 'node:fs/promises';
import { isIPv4, isIPv6 } from 'node:net';
import { endianness } from 'node:os';
import type { Users } from './isolate.ts';

/**
 * How much of the event loop looking may take: after a look, so many times as long as it took pass before the next, up to so many
 * ms that nobody notices.
 */
const REST = 20;
const LONGEST_REST = 100;
const NOBODY = -1;
/** Of a line: state, user and inode, after both addresses. */
const REST_OF_LINE = /^ (\w\w) \S+ \S+ \S+ +(\d+) +\d+ (\d+)/;
/** Letters of both ends in a line of each table. */
const NAME = { tcp: 2 * (8 + 5) + 1, tcp6: 2 * (32 + 5) + 1 };
/** Bytes before an IPv4 address in IPv6. */
const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/** As far as a connection tells of itself. */
interface Ends {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
}

/** Text of one of the kernel's tables of connections; undefined where there is no such table. */
export type ReadTable = (table: 'tcp' | 'tcp6') => Promise<string | undefined>;

interface Waiting {
  /** As the table of IPv4 names both ends, from the other one's side; undefined where an address is one of IPv6 alone. */
  readonly tcp: string | undefined;
  /** Empty where the connection has no address any more: it ended, and nobody holds it. */
  readonly tcp6: string;
  resolve(users: readonly number[]): void;
}

/**
 * Whether the other end of a connection is a process behind our walls: it shares the machine's loopback with its owner, but not the
 * user. Told by the kernel's table of connections, once a connection; all that ask at the same time share a look, because the table
 * is as long as the machine has connections. Where walls change no user nobody can be told apart.
 *
 * One whose other end is closed already belongs to no user any more, whoever sent the request: it counts as behind the walls.
 */
export function createPeers(
  users: Users | undefined,
  readTable: ReadTable = readKernel,
): (socket: Ends) => Promise<boolean> {
  const known = new WeakMap<Ends, Promise<boolean>>();
  let waiting: Waiting[] = [];
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
      let took = 0;
      const find = async (
        table: 'tcp' | 'tcp6',
        keyOf: (one: Waiting) => string | undefined,
        of: Waiting[],
      ): Promise<Waiting[]> => {
        if (of.length === 0) return [];
        // In threads of the pool: the kernel takes 10 ms and more to write a table, however short, where there is much memory.
        const text = await readTable(table);
        const began = performance.now();
        const found = usersOf(text ?? '', new Set(of.map(keyOf)), NAME[table]);
        const left: Waiting[] = [];
        for (const one of of) {
          const users = found.get(keyOf(one) ?? '');
          if (users !== undefined) one.resolve(users);
          // Without its table nobody can be told apart: another system.
          else if (text === undefined && one.tcp6 !== '' && (table === 'tcp' || one.tcp === undefined))
            one.resolve([NOBODY]);
          else left.push(one);
        }
        took += performance.now() - began;
        return left;
      };
      // Both ends are named in full, so what one table has the other has not: nearly all are found in the first.
      const ofV4 = asked.filter(({ tcp }) => tcp !== undefined);
      const notThere = await find('tcp', ({ tcp }) => tcp, ofV4);
      const ofV6 = asked.filter(({ tcp }) => tcp === undefined);
      const nowhere = await find('tcp6', ({ tcp6 }) => tcp6, [...ofV6, ...notThere]);
      for (const { resolve } of nowhere) resolve([]);
      const now = performance.now();
      rested = now + Math.min(LONGEST_REST, REST * took);
    }
    looking = false;
  }

  return (socket) => {
    if (users === undefined) return Promise.resolve(false);
    const before = known.get(socket);
    if (before !== undefined) return before;
    const behind = (user: number): boolean => user >= users.first && user < users.first + users.count;
    const walled = new Promise<readonly number[]>((resolve) => {
      waiting.push({ ...namesOf(socket), resolve });
      void look();
    }).then((all) => all.length === 0 || all.some(behind));
    known.set(socket, walled);
    return walled;
  };
}

/** How the kernel's tables name a connection, seen from its other end. */
function namesOf({ remoteAddress = '', remotePort = 0, localAddress = '', localPort = 0 }: Ends): {
  tcp: string | undefined;
  tcp6: string;
} {
  const [from, to] = [bytesOf(remoteAddress), bytesOf(localAddress)];
  const name = (one: readonly number[], other: readonly number[]): string =>
    `${hexWords(one)}:${hexPort(remotePort)} ${hexWords(other)}:${hexPort(localPort)}`;
  const v4 = (bytes: readonly number[]): boolean => MAPPED.every((byte, at) => bytes[at] === byte);
  return {
    tcp: v4(from) && v4(to) ? name(from.slice(12), to.slice(12)) : undefined,
    tcp6: from.length > 0 && to.length > 0 ? name(from, to) : '',
  };
}

/** Sixteen bytes of an address as Node writes it, IPv4 as it is mapped into IPv6; none of another text. */
function bytesOf(address: string): number[] {
  const v4 = address.replace(/^::ffff:/i, '');
  if (isIPv4(v4)) return [...MAPPED, ...v4.split('.').map(Number)];
  if (!isIPv6(address)) return [];
  // A zone (`%eth0`) is no part of it; an IPv4 form at its end is one of mapped addresses alone.
  const [head = '', tail] = address.split('%', 1)[0]!.split('::');
  const groups = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const [first, last] = [groups(head), groups(tail ?? '')];
  const between = Array.from({ length: 8 - first.length - last.length }, () => 0);
  return [...first, ...between, ...last].flatMap((group) => [group >> 8, group & 0xff]);
}

/** As the kernel writes addresses: words of 32 bits, each in the order of this machine. */
function hexWords(bytes: readonly number[]): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 4) {
    const word = bytes.slice(at, at + 4);
    for (const byte of endianness() === 'LE' ? word.toReversed() : word)
      text += byte.toString(16).toUpperCase().padStart(2, '0');
  }
  return text;
}

const hexPort = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0');

const readKernel: ReadTable = (table) => readFile(`/proc/net/${table}`, 'latin1').catch(() => undefined);

/** Users by connection; only of those that still are a process's own. */
function usersOf(text: string, keys: ReadonlySet<string | undefined>, length: number): Map<string, number[]> {
  const found = new Map<string, number[]>();
  // Each line: `  12: <address>:<port> <address>:<port> <state> …`.
  for (
    let line = text.indexOf('\n') + 1;
    line > 0 && line < text.length;
    line = text.indexOf('\n', line) + 1
  ) {
    const start = text.indexOf(': ', line) + 2;
    const key = text.slice(start, start + length);
    if (!keys.has(key)) continue;
    const [, state, user, inode] = REST_OF_LINE.exec(text.slice(start + length, start + length + 200)) ?? [];
    if (state === undefined) continue;
    // Established or half closed, a process still holds it; later on only where it has an inode.
    if (state === '01' || state === '08' || inode !== '0')
      found.set(key, [...(found.get(key) ?? []), Number(user)]);
  }
  return found;
}
