import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { programFolders, type Processes } from '../platform/processes/index.ts';

/** What a shell says of a program that is there and cannot be run, or of one that is not there or lacks a library. */
const BROKEN: ReadonlySet<number | undefined> = new Set([126, 127]);

/** Another one once the environment, or the interpreter that it was made from, is another; undefined where there is none. */
export async function interpreterLook(environment: string): Promise<string | undefined> {
  try {
    const base = await realpath(path.join(environment, 'bin', 'python'));
    const looks = await Promise.all(
      [base, path.join(environment, 'bin'), path.join(environment, 'pyvenv.cfg')].map(async (file) => {
        const { ino, size, mtimeMs, mode } = await stat(file);
        return [ino, size, mtimeMs, mode].join(' ');
      }),
    );
    return [base, ...looks].join('\n');
  } catch {
    return undefined;
  }
}

/**
 * Whether the interpreter of an environment starts, behind the walls that whoever runs in it has. To make one again takes minutes and
 * its package index: only a plain no counts, and only where the interpreter that it was made from does start there.
 */
export async function starts(processes: Processes, environment: string): Promise<boolean> {
  const python = path.join(environment, 'bin', 'python');
  const base = await realpath(python).catch(() => undefined);
  if (base === undefined) return false;
  const run = (argv: [string, ...string[]]) =>
    processes.run({
      argv,
      cwd: '/',
      env: {},
      isolate: { read: programFolders(python), write: [], network: false },
      timeout: 30_000,
    });
  // Without its site module: packages may bring code that runs whenever Python starts.
  const nothing = ['-I', '-S', '-c', ''];
  const { reason, code } = await run([python, ...nothing]);
  if (reason !== 'exit' || !BROKEN.has(code)) return true;
  const own = base.startsWith((await realpath(environment)) + path.sep);
  return (await run(own ? ['/bin/sh', '-c', ':'] : [base, ...nothing])).reason !== 'ok';
}
