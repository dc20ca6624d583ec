import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root, setupDir } from './place.mjs';
import { installEnv } from './python.mjs';
import { content, digest } from './stamp.mjs';

const folder = join(setupDir, 'clients');
const lock = join(root, 'scripts', 'clients-python.lock');
const windows = process.platform === 'win32';
/** The interpreter of the environment with Triton's, KServe's and MLServer's clients. */
export const clientsPython = windows ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python');

/** Only for tests: where it cannot be had, the journeys of those clients are skipped by name. */
export const inferenceClients = {
  name: 'inference clients',
  stamp: 'clients',
  optional: true,
  key: () => digest(content(lock), content(join(folder, 'pyvenv.cfg'))),
  present: () => existsSync(clientsPython),
  install: () => installEnv({ folder, lock }),
};
