import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root, setupDir } from './place.mjs';
import { installEnv } from './python.mjs';
import { content, digest } from './stamp.mjs';

const inside = process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python'];

/**
 * An environment of its own in the set-up folder, for packages that must meet no others, from `scripts/LOCK.lock`. Only for tests: where it cannot be
 * had, they are skipped by name.
 * @returns the part, and the path of its interpreter.
 */
export function pythonEnvironment({ name, stamp, lock }) {
  const folder = join(setupDir, stamp);
  const file = join(root, 'scripts', `${lock}.lock`);
  const python = join(folder, ...inside);
  const part = {
    name,
    stamp,
    optional: true,
    key: () => digest(content(file), content(join(folder, 'pyvenv.cfg'))),
    present: () => existsSync(python),
    install: () => installEnv({ folder, lock: file }),
  };
  return { part, python };
}
