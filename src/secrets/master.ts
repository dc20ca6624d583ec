import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { conflict } from '../platform/errors/index.ts';
import { writePrivate } from '../platform/files/index.ts';

/** The master keys of a server, in a file that only its user may read: the newest first, and while they are rotated the one before. */
export interface Masters {
  /** The key that seals; made at first use. */
  newest(): { name: string; key: Buffer };
  /** Undefined where it is not here. */
  find(name: string): Buffer | undefined;
  /** Makes one more, the newest from then on. */
  add(): { name: string; key: Buffer };
  /** Forgets all but the newest. */
  prune(): void;
}

const HEAD = 'treadle secrets key 1';

const nameOf = (key: Uint8Array): string => createHash('sha256').update(key).digest('hex').slice(0, 16);

export function openMasters(file: string): Masters {
  let keys = readMasters(file);
  const keep = (next: Buffer[]): void => {
    // Of two servers that make the first key together one wins: what the other sealed with its own nobody could open.
    const ours = writePrivate(file, textOf(next), { replace: keys.length > 0 });
    keys = ours ? next : readMasters(file);
  };
  const named = (key: Buffer) => ({ name: nameOf(key), key });
  const add = (): { name: string; key: Buffer } => {
    keep([randomBytes(32), ...keys]);
    return named(keys[0]!);
  };
  return {
    newest: () => (keys[0] ? named(keys[0]) : add()),
    find: (name) => keys.find((key) => nameOf(key) === name),
    add,
    prune: () => keep(keys.slice(0, 1)),
  };
}

/** None where there is no file. */
export function readMasters(file: string): Buffer[] {
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found) return [];
  if (process.platform !== 'win32' && (found.mode & 0o077) !== 0)
    throw wrong(`the key of secrets ${file} can be read by others on this machine`, `chmod 600 ${file}`);
  const [head, ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n');
  const keys = lines.map((line) => Buffer.from(line, 'base64'));
  if (head !== HEAD || keys.length === 0 || keys.some(({ length }) => length !== 32))
    throw wrong(`the key of secrets ${file} cannot be read`, 'put it back from where you keep a copy of it');
  return keys;
}

export const namesOf = (keys: readonly Buffer[]): string[] => keys.map(nameOf);

const wrong = (message: string, hint: string): Error =>
  conflict(message, { code: 'wrong-secrets-key', hint });

const textOf = (keys: readonly Buffer[]): string =>
  `${[HEAD, ...keys.map((key) => key.toString('base64'))].join('\n')}\n`;
