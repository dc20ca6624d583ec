import { createHash } from 'node:crypto';
import type { Ctx } from '../platform/ctx/index.ts';
import type { ModelFacts, ModelFile } from './contract.ts';
import { folderOf, listModelFiles } from './files.ts';
import { LARGEST_MLMODEL, readMlmodel, readRequirements } from './read-mlmodel.ts';

/**
 * What the files of a packaged model say, by reading its two small text files. Nothing of a model is loaded.
 * Undefined where the files are not ours.
 */
export async function readFacts(ctx: Ctx, location: string): Promise<ModelFacts | undefined> {
  if (folderOf(location) === undefined) return undefined;
  const files = await listModelFiles(ctx, location);
  const requirements = await readText(ctx, files, 'requirements.txt', 64 * 1024);
  return {
    size: files.reduce((sum, file) => sum + file.size, 0),
    files: files.length,
    digest: filesDigest(files),
    ...(await readDescription(ctx, files)),
    ...(requirements === undefined ? {} : { requirements: readRequirements(requirements) }),
  };
}

/** Equal exactly when the same paths hold the same bytes. */
export function filesDigest(files: readonly ModelFile[]): string {
  const hash = createHash('sha256');
  for (const { path, digest } of files.toSorted((a, b) => (a.path < b.path ? -1 : 1)))
    hash.update(`${path}\0${digest}\n`);
  return hash.digest('hex');
}

async function readDescription(ctx: Ctx, files: readonly ModelFile[]): ReturnType<typeof readMlmodel> {
  const file = files.find(({ path }) => path === 'MLmodel');
  if (!file) return { flavors: {}, problem: 'there is no MLmodel file' };
  if (file.size > LARGEST_MLMODEL)
    return { flavors: {}, problem: `the MLmodel file is larger than ${LARGEST_MLMODEL / 1024} KiB` };
  return readMlmodel((await ctx.blobs.read(file.digest, LARGEST_MLMODEL)).toString('utf8'));
}

async function readText(
  ctx: Ctx,
  files: readonly ModelFile[],
  path: string,
  limit: number,
): Promise<string | undefined> {
  const file = files.find((one) => one.path === path);
  if (!file || file.size > limit) return undefined;
  return (await ctx.blobs.read(file.digest, limit)).toString('utf8');
}
