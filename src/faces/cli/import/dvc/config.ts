import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { withoutSecrets } from '../names.ts';

/** What `.dvc/config` and `.dvc/config.local` say of where objects are. */
export interface DvcConfig {
  /** Folders with objects: the cache, and remotes on this machine. */
  folders: string[];
  /** Remotes that answer over HTTP. */
  servers: Array<{ url: string; headers: Record<string, string> }>;
  /** Remotes that only DVC's own client reads: their names and addresses. */
  others: string[];
}

type Sections = Map<string, Map<string, string>>;

/** `.dvc/config`, or what Git has of it, and over it `.dvc/config.local`, which Git does not keep. */
export function readConfig(root: string, kept: string | undefined): DvcConfig {
  const sections: Sections = new Map();
  const read = (name: string): string | undefined => {
    const file = path.join(root, '.dvc', name);
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  };
  for (const text of [read('config') ?? kept, read('config.local')])
    if (text !== undefined) readInto(sections, text);
  const base = path.join(root, '.dvc');
  const cache = sections.get('cache')?.get('dir');
  const found: DvcConfig = {
    folders: [cache === undefined ? path.join(base, 'cache') : placeOf(base, cache)],
    servers: [],
    others: [],
  };
  for (const [section, remote] of sections) {
    const name = /^remote "(.*)"$/.exec(section)?.[1];
    const url = remote.get('url');
    if (name === undefined || url === undefined) continue;
    if (/^https?:\/\//i.test(url))
      found.servers.push({ url: url.replace(/\/+$/, ''), headers: headersOf(remote) });
    else if (/^[a-z][a-z0-9+.-]+:\/\//i.test(url) && !url.startsWith('file://'))
      found.others.push(`${name} (${withoutSecrets(url)})`);
    else found.folders.push(placeOf(base, url.replace(/^file:\/\//, '')));
  }
  return found;
}

const placeOf = (base: string, place: string): string =>
  path.resolve(base, place.replace(/^~(?=\/|$)/, homedir()));

/** As DVC's own client signs in. */
function headersOf(remote: ReadonlyMap<string, string>): Record<string, string> {
  const [user, password, header] = ['user', 'password', 'custom_auth_header'].map((key) => remote.get(key));
  if (password === undefined) return {};
  if (remote.get('auth') === 'basic' && user !== undefined)
    return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
  return remote.get('auth') === 'custom' && header !== undefined ? { [header]: password } : {};
}

/** DVC writes its sections as `['remote "name"']`. */
function readInto(sections: Sections, text: string): void {
  let section = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const head = /^\s*\[\s*'?(.*?)'?\s*\]\s*$/.exec(line)?.[1];
    if (head !== undefined) {
      section = sections.get(head) ?? new Map<string, string>();
      sections.set(head, section);
      continue;
    }
    const [, key, value] = /^\s*([A-Za-z_]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) section.set(key, value.replace(/^(["'])(.*)\1$/, '$2'));
  }
}
