import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

/** Longer than a busy machine needs, shorter than the runner waits: it only gives what never comes a name, ms. */
export const PATIENCE = 240_000;

/** Asks again until the answer is something other than undefined and false, and returns it. */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  every = 20,
): Promise<Exclude<T, undefined | false>> {
  for (const end = performance.now() + PATIENCE; ;) {
    const found = await look();
    if (found !== undefined && found !== false) return found as Exclude<T, undefined | false>;
    if (performance.now() > end) assert.fail(`${what}: not within ${PATIENCE / 1000} s`);
    await sleep(every);
  }
}
