import type { Ctx } from '../../platform/ctx/index.ts';
import { putArtifact, runArtifact } from '../../tracking/index.ts';
import type { StepOutput } from '../contract.ts';
import { outputFiles } from './collect.ts';

/** Shows an output among the artifacts of the run that made it, where models are registered from. Returns its address. */
export async function attachOutput(ctx: Ctx, run: string, output: StepOutput): Promise<string> {
  const folder = `outputs/${output.name}`;
  for (const file of await outputFiles(ctx.blobs, output)) {
    const to = await runArtifact(ctx, run, `${folder}/${file.path}`, true);
    await putArtifact(ctx, to, { source: await ctx.blobs.open(file.hash), size: file.size });
  }
  return `runs:/${run}/${folder}`;
}
