import { createHash } from 'node:crypto';
import type { CodeFile } from '../contract.ts';
import { normalise } from '../file/command.ts';
import { inputName, type Definition, type Input, type Step } from '../file/definition.ts';
import type { ParamValue } from '../file/param.ts';

/** Raised when the meaning of a key changes, so that no old result is taken for a new one. */
const KEY_VERSION = 1;

/** What identifies an environment: the lock it was made from and what was then observed in it. */
export interface EnvironmentIdentity {
  kind: 'system' | 'requirements' | 'uv';
  /** Digest of the lock file; empty for the system's own. */
  lock: string;
  /** `CPython 3.12.4`; empty where there is no Python. */
  interpreter: string;
  /** `linux x86_64 glibc-2.36`. */
  platform: string;
  /** Digest of the observed packages and their versions. */
  packages: string;
}

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
  salt?: string;
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

const selects = (entry: string, path: string): boolean => {
  const clean = entry.replace(/^(\.\/)+/, '').replace(/\/+$/, '');
  return clean === '' || clean === '.' || path === clean || path.startsWith(`${clean}/`);
};

/**
 * The code that a step sees: what it lists, or the whole project without the pipeline file and the environment's lock,
 * whose meaning is in the key already. What the step itself writes is not its code, even where it lies in the project.
 */
export function codeOf(step: Step, files: readonly CodeFile[], pipelineFile: string): CodeFile[] {
  const environment = step.env.endsWith('uv.lock')
    ? [step.env, step.env.replace(/uv\.lock$/, 'pyproject.toml')]
    : [step.env];
  return files.filter(({ path }) => {
    if (step.outputs.some((output) => path === output.path || path.startsWith(`${output.path}/`)))
      return false;
    if (step.code) return step.code.some((entry) => selects(entry, path));
    return path !== pipelineFile && !environment.includes(path);
  });
}

/** Entries of a step's `code` that no file of the project answers to. */
export const missingCode = (step: Step, files: readonly CodeFile[]): string[] =>
  (step.code ?? []).filter((entry) => !files.some(({ path }) => selects(entry, path)));

export const codeDigest = (files: readonly CodeFile[]): string =>
  sha256(
    canonical(
      files
        .map(({ path, hash, executable }) => [path, hash, executable === true])
        .toSorted((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1)),
    ),
  );

export interface Surroundings {
  definition: Definition;
  params: Readonly<Record<string, ParamValue>>;
  code: readonly CodeFile[];
  /** Its path in the project. */
  pipelineFile: string;
  environment: (step: Step) => EnvironmentIdentity;
  /** Undefined while the step that makes it has no result. */
  input: (step: Step, input: Input) => ResolvedInput | undefined;
}

/** The parts of a step's key, or undefined while an input is not known. */
export function keyParts(step: Step, around: Surroundings): KeyParts | undefined {
  const inputs: Record<string, ResolvedInput> = {};
  for (const input of step.inputs) {
    const resolved = around.input(step, input);
    if (!resolved) return undefined;
    inputs[inputName(input)] = resolved;
  }
  return {
    version: KEY_VERSION,
    command: normalise(step.run),
    code: codeDigest(codeOf(step, around.code, around.pipelineFile)),
    inputs,
    params: Object.fromEntries(step.params.map((name) => [name, around.params[name]!])),
    environment: around.environment(step),
    outputs: Object.fromEntries(step.outputs.map((output) => [output.name, outputPath(output)])),
    variables: step.variables,
    ...(step.cache.salt === undefined ? {} : { salt: step.cache.salt }),
  };
}

export const keyOf = (parts: KeyParts): string => sha256(canonical(parts));

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** JSON with the keys of every object in order: equal values, equal text. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
    return `{${entries
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`)
      .join(',')}}`;
  }
  // -0 and 0 are one number to JSON, and one value to a step.
  return JSON.stringify(value);
}
