import { mkdirSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import path from 'node:path';
import { createTurns } from '../../platform/aside/index.ts';
import type { BlobStore } from '../../platform/blobs/index.ts';
import { TreadleError } from '../../platform/errors/index.ts';
import { removeTree } from '../../platform/files/index.ts';

/** A file of ours to be put into a step's folder. `path` was checked when it came in. */
export interface Placed {
  path: string;
  hash: string;
  executable?: boolean;
}

const AT_ONCE = 16;

/** Writes blobs under a folder, read-only: a step that changes its own code or inputs fails instead of spoiling a result. */
export async function placeFiles(blobs: BlobStore, folder: string, files: readonly Placed[]): Promise<void> {
  const turns = createTurns();
  const made = new Set<string>();
  for (const file of files) {
    const one = path.dirname(inside(folder, file.path));
    if (!made.has(one)) mkdirSync(one, { recursive: true });
    made.add(one);
    const due = turns();
    if (due) await due;
  }
  const queue = files.values();
  const worker = async (): Promise<void> => {
    for (const file of queue) {
      const to = inside(folder, file.path);
      await blobs.materialise(file.hash, to, { mode: file.executable === true ? 0o555 : 0o444 });
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, files.length) }, worker));
}

/** Belt and braces: no name that was let in may lead out. */
export function inside(folder: string, name: string): string {
  const to = path.join(folder, name);
  if (!to.startsWith(folder + path.sep))
    throw new TreadleError('invalid', `'${name}' leads out of the step's folder`);
  return to;
}

/** Removes a step's folder, whatever the step did to the rights in it. */
export async function removeFolder(folder: string): Promise<void> {
  try {
    await removeTree(folder);
  } catch {
    await chmod(folder, 0o700).catch(() => undefined);
    await removeTree(folder, { maxRetries: 3 });
  }
}
