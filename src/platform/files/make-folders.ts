import { existsSync, mkdirSync, statSync } from 'node:fs';
import path from 'node:path';

/**
 * Makes a folder and what is not there of the way to it, and says which was the first that it made; undefined where all of it was
 * there. For every folder that a person names: Node's own `recursive` tries for ever, and is not to be stopped, where a system says
 * ENOENT of a folder whose parent is there, as Linux does in /proc.
 */
export function makeFolders(folder: string, mode?: number): string | undefined {
  const at = path.resolve(folder);
  try {
    mkdirSync(at, { mode });
    return at;
  } catch (error) {
    if (statSync(at, { throwIfNoEntry: false })?.isDirectory()) return undefined;
    const parent = path.dirname(at);
    if (existsSync(at) || existsSync(parent) || parent === at) throw error;
    const first = makeFolders(parent, mode);
    const last = makeFolders(at, mode);
    return first ?? last;
  }
}
