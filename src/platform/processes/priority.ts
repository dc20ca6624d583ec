import { writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';

/** One part in ten of a processor that others want, too: it waits, and still comes to its end on a machine that is never idle. */
const ASIDE = 10;

/** `nice` puts a program behind others of its session; Linux also weighs sessions against each other. */
export const behind = (argv: readonly string[]): string[] => ['nice', '-n', String(ASIDE), ...argv];

export function setSessionAside(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/autogroup`, String(ASIDE));
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
