import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { messageOf } from './message.ts';

/** Where servers keep their things. What lies below is nobody's business who asks from outside. */
const PLACES = [
  process.cwd(),
  tmpdir(),
  home(),
  '/etc',
  '/home',
  '/mnt',
  '/opt',
  '/proc',
  '/root',
  '/srv',
  '/tmp',
  '/usr',
  '/var',
].filter((place) => place.length > 1);
const escaped = PLACES.map((place) => place.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
// Not after a letter, a slash or a colon: addresses and paths of the API stay as they are.
const BELOW = new RegExp(
  `(?<![\\w./:-])(?:${escaped.join('|')})(?:/[^\\s'"\`():,;<>|]*)?(?=$|[\\s'"\`():,;<>|])`,
  'g',
);

/** The message of anything that was thrown, for those who ask from outside: of files of this machine only their names are left. */
export function outwardMessageOf(thrown: unknown): string {
  let text = messageOf(thrown);
  if (typeof thrown === 'object' && thrown !== null)
    for (const field of ['path', 'dest'] as const) {
      const named: unknown = field in thrown ? (thrown as Record<string, unknown>)[field] : undefined;
      // Node's own errors say the file that they are about; it may lie anywhere.
      if (typeof named === 'string' && path.isAbsolute(named)) text = text.replaceAll(named, nameOf(named));
    }
  return withoutPlaces(text);
}

/** The same for words of a program: a traceback, a log line. */
export const withoutPlaces = (text: string): string => text.replaceAll(BELOW, nameOf);

const nameOf = (file: string): string => `…/${path.basename(file)}`;

/** None for a user without an entry, as isolated processes and many containers have. */
function home(): string {
  try {
    return homedir();
  } catch {
    return '';
  }
}
