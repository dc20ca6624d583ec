import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** Ranges that are not the public internet (IANA special-purpose registries, RFC 6890 and updates). */
const CLOSED_4 = [
  '0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24',
  '192.0.2.0/24', '192.31.196.0/24', '192.52.193.0/24', '192.88.99.0/24', '192.168.0.0/16', '192.175.48.0/24',
  '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4',
]; // prettier-ignore
/** Within the one block that is handed out for the public internet, 2000::/3, what is not. Everything outside it is closed. */
const CLOSED_6 = ['2001::/23', '2001:db8::/32', '2620:4f:8000::/48', '3fff::/20'];

const closed4 = listOf(CLOSED_4);
const closed6 = listOf(CLOSED_6);

/**
 * Whether an address belongs to the public internet. Addresses that carry an IPv4 address inside (mapped, compatible,
 * NAT64, 6to4, Teredo, ISATAP) are judged by what they carry.
 */
export function isPublic(address: string): boolean {
  if (isIPv4(address)) return !closed4.check(address, 'ipv4');
  const groups = groupsOf(address);
  if (!groups) return false;
  const carried = carriedIPv4(groups);
  if (carried.length > 0) return carried.every((inner) => !closed4.check(inner, 'ipv4'));
  const global = groups[0]! >= 0x2000 && groups[0]! <= 0x3fff;
  return global && !closed6.check(address, 'ipv6');
}

/** The IPv4 addresses an IPv6 address leads to through a translator or tunnel. */
export function carriedIPv4(groups: readonly number[]): string[] {
  const [a, b, c, d, e, f, g, h] = groups as [number, number, number, number, number, number, number, number];
  const v4 = (high: number, low: number): string => `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
  const zero = (...parts: number[]): boolean => parts.every((part) => part === 0);
  // ::ffff:a.b.c.d, ::ffff:0:a.b.c.d and ::a.b.c.d; `::` and `::1` come out as 0.0.0.0 and 0.0.0.1, both closed.
  if (zero(a, b, c, d) && ((e === 0 && (f === 0xffff || f === 0)) || (e === 0xffff && f === 0)))
    return [v4(g, h)];
  if (a === 0x64 && b === 0xff9b) return [v4(g, h)]; // NAT64, the well-known and the local prefix
  if (a === 0x2002) return [v4(b, c)]; // 6to4
  if (a === 0x2001 && b === 0) return [v4(c, d), v4(g ^ 0xffff, h ^ 0xffff)]; // Teredo: its server and its client
  if ((e === 0 || e === 0x200) && f === 0x5efe) return [v4(g, h)]; // ISATAP
  return [];
}

/** The eight groups of an IPv6 address; undefined for anything else, zone identifiers included. */
export function groupsOf(address: string): number[] | undefined {
  if (!isIPv6(address) || address.includes('%')) return undefined;
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const text = dotted
    ? `${dotted[1]}${((Number(dotted[2]) << 8) | Number(dotted[3])).toString(16)}:${((Number(dotted[4]) << 8) | Number(dotted[5])).toString(16)}`
    : address;
  const [left = '', right] = text.split('::');
  const parse = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const [start, end] = [parse(left), right === undefined ? [] : parse(right)];
  return [...start, ...Array.from({ length: 8 - start.length - end.length }, () => 0), ...end];
}

function listOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [net = '', prefix = ''] = range.split('/');
    list.addSubnet(net, Number(prefix), net.includes(':') ? 'ipv6' : 'ipv4');
  }
  return list;
}
