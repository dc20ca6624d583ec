import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { environmentOf } from '../../environments/index.ts';
import {
  compiledFor,
  learnCompiled,
  programFolders,
  type Isolate,
  type Processes,
} from '../../platform/processes/index.ts';

/** A file of the Python project: beside the bundle in a package, in `sdk/` in a checkout. */
export function pythonProgram(name: 'host.py' | 'convert.py' | 'convert.lock'): string {
  const places = [`./${name}`, `../../../sdk/python/treadle/${name}`];
  const files = places.map((place) => fileURLToPath(new URL(place, import.meta.url)));
  const found = files.find((file) => existsSync(file));
  if (found === undefined) throw new Error(`${name} is not where it belongs: ${files.join(', ')}`);
  return found;
}

/** Of what imports compiled modules are kept, in the words of `compiledFor`. */
export const MODELS = 'models';

const compiledAt = (scratch: string): string => path.join(scratch, '.pycache');

/**
 * How an interpreter of a model is started: isolated, and never writing beside the model's files, which others share. Compiled
 * modules come from its environment, or go to its own folder where there are none yet.
 */
export function interpreterArgs(python: string, scratch: string): string[] {
  const environment = environmentOf(python);
  if (environment === undefined) return ['-I', '-u', '-B'];
  return ['-I', '-u', '-X', `pycache_prefix=${compiledFor(environment, MODELS) ?? compiledAt(scratch)}`];
}

/** Once it has loaded its model: what it compiled is compiled for those who come after it. */
export function learnModules(processes: Processes, python: string, scratch: string): Promise<void> {
  return environmentOf(python) === undefined
    ? Promise.resolve()
    : learnCompiled(processes, python, MODELS, compiledAt(scratch));
}

/** A model has its files, its packages and one folder to write; it answers over a Unix socket there, and has no network. */
export const modelIsolation = (
  python: string,
  program: Parameters<typeof pythonProgram>[0],
  { read, write }: { read: readonly string[]; write: readonly string[] },
): Isolate => ({
  read: [...read, ...programFolders(python), path.dirname(pythonProgram(program))],
  write,
  network: false,
});

/** What a model's own code gets of this machine: no token, no address, no settings of the server. */
export function modelEnvironment(python: string, scratch: string, threads: number): Record<string, string> {
  const count = String(threads);
  return {
    PATH: `${python.slice(0, python.lastIndexOf('/'))}:/usr/local/bin:/usr/bin:/bin`,
    HOME: scratch,
    TMPDIR: scratch,
    LANG: 'C.UTF-8',
    PYTHONNOUSERSITE: '1',
    OMP_NUM_THREADS: count,
    MKL_NUM_THREADS: count,
    OPENBLAS_NUM_THREADS: count,
    NUMEXPR_NUM_THREADS: count,
    MLFLOW_DISABLE_TELEMETRY: 'true',
    ORT_DISABLE_TELEMETRY: '1',
    DO_NOT_TRACK: 'true',
  };
}
