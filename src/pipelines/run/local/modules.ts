import path from 'node:path';
import type { Environment } from '../../../environments/index.ts';
import { compiledFor, learnCompiled, type Processes } from '../../../platform/processes/index.ts';
import type { Step } from '../../file/definition.ts';

/**
 * Where a step in an environment of ours finds what it imports, compiled. The first of a command compiles into its own folder, and is
 * learned from once it has succeeded: compiling is half of the time of a step that imports much and computes little.
 */
export function modulesOf(
  processes: Processes,
  { folder: environment }: Environment,
  step: Step,
  folder: string,
): { at: string; learn?: () => Promise<void> } | undefined {
  if (environment === undefined) return undefined;
  const known = compiledFor(environment, step.run);
  if (known !== undefined) return { at: known };
  const own = path.join(folder, '_tmp', 'modules');
  const python = path.join(environment, 'bin', 'python');
  return { at: own, learn: () => learnCompiled(processes, python, step.run, own) };
}
