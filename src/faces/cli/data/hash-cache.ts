import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { blake3 } from '@napi-rs/blake-hash';
import type { Found } from './scan.ts';

/**
 * Remembers the hashes of files by size, times and inode, as git's index does, so that an unchanged directory
 * is not read again. A cache only: losing it costs time, and whatever looks odd in it counts as absent.
 */
export interface HashCache {
  get(found: Found): string | undefined;
  set(found: Found, hash: string): void;
  save(): void;
}

/** A file that was written to so shortly before it was read could be written to again within one tick of its clock. */
const RACY = 2_000_000_000n;
const MARK = 'treadle-hashes 1';

export function openHashCache(
  root: string,
  env: NodeJS.ProcessEnv = process.env,
  now: () => bigint = () => BigInt(Date.now()) * 1_000_000n,
): HashCache {
  const folder = path.join(env['XDG_CACHE_HOME'] || path.join(homedir(), '.cache'), 'treadle', 'hashes');
  const file = path.join(folder, blake3(root).toString('hex').slice(0, 32));
  const known = load(file);
  const fresh = new Map<string, string>();
  const started = now();
  return {
    get(found) {
      const hash = known.get(key(found));
      if (hash !== undefined) fresh.set(key(found), hash);
      return hash;
    },
    set(found, hash) {
      const latest = found.mtime > found.ctime ? found.mtime : found.ctime;
      if (started - latest > RACY) fresh.set(key(found), hash);
    },
    save() {
      // Only what this directory holds now is kept, so the file does not grow for ever.
      const lines = [...fresh].map(([of, hash]) => `${hash} ${of}\n`);
      try {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        const temp = `${file}.${process.pid}`;
        writeFileSync(temp, `${MARK}\n${lines.join('')}`, { mode: 0o600 });
        renameSync(temp, file);
      } catch {
        // A home that cannot be written to has no cache.
      }
    },
  };
}

const key = ({ path: name, size, mtime, ctime, inode }: Found): string =>
  `${size} ${mtime} ${ctime} ${inode} ${name}`;

function load(file: string): Map<string, string> {
  const known = new Map<string, string>();
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return known;
  }
  const [mark, ...lines] = text.split('\n');
  if (mark !== MARK) return known;
  for (const line of lines) if (/^[0-9a-f]{64} /.test(line)) known.set(line.slice(65), line.slice(0, 64));
  return known;
}
