import { createReadStream, createWriteStream } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { syncDirectory } from './sync-directory.ts';

/** Copies what lies behind a place in a file; when this returns, the copy is on disk. */
export async function copyTail(file: string, from: number, to: string): Promise<void> {
  await pipeline(
    createReadStream(file, { start: from }),
    createWriteStream(to, { mode: 0o600, flush: true }),
  );
  await syncDirectory(path.dirname(to));
}
