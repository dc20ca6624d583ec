import { lstat, opendir, rm, unlink } from 'node:fs/promises';
import path from 'node:path';

/** Files that are removed together. */
const TOGETHER = 64;

/**
 * Removes a folder with all that is in it, and what is not there is no error. It may hold tens of thousands of files: Node's own `rm`
 * asks after all of a folder at once, for which the loop stands still. No link is followed.
 */
export async function removeTree(folder: string, options: { maxRetries?: number } = {}): Promise<void> {
  // What it could not reach is told by what follows.
  await empty(folder).catch(() => undefined);
  await rm(folder, { recursive: true, force: true, ...options });
}

async function empty(folder: string): Promise<void> {
  if (!(await lstat(folder)).isDirectory()) return;
  const folders: string[] = [];
  let files: string[] = [];
  for await (const entry of await opendir(folder, { bufferSize: TOGETHER })) {
    const at = path.join(folder, entry.name);
    if (entry.isDirectory()) folders.push(at);
    else files.push(at);
    if (files.length < TOGETHER) continue;
    await Promise.allSettled(files.map((file) => unlink(file)));
    files = [];
  }
  await Promise.allSettled(files.map((file) => unlink(file)));
  for (const inner of folders) await removeTree(inner).catch(() => undefined);
}
