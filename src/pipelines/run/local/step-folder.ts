import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Ctx } from '../../../platform/ctx/index.ts';
import { materialiseVersion } from '../../../data/index.ts';
import { substitute } from '../../file/command.ts';
import { inputName, type Step } from '../../file/definition.ts';
import { paramJson, paramText } from '../../file/param.ts';
import { INPUTS, inputPath } from '../../plan/parts.ts';
import type { Material } from '../back-end.ts';
import { outputFiles } from '../collect.ts';
import { placeFiles, type Placed } from '../place.ts';

/** What a step's folder is filled with. */
type Filling = Material & { step: Step; folder: string; signal: AbortSignal };

/** Where the parameters of a step stand in its folder. */
export const paramsFileOf = (folder: string): string => path.join(folder, '_tmp', 'params.json');

/**
 * Fills the step's folder with exactly what it declares: code, inputs, parameters, and folders for its outputs. Its few folders are
 * made at once rather than in the background: each takes microseconds, and a turn through the thread pool takes a hundred times that.
 */
export async function prepareFolder(ctx: Ctx, plan: Filling): Promise<void> {
  const { step, folder, code, params, data, outputs, signal } = plan;
  // Not where something stands already: what an earlier try left running could have made a link of that name.
  mkdirSync(path.dirname(folder), { recursive: true, mode: 0o700 });
  mkdirSync(folder, { mode: 0o700 });
  mkdirSync(path.join(folder, '_tmp', 'home'), { recursive: true, mode: 0o700 });
  const files: Placed[] = [...code];
  for (const input of step.inputs) {
    signal.throwIfAborted();
    if (input.kind === 'data') {
      const version = data.get(input.name);
      if (!version) throw new Error(`the dataset ${input.name} was not resolved`);
      const to = path.join(folder, INPUTS, input.name);
      mkdirSync(to, { recursive: true });
      await materialiseVersion(ctx, version.version_id, to, { signal });
    } else {
      const output = outputs.get(`${input.step}.${input.output}`);
      if (!output) throw new Error(`the output ${input.step}.${input.output} is not there`);
      const at = inputPath(input, output);
      const list = await outputFiles(ctx.blobs, output);
      files.push(
        ...list.map((file) => ({ ...file, path: output.kind === 'file' ? at : `${at}/${file.path}` })),
      );
    }
  }
  await placeFiles(ctx.blobs, folder, files);
  for (const output of step.outputs) {
    const to = path.join(folder, output.path);
    mkdirSync(output.folder ? to : path.dirname(to), { recursive: true });
  }
  const mentioned = step.params.map((name) => `${JSON.stringify(name)}:${paramJson(params[name]!)}`);
  writeFileSync(paramsFileOf(folder), `{${mentioned.join(',')}}`);
}

/** The line for the shell: placeholders become quoted relative paths or values. */
export function commandLine({ step, params, outputs }: Pick<Filling, 'step' | 'params' | 'outputs'>): string {
  return substitute(step.pieces, ({ name, below }) => {
    const [first, second] = name.split('.') as [string, string?];
    if (second === undefined && Object.hasOwn(params, first)) return paramText(params[first]!);
    const own = step.outputs.find(
      (output) => output.name === (second ?? first) && (second === undefined || first === step.name),
    );
    const input = step.inputs.find((one) => inputName(one) === (second ?? first));
    const at = own
      ? own.path
      : input
        ? inputPath(input, input.kind === 'output' ? outputs.get(`${input.step}.${input.output}`) : undefined)
        : undefined;
    if (at === undefined) throw new Error(`{${name}} in step ${step.name} stands for nothing`);
    return below === '' ? at : `${at}/${below}`;
  });
}
