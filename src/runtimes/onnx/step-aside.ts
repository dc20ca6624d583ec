import { readlinkSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

const ASIDE = 15;

/**
 * Lets the threads that answer go first while this one loads a model: on few cores a load would otherwise take turns with them.
 * Returns how to come back. Only where the way back is open, which takes a privilege: a thread that stayed behind would answer late.
 * Linux gives each thread a priority of its own; elsewhere nothing happens.
 */
export function stepAside(): () => void {
  try {
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    const before = getPriority(thread);
    setPriority(thread, before + 1);
    setPriority(thread, before); // refused without the privilege, and then one step down is where it stays
    setPriority(thread, Math.min(19, before + ASIDE));
    return () => setPriority(thread, before);
  } catch {
    return () => undefined;
  }
}
