import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, utimes } from 'node:fs/promises';
import path from 'node:path';
import type { ModelFile } from '../models/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { newId } from '../platform/ids/index.ts';
import { invalid } from '../platform/errors/index.ts';
import { isPlain } from './spec/describe.ts';

/** A file that is put into a model's folder: its path from the root there, and the blob. */
export type PlacedFile = Pick<ModelFile, 'path' | 'digest'>;

/** Equal exactly when the same paths hold the same bytes. */
export function digestOf(files: readonly PlacedFile[]): string {
  const hash = createHash('sha256');
  for (const { path: at, digest } of files.toSorted((a, b) => (a.path < b.path ? -1 : 1)))
    hash.update(`${at}\0${digest}\n`);
  return hash.digest('hex').slice(0, 40);
}

/**
 * The files as a folder of this machine, shared by all versions whose files are equal. It is built beside its place and moved
 * there whole, so a folder that is there is complete, also after a crash. The code of a model may have written into it: it is
 * checked before it is used again, and made anew when it holds anything else than its files.
 */
export async function placeFiles(ctx: Ctx, root: string, files: readonly PlacedFile[]): Promise<string> {
  for (const file of files) checkName(file.path);
  const folder = path.join(root, digestOf(files));
  if (existsSync(folder)) {
    // Who uses a folder says so by its date: gc removes those that nobody has used in a long time.
    await utimes(folder, new Date(), new Date());
    if (await holds(ctx, folder, files)) return folder;
    ctx.log.warn('a model’s folder was changed after it was made; it is made anew', { folder });
    await setAside(root, folder);
  }
  const fresh = path.join(root, `.new-${newId()}`);
  await mkdir(fresh, { recursive: true, mode: 0o700 });
  try {
    for (const file of files) {
      const at = path.join(fresh, file.path);
      await mkdir(path.dirname(at), { recursive: true });
      await ctx.blobs.materialise(file.digest, at, { mode: 0o444 });
    }
    await rename(fresh, folder);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    // Somebody else was quicker with the same files.
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

/** Exactly these files with exactly these bytes, and nothing beside them. */
async function holds(ctx: Ctx, folder: string, files: readonly PlacedFile[]): Promise<boolean> {
  const wanted = new Map(files.map((file) => [path.join(folder, file.path), file.digest]));
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const found = entries.filter((entry) => !entry.isDirectory());
  if (found.length !== wanted.size) return false;
  for (const entry of found) {
    const at = path.join(entry.parentPath, entry.name);
    const digest = wanted.get(at);
    if (digest === undefined || !entry.isFile() || !(await ctx.blobs.matches(digest, at))) return false;
  }
  return true;
}

/** Whoever still has files of it open keeps them. */
async function setAside(root: string, folder: string): Promise<void> {
  const aside = path.join(root, `.old-${newId()}`);
  // Somebody else may be doing the same.
  await rename(folder, aside).catch(() => undefined);
  await rm(aside, { recursive: true, force: true });
}

function checkName(name: string): void {
  // oxlint-disable-next-line no-control-regex
  if (!isPlain(name) || name.split('/').includes('.') || /[\x00-\x1f\x7f]/.test(name))
    throw invalid(
      `the model has a file of a name that cannot be placed: ${JSON.stringify(name.slice(0, 200))}`,
      {
        field: 'version',
        hint: 'name files without .., backslashes and control characters, and register the model again',
      },
    );
}
