import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, setupDir, venv, venvPython } from './place.mjs';
import { run, SetupError } from './run.mjs';
import { content, digest } from './stamp.mjs';

const lockFile = join(root, 'scripts', 'python.lock');
const bin = process.platform === 'win32' ? 'Scripts' : 'bin';
const exe = process.platform === 'win32' ? '.exe' : '';

export const pythonEnv = {
  name: 'Python environment',
  stamp: 'python',
  // The interpreter is known from the environment itself: asking `python3` costs more than everything else here.
  key: () => digest(content(lockFile), content(join(venv, 'pyvenv.cfg'))),
  present: () => existsSync(venvPython),
  install: () => installEnv({ folder: venv, lock: lockFile }),
};

/** Makes `folder` a virtual environment that holds exactly what `lock` lists. */
export async function installEnv({ folder, lock }) {
  const python = await findPython();
  const inside = join(folder, bin, `python${exe}`);
  let uv;
  try {
    uv = await installUv(python);
  } catch (error) {
    if (error instanceof SetupError && error.final) throw error;
    // No uv for this platform: pip does the same work, several times slower.
    if (!existsSync(inside)) await makeVenv(python, folder);
    await run(inside, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', lock]);
    return 'with pip, because uv could not be had';
  }
  const env = { ...process.env, UV_PYTHON_DOWNLOADS: 'never', VIRTUAL_ENV: folder };
  if (!existsSync(inside)) await run(uv, ['venv', '--quiet', '--clear', '--python', python, folder], { env });
  await run(uv, ['pip', 'sync', '--quiet', '--python', inside, '--compile-bytecode', lock], { env });
  return undefined;
}

/** Path of uv: the machine's own, or one from PyPI in an environment of its own. */
export async function installUv(python) {
  const own = join(setupDir, 'uv', bin, `uv${exe}`);
  if (existsSync(own)) return own;
  const onPath = (process.env.PATH ?? '')
    .split(process.platform === 'win32' ? ';' : ':')
    .map((dir) => join(dir, `uv${exe}`));
  for (const candidate of onPath) if (existsSync(candidate) && (await works(candidate))) return candidate;
  mkdirSync(setupDir, { recursive: true });
  const folder = join(setupDir, 'uv');
  rmSync(folder, { recursive: true, force: true });
  await makeVenv(python, folder);
  const pinned = /^uv==[^\s\\]+/m.exec(content(lockFile)?.toString() ?? '')?.[0] ?? 'uv';
  await run(join(folder, bin, `python${exe}`), [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    pinned,
  ]);
  return own;
}

async function makeVenv(python, folder) {
  try {
    await run(python, ['-m', 'venv', folder]);
  } catch {
    rmSync(folder, { recursive: true, force: true });
    throw final(
      `${python} cannot make virtual environments. On Debian and Ubuntu the module is a package of its own:\n` +
        '    sudo apt install python3-venv\nThen start again.',
    );
  }
}

/** The first interpreter on the PATH that is new enough. */
export async function findPython() {
  const names = process.env.TREADLE_PYTHON
    ? [process.env.TREADLE_PYTHON]
    : ['python3', 'python', 'python3.13', 'python3.12', 'python3.11', 'python3.10'];
  const seen = [];
  for (const name of names) {
    try {
      const answer = await run(name, [
        '-c',
        'import sys; print("%d.%d" % sys.version_info[:2]); print(sys.executable)',
      ]);
      const [version, path] = answer.trim().split(/\r?\n/);
      if (Number(version.split('.')[0]) === 3 && Number(version.split('.')[1]) >= 10) return path;
      seen.push(`${name} is ${version}`);
    } catch {
      // not there, or a launcher without a Python behind it: try the next name
    }
  }
  throw final(
    `Python 3.10 or newer is needed (${seen.join(', ') || 'none found'}). Install it, or name it in TREADLE_PYTHON.`,
  );
}

const final = (message) => Object.assign(new SetupError(message), { final: true });
const works = (command) =>
  run(command, ['--version']).then(
    () => true,
    () => false,
  );
