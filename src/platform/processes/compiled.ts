import { lstatSync } from 'node:fs';
import { chmod, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { newId } from '../ids/index.ts';
import type { Processes } from './create-processes.ts';
import { programFolders } from './programs.ts';

/**
 * Python compiles what it imports, and an environment is read-only to those who run in it: what one of them left there would be run
 * by the next. So a first one compiles into a folder of its own, and of that the names alone are believed: the same modules are then
 * compiled again by Python itself, without running any of them, into the environment.
 */
const FOLDER = '.pycache';

/** Where an interpreter of this environment finds compiled modules; undefined while there are none. */
export function compiledIn(environment: string): string | undefined {
  const folder = path.join(environment, FOLDER);
  try {
    return (lstatSync(folder).mode & 0o777) === 0o755 ? folder : undefined;
  } catch {
    return undefined;
  }
}

const MOST = 20_000;
const making = new Set<string>();

/** Compiles what `from` has in it. Whoever wants it does not wait for it; a failure only costs time later. */
export async function keepCompiled(processes: Processes, python: string, from: string): Promise<void> {
  const environment = path.dirname(path.dirname(python));
  if (compiledIn(environment) !== undefined || making.has(environment)) return;
  making.add(environment);
  const fresh = path.join(environment, `${FOLDER}-${newId()}`);
  const list = `${fresh}.list`;
  try {
    const roots = programFolders(python);
    const found = await readdir(from, { recursive: true, encoding: 'utf8' });
    const sources = found
      .flatMap((name) => /^(.*)\.cpython-\d+\.pyc$/.exec(name)?.[1] ?? [])
      .map((name) => path.join('/', `${name}.py`))
      .filter((file) => roots.some((root) => file.startsWith(`${root}/`)) && !file.includes('\n'));
    if (sources.length === 0 || sources.length > MOST) return;
    await writeFile(list, sources.join('\n'), { flag: 'wx' });
    const ended = await processes.run({
      // Without its site module: a package may bring code that runs whenever Python starts.
      argv: [python, '-I', '-S', '-X', `pycache_prefix=${fresh}`, '-m', 'compileall', '-q', '-i', list],
      cwd: '/',
      env: {},
      aside: true,
      timeout: 10 * 60_000,
    });
    if (ended.reason !== 'ok' && ended.reason !== 'exit') return; // one that is no good Python is told by its code alone
    await processes.letRead(fresh);
    await chmod(fresh, 0o755);
    await rm(path.join(environment, FOLDER), { recursive: true, force: true }); // of an earlier version, which everybody wrote
    await rename(fresh, path.join(environment, FOLDER));
  } catch {
    // nothing was compiled yet, or the disk is full: the next one tries again
  } finally {
    await rm(list, { force: true });
    await rm(fresh, { recursive: true, force: true });
    making.delete(environment);
  }
}
