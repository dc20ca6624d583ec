// Where things lie in the checkout.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** What the set-up scripts remember and keep: stamps, uv, promtool, compile cache. Never committed, safe to delete. */
export const setupDir = join(root, '.setup');
export const venv = join(root, '.venv');
const windows = process.platform === 'win32';
export const venvPython = windows ? join(venv, 'Scripts', 'python.exe') : join(venv, 'bin', 'python');
/** Node 26, from the npm package `node`: what the project itself runs on, whatever Node the machine has. */
export const node = join(root, 'node_modules', 'node', 'bin', windows ? 'node.exe' : 'node');
