import { readlinkSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

const NAME = /^treadle-[a-z]+-(\d+)-(\d+)-\w{6}$/;

/** Processes have their numbers within a namespace: a container that shares the folder of temporary files has others. */
const namespace = ((): string => {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
  } catch {
    return '0';
  }
})();

/** A folder of this process among the system's temporary files. Its name says whose it is, so that another can clear it away. */
export const makeTemporary = (kind: string): Promise<string> => mkdtemp(temporaryPrefix(kind));

export const temporaryPrefix = (kind: string): string =>
  path.join(tmpdir(), `treadle-${kind}-${process.pid}-${namespace}-`);

/** Removes what processes left that were killed. Returns how many folders. */
export async function dropTemporary(): Promise<number> {
  let dropped = 0;
  for (const name of await readdir(tmpdir()).catch(() => [])) {
    const [, pid, where] = NAME.exec(name) ?? [];
    if (pid === undefined || where !== namespace || lives(Number(pid))) continue;
    // Of another user, perhaps: then it is that user's to clear away.
    await rm(path.join(tmpdir(), name), { recursive: true, force: true }).then(
      () => dropped++,
      () => undefined,
    );
  }
  return dropped;
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}
