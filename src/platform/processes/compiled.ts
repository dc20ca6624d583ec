import { createHash } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { chmod, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { newId } from '../ids/index.ts';
import type { Processes } from './create-processes.ts';
import { programFolders } from './programs.ts';

/**
 * Python compiles what it imports, and an environment is read-only to those who run in it: what one of them left there would be run
 * by the next. So the first of a kind compiles into a folder of its own, and of that the names alone are believed: the same modules
 * are then compiled again by Python itself, without running any of them, into the environment.
 */
const FOLDER = '.pycache';
const READABLE = 0o755;

/**
 * Where an interpreter finds what its kind imports, compiled; undefined until one of the kind was learned from.
 * @param kind those that import the same: models, or steps of one command
 */
export function compiledFor(environment: string, kind: string): string | undefined {
  const folder = path.join(environment, FOLDER);
  return isOurs(folder) && lstatSync(markOf(folder, kind), { throwIfNoEntry: false }) !== undefined
    ? folder
    : undefined;
}

const isOurs = (folder: string): boolean =>
  ((lstatSync(folder, { throwIfNoEntry: false })?.mode ?? 0) & 0o777) === READABLE;
const markOf = (folder: string, kind: string): string =>
  path.join(folder, `${createHash('sha256').update(kind).digest('hex').slice(0, 32)}.learned`);

const MOST = 20_000;
const making = new Set<string>();

/**
 * Has compiled what one of a kind left in `from`. Resolves once that was read and the folder may go; the compiling goes on, and is
 * waited for by nobody. A failure only costs time later: the next one of the kind is learned from.
 */
export async function learnCompiled(
  processes: Processes,
  python: string,
  kind: string,
  from: string,
): Promise<void> {
  const environment = path.dirname(path.dirname(python));
  if (compiledFor(environment, kind) !== undefined || making.has(environment)) return;
  making.add(environment);
  const sources = await sourcesOf(python, from).catch(() => []); // nothing was compiled
  void (sources.length === 0 ? Promise.resolve() : keep(processes, python, kind, sources))
    .catch(() => undefined) // the disk is full, or the environment is being removed
    .finally(() => making.delete(environment));
}

async function sourcesOf(python: string, from: string): Promise<string[]> {
  const roots = programFolders(python);
  const found = await readdir(from, { recursive: true, encoding: 'utf8' });
  const sources = found
    .flatMap((name) => /^(.*)\.cpython-\d+\.pyc$/.exec(name)?.[1] ?? [])
    .map((name) => path.join('/', `${name}.py`))
    .filter((file) => roots.some((root) => file.startsWith(`${root}/`)) && !file.includes('\n'));
  return sources.length > MOST ? [] : sources;
}

async function keep(processes: Processes, python: string, kind: string, sources: string[]): Promise<void> {
  const environment = path.dirname(path.dirname(python));
  const folder = path.join(environment, FOLDER);
  const list = path.join(environment, `${FOLDER}-${newId()}.list`);
  try {
    // Of an earlier version, in which everybody wrote.
    if (!isOurs(folder)) await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await writeFile(list, sources.join('\n'), { flag: 'wx' });
    const ended = await processes.run({
      // Without its site module: a package may bring code that runs whenever Python starts. What is compiled already is left alone,
      // and each file comes under its name when it is whole; others read there meanwhile, so rights are right from the beginning.
      argv: [
        '/bin/sh',
        '-c',
        'umask 022 && exec "$@"',
        'sh',
        python,
        '-I',
        '-S',
        '-X',
        `pycache_prefix=${folder}`,
        '-m',
        'compileall',
        '-q',
        '-i',
        list,
      ],
      cwd: '/',
      env: {},
      aside: true,
      timeout: 10 * 60_000,
    });
    if (ended.reason !== 'ok' && ended.reason !== 'exit') return; // one that is no good Python is told by its code alone
    await writeFile(markOf(folder, kind), '');
    await chmod(folder, READABLE);
  } finally {
    await rm(list, { force: true });
  }
}
