import { readlinkSync, writeFileSync } from 'node:fs';
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

/** The least share of a processor that others want: what waits for idle time. */
const LAST = 19;

/** Puts this thread alone behind all others, its own process's, too. On Linux each thread has a priority; elsewhere all are equal. */
export function threadGoesLast(): void {
  try {
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    if (Number.isInteger(thread) && thread > 0) setPriority(thread, LAST);
  } catch {
    // another system: it takes turns like everybody
  }
}
