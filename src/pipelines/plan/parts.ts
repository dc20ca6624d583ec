import { createHash } from 'node:crypto';
import type { EnvironmentIdentity } from '../../environments/index.ts';
import { canonical } from '../../platform/json/index.ts';
import type { CodeFile } from '../contract.ts';
import { normalise } from '../file/command.ts';
import { inputName, type Definition, type Input, type Step } from '../file/definition.ts';
import type { ParamValue } from '../file/param.ts';

/** Raised when the meaning of a key changes, so that no old result is taken for a new one. */
const KEY_VERSION = 1;

/** What an input is at the moment of use. */
export interface ResolvedInput {
  digest: string;
  /** Where it stands in the step's folder; the name may matter to the command. */
  path: string;
}

/** Everything that a step's result depends on: nothing else may change it, and nothing else is in its key. */
export interface KeyParts {
  version: number;
  command: string;
  code: string;
  inputs: Record<string, ResolvedInput>;
  /** Type and spelling: `1.0` is another text to the step than `1`. */
  params: Record<string, ParamValue>;
  environment: EnvironmentIdentity;
  outputs: Record<string, string>;
  variables: Record<string, string>;
  /** Which values of secrets it got, and not the values. */
  secrets?: Record<string, string>;
  salt?: string;
  /** `5%`: what was made of a part of the data is never taken for what is made of all of it. */
  sample?: string;
}

/** The folder in a step's folder that holds its inputs. */
export const INPUTS = '_in';

export const outputPath = (output: { path: string; folder: boolean }): string =>
  output.folder ? `${output.path}/` : output.path;

/** Where an input is placed, given the last part of its own path: a reader may go by the ending. */
export function inputPath(
  input: Input,
  produced: { path: string; kind: 'file' | 'folder' } | undefined,
): string {
  const name = inputName(input);
  if (!produced || produced.kind === 'folder') return `${INPUTS}/${name}`;
  return `${INPUTS}/${name}/${produced.path.split('/').at(-1)}`;
}

/** A file or folder that a step lists; empty: the whole project. */
const plainEntry = (entry: string): string => {
  const clean = entry.replace(/^(\.\/)+/, '').replace(/\/+$/, '');
  return clean === '.' ? '' : clean;
};

/** Files that are no code of a step that lists none: their meaning is in the key already. */
const notCode = ({ env }: Step, pipelineFile: string): string[] => [
  pipelineFile,
  env,
  ...(env.endsWith('uv.lock') ? [env.replace(/uv\.lock$/, 'pyproject.toml')] : []),
];

/**
 * Whether a file is code that a step sees: what it lists, or the whole project without the pipeline file and the environment's lock.
 * What the step itself writes is not its code, even where it lies in the project.
 */
export function sees(step: Step, pipelineFile: string): (path: string) => boolean {
  const listed = step.code?.map(plainEntry);
  const unlisted = notCode(step, pipelineFile);
  const within = (folders: readonly string[], path: string): boolean =>
    folders.some((folder) => folder === '' || path === folder || path.startsWith(`${folder}/`));
  const written = step.outputs.map((output) => output.path);
  return (path) => !within(written, path) && (listed ? within(listed, path) : !unlisted.includes(path));
}

/** Equal for steps that see the same files of any project. */
export const selectionOf = (step: Step, pipelineFile: string): string =>
  JSON.stringify([
    step.code?.map(plainEntry) ?? null,
    step.code ? null : notCode(step, pipelineFile),
    step.outputs.map((output) => output.path),
  ]);

export const codeOf = (step: Step, files: readonly CodeFile[], pipelineFile: string): CodeFile[] => {
  const seen = sees(step, pipelineFile);
  return files.filter(({ path }) => seen(path));
};

/** Entries of a step's `code` that no file of the project answers to; the files in the order of their paths. */
export const missingCode = (step: Step, files: readonly CodeFile[]): string[] =>
  (step.code ?? []).filter((entry) => {
    const clean = plainEntry(entry);
    if (clean === '') return files.length === 0;
    return (
      files[place(files, clean)]?.path !== clean &&
      files[place(files, `${clean}/`)]?.path.startsWith(`${clean}/`) !== true
    );
  });

/** Where the first file stands whose path is not before this one. */
function place(files: readonly CodeFile[], path: string): number {
  let [from, to] = [0, files.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (files[middle]!.path < path) from = middle + 1;
    else to = middle;
  }
  return from;
}

export interface Surroundings {
  definition: Definition;
  params: Readonly<Record<string, ParamValue>>;
  /** Digest of what the step sees of the project. */
  code: (step: Step) => Promise<string>;
  environment: (step: Step) => EnvironmentIdentity;
  /** The share of the data that everything runs on; all of it unless said. */
  sample?: string | undefined;
  /** Which values its secrets have now. */
  secrets?: (step: Step) => Promise<Record<string, string>>;
  /** Undefined while the step that makes it has no result. */
  input: (step: Step, input: Input) => ResolvedInput | undefined;
}

/** The parts of a step's key, or undefined while an input is not known. */
export async function keyParts(step: Step, around: Surroundings): Promise<KeyParts | undefined> {
  const inputs: Record<string, ResolvedInput> = {};
  for (const input of step.inputs) {
    const resolved = around.input(step, input);
    if (!resolved) return undefined;
    inputs[inputName(input)] = resolved;
  }
  return {
    version: KEY_VERSION,
    command: normalise(step.run),
    code: await around.code(step),
    inputs,
    params: Object.fromEntries(step.params.map((name) => [name, around.params[name]!])),
    environment: around.environment(step),
    outputs: Object.fromEntries(step.outputs.map((output) => [output.name, outputPath(output)])),
    variables: step.variables,
    ...(step.secrets.length === 0 || !around.secrets ? {} : { secrets: await around.secrets(step) }),
    ...(step.cache.salt === undefined ? {} : { salt: step.cache.salt }),
    ...(around.sample === undefined ? {} : { sample: around.sample }),
  };
}

export const keyOf = (parts: KeyParts): string => sha256(canonical(parts));

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
