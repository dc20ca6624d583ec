import { copyFile, mkdir, open, readdir, rename, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { Type, type Static } from 'typebox';
import { hashFile, lookOf, syncDirectory } from '../platform/blobs/index.ts';
import { systemCode } from '../platform/errors/index.ts';

/** A file beside the blobs that a room keeps in the data folder: whole once it has its name, and never changed afterwards. */
export const KeptFile = Type.Object({
  /** From the data folder, with slashes. */
  file: Type.String({ pattern: '^[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$' }),
  bytes: Type.Integer({ minimum: 0 }),
  /** BLAKE3. */
  hash: Type.String(),
  /** How the copy looked when it was done (`lookOf`). Earlier versions wrote none. */
  look: Type.Optional(Type.String()),
});
export type KeptFile = Static<typeof KeptFile>;

/** Names of files that are still being written end so. */
const UNFINISHED = '.part';

/** All whole files of these folders of `root`. */
export async function listKept(root: string, folders: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const folder of folders) {
    const entries = await readdir(path.join(root, folder), { recursive: true, withFileTypes: true }).catch(
      (error: unknown) => {
        if (isGone(error)) return [];
        throw error;
      },
    );
    for (const entry of entries)
      if (entry.isFile() && !entry.name.endsWith(UNFINISHED))
        found.push(path.relative(root, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'));
  }
  return found.toSorted();
}

/** Copies a file to disk under its name, all of it or nothing; undefined where it is gone from `from`. */
export async function copyKept(from: string, to: string, file: string): Promise<KeptFile | undefined> {
  const target = path.join(to, file);
  const draft = `${target}${UNFINISHED}`;
  await mkdir(path.dirname(target), { recursive: true, mode: 0o700 });
  try {
    await copyFile(path.join(from, file), draft);
  } catch (error) {
    if (isGone(error)) return undefined; // its time was over meanwhile
    throw error;
  }
  const handle = await open(draft, 'r');
  try {
    await handle.sync();
    const { size } = await handle.stat();
    const kept = { file, bytes: size, hash: await hashFile(draft) };
    await rename(draft, target);
    await syncDirectory(path.dirname(target));
    const now = await lookOf(target);
    return now ? { ...kept, look: now.look } : kept;
  } finally {
    await handle.close();
  }
}

/** Whether an earlier copy is there still; it is read where it looks otherwise than then, or when everything is to be. */
export async function isWhole(
  root: string,
  { file, bytes, hash, look }: KeptFile,
  read: boolean,
): Promise<boolean> {
  const place = path.join(root, file);
  const now = await lookOf(place);
  if (now?.size !== bytes) return false;
  return (!read && now.look === look) || (await hashFile(place).catch(() => undefined)) === hash;
}

/** Removes what a folder has besides these, and folders that are empty then. */
export async function dropOthers(
  root: string,
  folders: readonly string[],
  kept: ReadonlySet<string>,
): Promise<void> {
  const parents = new Set<string>();
  for (const file of await listKept(root, folders)) {
    if (kept.has(file)) continue;
    await rm(path.join(root, file), { force: true });
    parents.add(path.dirname(path.join(root, file)));
  }
  for (const parent of parents) await rmdir(parent).catch(() => undefined); // not empty
}

const isGone = (error: unknown): boolean => systemCode(error) === 'ENOENT';
