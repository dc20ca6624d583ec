import type { Log } from '../log/index.ts';

/** The change is on disk: what a callback throws is its own fault, and stops neither the others nor later writes. */
export function wakeAll(wakes: ReadonlyArray<() => void>, log: Log): void {
  for (const wake of wakes) {
    try {
      wake();
    } catch (error) {
      log.error('a callback after a commit failed; the commit stands', { error });
    }
  }
}
