import path from 'node:path';
import { checkRequirements, type EnvironmentSource } from '../environments/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { invalid } from '../platform/errors/index.ts';
import type { CodeFile } from './contract.ts';

const MAX_LOCK = 16 * 1024 * 1024;

/** The files that an `env:` of the pipeline file names, from the snapshot of the code. */
export async function environmentSource(
  ctx: Ctx,
  env: string,
  files: readonly CodeFile[],
): Promise<EnvironmentSource> {
  if (env === 'system') return { kind: 'system' };
  const text = await readCode(ctx, env, files);
  if (path.posix.basename(env) !== 'uv.lock') {
    checkRequirements(text, env);
    return { kind: 'requirements', text };
  }
  return {
    kind: 'uv',
    text,
    project: await readCode(ctx, path.posix.join(path.posix.dirname(env), 'pyproject.toml'), files),
  };
}

async function readCode(ctx: Ctx, name: string, files: readonly CodeFile[]): Promise<string> {
  const clean = path.posix.normalize(name);
  const file = files.find((one) => one.path === clean);
  if (!file)
    throw invalid(`the project has no file '${clean}'`, {
      field: 'env',
      hint: 'env names a file beside treadle.yaml, and files that git ignores are not part of the project',
    });
  return (await ctx.blobs.read(file.hash, MAX_LOCK)).toString('utf8');
}
