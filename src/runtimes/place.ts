import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
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
 * there whole, so a folder that is there is complete, also after a crash.
 */
export async function placeFiles(ctx: Ctx, root: string, files: readonly PlacedFile[]): Promise<string> {
  for (const file of files) checkName(file.path);
  const folder = path.join(root, digestOf(files));
  if (existsSync(folder)) return folder;
  const fresh = path.join(root, `.new-${newId()}`);
  await mkdir(fresh, { recursive: true, mode: 0o700 });
  try {
    for (const file of files) {
      const at = path.join(fresh, file.path);
      await mkdir(path.dirname(at), { recursive: true });
      await ctx.blobs.materialise(file.digest, at, { link: true, mode: 0o444 });
    }
    await rename(fresh, folder);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    // Somebody else was quicker with the same files.
    if (!existsSync(folder)) throw error;
  }
  return folder;
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
