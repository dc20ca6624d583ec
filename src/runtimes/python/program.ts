import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** A file of the Python project: beside the bundle in a package, in `sdk/` in a checkout. */
export function pythonProgram(name: 'host.py' | 'convert.py' | 'convert.lock'): string {
  const places = [`./${name}`, `../../../sdk/python/treadle/${name}`];
  const files = places.map((place) => fileURLToPath(new URL(place, import.meta.url)));
  const found = files.find((file) => existsSync(file));
  if (found === undefined) throw new Error(`${name} is not where it belongs: ${files.join(', ')}`);
  return found;
}

/**
 * How an interpreter of a model is started: isolated, and never writing beside the model's files, which others share. Compiled
 * modules go into an environment of ours, where the next start finds them.
 */
export function interpreterArgs(python: string): string[] {
  const environment = path.dirname(path.dirname(python));
  const ours = existsSync(path.join(environment, 'treadle-environment.json'));
  return ['-I', '-u', ...(ours ? ['-X', `pycache_prefix=${path.join(environment, '.pycache')}`] : ['-B'])];
}

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
    DO_NOT_TRACK: 'true',
  };
}
