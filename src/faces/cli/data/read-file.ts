import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { Blake3Hasher, blake3 } from '@napi-rs/blake-hash';
import { quoted } from '../../../data/contract.ts';
import { invalid } from '../../../platform/errors/index.ts';
import { changed, type Found } from './scan.ts';

/** Larger files are hashed and sent in pieces, and by a request of their own. */
export const LARGE = 4 * 1024 * 1024;

/** A small file's bytes, proven to be one state of it: same size and times before and after. */
export function readSmall(found: Found): { bytes: Buffer; hash: string } {
  return opened(found, (fd) => {
    const bytes = Buffer.allocUnsafe(found.size);
    fill(fd, bytes, found);
    return { bytes, hash: blake3(bytes).toString('hex') };
  });
}

/** The hash of a large file; `step` hears of each piece. */
export function hashLarge(found: Found, step: (bytes: number) => void): string {
  return opened(found, (fd) => {
    const hasher = new Blake3Hasher();
    const buffer = Buffer.allocUnsafe(4 * 1024 * 1024);
    for (let left = found.size; left > 0;) {
      const piece = buffer.subarray(0, Math.min(left, buffer.length));
      fill(fd, piece, found);
      hasher.update(piece);
      step(piece.length);
      left -= piece.length;
    }
    return hasher.digest('hex');
  });
}

function opened<T>(found: Found, read: (fd: number) => T): T {
  let fd: number;
  try {
    fd = openSync(found.file, 'r');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') throw changed(found.path, 'it is gone');
    throw invalid(
      `the file ${quoted(found.path)} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      {
        field: 'path',
        hint: 'check its rights',
        cause: error,
      },
    );
  }
  try {
    same(fd, found);
    const result = read(fd);
    same(fd, found);
    return result;
  } finally {
    closeSync(fd);
  }
}

function same(fd: number, found: Found): void {
  const now = fstatSync(fd, { bigint: true });
  if (Number(now.size) !== found.size)
    throw changed(found.path, `it had ${found.size} bytes and now has ${now.size}`);
  if (now.ino !== found.inode) throw changed(found.path, 'another file took its place');
  if (now.mtimeNs !== found.mtime) throw changed(found.path, 'it was written to');
}

function fill(fd: number, bytes: Buffer, found: Found): void {
  for (let done = 0; done < bytes.length;) {
    const n = readSync(fd, bytes, done, bytes.length - done, null);
    if (n === 0) throw changed(found.path, 'it became shorter');
    done += n;
  }
}
