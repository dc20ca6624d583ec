import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { systemCode } from '../errors/index.ts';

/**
 * Writes a file that only its user may read: whole or not at all, and on disk when this returns. False where it was there already and is
 * not to be replaced: of two that make it together one wins.
 */
export function writePrivate(file: string, text: string, { replace }: { replace: boolean }): boolean {
  const folder = path.dirname(file);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const fresh = `${file}.${randomUUID()}`;
  const fd = openSync(fresh, 'wx', 0o600);
  try {
    writeSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  if (replace) renameSync(fresh, file);
  else
    try {
      linkSync(fresh, file);
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
      return false;
    } finally {
      unlinkSync(fresh);
    }
  const at = openSync(folder, 'r');
  try {
    fsyncSync(at);
  } finally {
    closeSync(at);
  }
  return true;
}
