import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Ctx } from '../platform/ctx/index.ts';
import { missing } from '../platform/errors/index.ts';
import { walk } from './read-tree.ts';
import { selectVersion } from './store.ts';
import type { TreeFile } from './tree.ts';

const AT_ONCE = 16;

export interface MaterialiseOptions {
  /** One file or folder of the version, rather than all of it; lands in `dir` under its own path. */
  only?: string;
  signal?: AbortSignal;
}

/** Writes a version's files into an existing directory of ours. Names are those checked at the commit. */
export async function materialiseVersion(
  ctx: Ctx,
  versionId: string,
  dir: string,
  { only, signal }: MaterialiseOptions = {},
): Promise<{ files: number; bytes: number }> {
  const version = await selectVersion(ctx, versionId);
  if (!version) throw missing(`there is no dataset version ${versionId}`, { field: 'version' });
  const made = new Set<string>(['.']);
  const running = new Set<Promise<void>>();
  const errors: unknown[] = [];
  let files = 0;
  let bytes = 0;
  const one = async ({ path: name, hash, executable }: TreeFile): Promise<void> => {
    const to = path.join(dir, name);
    await ctx.blobs.materialise(hash, to, { mode: executable === true ? 0o755 : 0o644 });
  };
  try {
    for await (const file of walk(ctx, version.hash)) {
      if (errors.length > 0) break;
      signal?.throwIfAborted();
      if (only !== undefined && file.path !== only && !file.path.startsWith(`${only}/`)) continue;
      const folder = path.posix.dirname(file.path);
      if (!made.has(folder)) {
        await mkdir(path.join(dir, folder), { recursive: true });
        made.add(folder);
      }
      const task = one(file)
        .catch((error: unknown) => void errors.push(error))
        .finally(() => running.delete(task));
      running.add(task);
      files++;
      bytes += file.size;
      if (running.size >= AT_ONCE) await Promise.race(running);
    }
  } finally {
    await Promise.all(running); // whoever clears the folder up after an error must not race with us
  }
  if (errors.length > 0) throw errors[0];
  return { files, bytes };
}
