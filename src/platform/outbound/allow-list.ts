import { BlockList, isIP } from 'node:net';
import { invalid } from '../errors/index.ts';

/** What an admin opened besides the public internet: `hooks.corp:8443`, `10.1.0.0/16`, `192.168.7.9:9000`. */
export interface AllowList {
  /** By the name as it stands in the URL; the port must be named unless it is open anyway. */
  host(name: string, port: number): boolean;
  address(address: string, port: number): boolean;
}

/** Each entry is a host name, an address or a range, with `:port` where it is not 80, 443, 8080 or 8443. */
export function parseAllowList(entries: readonly string[]): AllowList {
  const hosts: Array<{ name: string; port: number | undefined }> = [];
  const ranges: Array<{ list: BlockList; port: number | undefined }> = [];
  for (const entry of entries) {
    const match = /^(?:\[([^\]]+)\]|([^:/[\]]+|[0-9a-f]*:[0-9a-f:.]*))(?:\/(\d{1,3}))?(?::(\d{1,5}))?$/i.exec(
      entry.trim(),
    );
    const name = (match?.[1] ?? match?.[2])?.toLowerCase();
    const port = match?.[4] === undefined ? undefined : Number(match[4]);
    const version = name === undefined ? 0 : isIP(name);
    const prefix = match?.[3] === undefined ? undefined : Number(match[3]);
    const longest = version === 4 ? 32 : version === 6 ? 128 : 0;
    if (
      name === undefined ||
      (prefix ?? 0) > longest ||
      (port ?? 1) < 1 ||
      (port ?? 1) > 65_535 ||
      (version === 0 && !/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name))
    ) {
      throw invalid(`'${entry}' is not a host, an address or a range`, {
        field: 'allow-outbound',
        hint: 'write hooks.corp:8443, 10.1.0.0/16 or [fd00::1]:9000',
      });
    }
    if (version === 0) {
      hosts.push({ name, port });
    } else {
      const list = new BlockList();
      list.addSubnet(name, prefix ?? longest, version === 4 ? 'ipv4' : 'ipv6');
      ranges.push({ list, port });
    }
  }
  const fits = (wanted: number | undefined, port: number): boolean =>
    wanted === undefined ? OPEN_PORTS.has(port) : wanted === port;
  return {
    host: (name, port) => hosts.some((host) => host.name === name.toLowerCase() && fits(host.port, port)),
    address: (address, port) =>
      ranges.some(
        ({ list, port: wanted }) =>
          fits(wanted, port) && list.check(address, address.includes(':') ? 'ipv6' : 'ipv4'),
      ),
  };
}

/** Ports on which web services are expected; any other is somebody's internal service. */
export const OPEN_PORTS: ReadonlySet<number> = new Set([80, 443, 8080, 8443]);
/** Ports of mail servers: relay, submission, and submission that is encrypted from the first byte on. */
export const MAIL_PORTS: ReadonlySet<number> = new Set([25, 465, 587]);
