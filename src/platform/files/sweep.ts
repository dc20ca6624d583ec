import { randomUUID } from 'node:crypto';
import { lstat, readdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { removeTree } from './remove-tree.ts';

export interface Swept {
  folders: number;
  bytes: number;
}

/**
 * Removes the folders in a folder that nobody keeps and nobody has used since a moment; who uses one says so by its date. One that
 * is taken up in the very moment stays.
 */
export async function sweepFolders(
  root: string,
  keeps: (name: string) => boolean,
  before: number,
  dryRun: boolean,
): Promise<Swept> {
  const swept: Swept = { folders: 0, bytes: 0 };
  for (const entry of await readdir(root, { withFileTypes: true }).catch(() => [])) {
    const at = path.join(root, entry.name);
    if (!entry.isDirectory() || keeps(entry.name)) continue;
    if ((await usedAt(at)) > before) continue;
    const bytes = await sizeOf(at);
    if (!dryRun) {
      const aside = path.join(root, `.old-${randomUUID()}`);
      await rename(at, aside);
      if ((await usedAt(aside)) > before) {
        await rename(aside, at);
        continue;
      }
      await removeTree(aside);
    }
    swept.folders++;
    swept.bytes += bytes;
  }
  return swept;
}

const usedAt = async (at: string): Promise<number> => (await lstat(at)).mtimeMs;

async function sizeOf(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])) {
    if (!entry.isFile()) continue;
    const found = await lstat(path.join(entry.parentPath, entry.name)).catch(() => undefined);
    bytes += found?.size ?? 0;
  }
  return bytes;
}
