import { createHash } from 'node:crypto';

/** Keys of metrics, params and tags that the server takes, as `tracking/limits.ts` says. */
const FORM = /^[/\p{L}\p{N}_.\- :]+$/u;
const MOST = 250;

const isPlain = (key: string): boolean =>
  FORM.test(key) &&
  key.length <= MOST &&
  key.split('/').every((part) => part !== '' && part !== '.' && part !== '..') &&
  !key.startsWith('..');

/** Gives each foreign key one of ours, the same one where it may stay, and never one to two. */
export function createNames(): (key: string) => string {
  const given = new Map<string, string>();
  const taken = new Set<string>();
  return (key) => {
    const known = given.get(key);
    if (known !== undefined) return known;
    let name = isPlain(key) ? key : plain(key);
    // The key that is taken may be one that was spelled so from the start.
    if (taken.has(name)) name = `${start(name)}-${short(key)}`;
    given.set(key, name);
    taken.add(name);
    return name;
  };
}

function plain(key: string): string {
  const parts = key
    .replaceAll(/[^/\p{L}\p{N}_.\- :]/gu, '_')
    .split('/')
    .filter((part) => part !== '')
    .map((part) => (part === '.' || part === '..' ? part.replaceAll('.', '_') : part));
  const name = parts.join('/').replace(/^\.\./, '__') || '_';
  return name.length <= MOST ? name : `${start(name)}-${short(key)}`;
}

/** Without half of a character at its end. */
const start = (name: string): string => name.slice(0, MOST - 9).replace(/[\uD800-\uDBFF]$/, '');

const short = (key: string): string => createHash('sha256').update(key).digest('hex').slice(0, 8);

/** An address as people may see it: without name and password, and without what follows a question mark, where a database takes them, too. */
export function withoutSecrets(address: string): string {
  try {
    const url = new URL(address);
    if (url.username === '' && url.password === '' && url.search === '') return address;
    url.username = '';
    url.password = '';
    url.search = '';
    return url.href;
  } catch {
    return address.replace(/\/\/.*@/, '//').replace(/\?.*$/, '');
  }
}
