import { writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';

/** `nice` puts a program behind others of its session; Linux also weighs sessions against each other. */
export const behind = (argv: readonly string[]): string[] => ['nice', '-n', '19', ...argv];

export function setSessionAside(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/autogroup`, '19');
  } catch {
    // it ended, or the system does not weigh them
  }
}

/** Lets this process answer before others work, about three to one, where it has the right to; elsewhere all are equal. */
export function goFirst(): void {
  try {
    setPriority(-5);
    writeFileSync('/proc/self/autogroup', '-5');
  } catch {
    // not allowed to: it waits its turn like everybody
  }
}
