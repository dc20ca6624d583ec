import type { Ctx } from '../platform/ctx/index.ts';
import { invalid, missing } from '../platform/errors/index.ts';
import type { Download } from '../platform/http/index.ts';
import type { StepOutput } from './contract.ts';
import { outputFiles } from './run/collect.ts';
import { selectStep } from './store.ts';

/** One file of what a step wrote. */
export async function downloadOutput(
  ctx: Ctx,
  execution: string,
  name: string,
  outputName: string,
  path: string | undefined,
): Promise<Download> {
  const step = await selectStep(ctx, execution, name);
  const output = (JSON.parse(step.outputs) as StepOutput[]).find((one) => one.name === outputName); // written by us
  if (!output) throw missing(`step '${name}' has no output '${outputName}'`, { field: 'output' });
  const files = await outputFiles(ctx.blobs, output);
  if (output.kind === 'folder' && path === undefined)
    throw invalid(`'${outputName}' is a folder`, {
      field: 'path',
      hint: `name a file in it: ${files
        .slice(0, 5)
        .map((file) => file.path)
        .join(', ')}`,
    });
  const file = output.kind === 'file' ? files[0] : files.find((one) => one.path === path);
  if (!file) throw missing(`the output '${outputName}' has no file '${path}'`, { field: 'path' });
  return {
    stream: await ctx.blobs.open(file.hash),
    size: file.size,
    filename: file.path.split('/').at(-1)!,
    etag: file.hash,
    immutable: true,
  };
}
