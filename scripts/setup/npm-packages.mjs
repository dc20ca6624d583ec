import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { node, root } from './place.mjs';
import { run, SetupError } from './run.mjs';
import { content, digest } from './stamp.mjs';

const lockFile = join(root, 'package-lock.json');
const installedFile = join(root, 'node_modules', '.package-lock.json');

export const npmPackages = {
  name: 'npm packages',
  stamp: 'npm',
  key: () => digest(content(lockFile), process.platform, process.arch),
  present: () => existsSync(node) && existsSync(installedFile),
  async install() {
    if (this.present() && matchesLock()) return 'already match the lock';
    // On a fresh clone `ci` is exact and quick. Later, `install` follows the same lock but touches only what changed:
    // `ci` would first delete what a running server or a second terminal is using.
    const verb = existsSync(join(root, 'node_modules')) && !process.env.CI ? 'install' : 'ci';
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
    await run(npm, [verb, '--no-audit', '--no-fund', '--loglevel=error'], { env: outerEnv() });
    if (!existsSync(node))
      throw new SetupError(
        'npm did not install Node 26 (package `node`). Were install scripts switched off (ignore-scripts)?',
      );
    return undefined;
  },
};

/** Were all locked packages already put there, for example by `npm install NAME`? Only optional ones may be absent. */
function matchesLock() {
  const wanted = JSON.parse(content(lockFile)).packages;
  const installed = JSON.parse(content(installedFile)).packages;
  return Object.entries(wanted).every(([path, item]) => {
    if (path === '' || !path.includes('node_modules/')) return true;
    const found = installed[path];
    return found ? item.link || found.version === item.version : item.optional === true;
  });
}

/** Settings of the npm that started us (`npm_config_*`) must not steer the inner npm, except those that a user set. */
function outerEnv() {
  const env = { ...process.env };
  for (const name of Object.keys(env)) if (/^npm_(lifecycle|package|command)/.test(name)) delete env[name];
  delete env.NODE_ENV;
  // An npm too old for `allowScripts` would fetch a CUDA library of hundreds of megabytes; the CPU's is inside the package.
  env.ONNXRUNTIME_NODE_INSTALL = 'skip';
  return env;
}
