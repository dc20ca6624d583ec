import { existsSync } from 'node:fs';
import path from 'node:path';

/** Written into an environment last of all: where it stands, the environment is whole. It holds what was observed there. */
export const MARKER = 'treadle-environment.json';
/** Made of what the machine has; there is one, beside the environments. */
export const SHIM = 'system-bin';

/** The environment that an interpreter belongs to; undefined for one that was not made here. */
export function environmentOf(python: string): string | undefined {
  const folder = path.dirname(path.dirname(python));
  return existsSync(path.join(folder, MARKER)) ? folder : undefined;
}
