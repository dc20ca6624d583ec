// A stamp says what a piece of set-up was made from, by content; equal content means that the work is done already.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setupDir } from './place.mjs';

/** Hash of strings; `undefined` (a missing file) counts as a value of its own. */
export function digest(...parts) {
  const hash = createHash('sha256');
  for (const part of parts)
    hash.update(part === undefined ? 'absent\0' : `${part.length}:`).update(part ?? '');
  return hash.digest('hex');
}

export const content = (path) => (existsSync(path) ? readFileSync(path) : undefined);

/** Hash of all files below a folder that `wanted` accepts: paths and contents. */
export function digestFolder(folder, wanted = () => true) {
  if (!existsSync(folder)) return digest(undefined);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .filter((path) => wanted(path))
    .sort();
  return digest(...files.flatMap((path) => [path.slice(folder.length), readFileSync(path)]));
}

const stampPath = (name) => join(setupDir, `${name}.stamp`);
export const isStamped = (name, value) => content(stampPath(name))?.toString() === value;
export function stamp(name, value) {
  mkdirSync(setupDir, { recursive: true });
  writeFileSync(stampPath(name), value);
}
/** Removed before work starts: work that was broken off must not look finished. */
export const unstamp = (name) => rmSync(stampPath(name), { force: true });
