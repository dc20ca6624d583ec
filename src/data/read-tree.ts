import type { Ctx } from '../platform/ctx/index.ts';
import { parseDirectory, type Directory, type TreeFile, type TreeNode } from './tree.ts';

const DIRECTORY_BYTES = 512 * 1024 * 1024;

export const readObject = (ctx: Ctx, hash: string): Promise<Buffer> => ctx.blobs.read(hash, DIRECTORY_BYTES);

export const readDirectory = async (ctx: Ctx, hash: string): Promise<Directory> =>
  parseDirectory(await readObject(ctx, hash));

/** All entries of one directory, part by part. */
export async function* entriesOf(ctx: Ctx, hash: string): AsyncGenerator<TreeNode> {
  const directory = await readDirectory(ctx, hash);
  if (directory.entries) return yield* directory.entries;
  for (const part of directory.parts) yield* entriesOf(ctx, part.hash);
}

/** Every file below a directory; whole subtrees within the first `skip` files are passed over unread. */
export async function* walk(ctx: Ctx, hash: string, prefix = '', skip = 0): AsyncGenerator<TreeFile> {
  const directory = await readDirectory(ctx, hash);
  let left = skip;
  if (directory.parts) {
    for (const part of directory.parts) {
      if (left >= part.files) left -= part.files;
      else {
        yield* walk(ctx, part.hash, prefix, left);
        left = 0;
      }
    }
    return;
  }
  for (const { kind, name, hash: own, size, files, executable } of directory.entries) {
    if (left >= files) left -= files;
    else if (kind === 'file')
      yield { path: prefix + name, hash: own, size, ...(executable ? { executable } : {}) };
    else {
      yield* walk(ctx, own, `${prefix}${name}/`, left);
      left = 0;
    }
  }
}

/** The entry at a path ('' is the root, and not an entry). */
export async function lookUp(ctx: Ctx, root: string, path: string): Promise<TreeNode | undefined> {
  let hash = root;
  let found: TreeNode | undefined;
  for (const segment of path.split('/')) {
    if (found && found.kind !== 'directory') return undefined;
    found = await child(ctx, hash, segment);
    if (!found) return undefined;
    hash = found.hash;
  }
  return found;
}

async function child(ctx: Ctx, hash: string, name: string): Promise<TreeNode | undefined> {
  for await (const entry of entriesOf(ctx, hash)) if (entry.name === name) return entry;
  return undefined;
}
