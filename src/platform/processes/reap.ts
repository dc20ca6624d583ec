import { allStats, bootId, markedPids, readStat } from './proc.ts';
import type { ProcessMark } from './start.ts';

/**
 * Ends what a crashed server left running. A pid counts only with the start time and boot that were recorded with it, so
 * that a stranger who got the number is safe; processes that left the group are found by their mark. Returns how many ended.
 */
export function reap(marks: readonly ProcessMark[]): number {
  if (marks.length === 0) return 0;
  const boot = bootId();
  let count = 0;
  for (const { pid, start, boot: then } of marks) {
    if (pid <= 1 || then !== boot || readStat(pid)?.start !== start) continue;
    count += kill(-pid);
  }
  for (const pid of markedPids(new Set(marks.map(({ mark }) => mark)))) count += kill(pid);
  return count;
}

/** Ends every process that carries one of these marks. */
export const killMarked = (marks: ReadonlySet<string>): number =>
  marks.size === 0 ? 0 : markedPids(marks).reduce((count, pid) => count + kill(pid), 0);

/** Ends what is left of a session whose leader is gone: a process that got its number since is another one, and stays. */
export function killSession(leader: number): void {
  if (leader <= 1 || readStat(leader) !== undefined) return;
  for (const { pid, session } of allStats()) if (session === leader) kill(pid);
}

function kill(target: number): number {
  try {
    process.kill(target, 'SIGKILL');
    return 1;
  } catch {
    return 0;
  }
}
