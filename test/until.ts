import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

/** Longer than a busy machine needs, shorter than the runner waits: it only gives what never comes a name, ms. */
export const PATIENCE = 480_000;

/**
 * Asks again until the answer is something other than undefined and false, and returns it. The longer it takes, the less often: to
 * ask a server costs more of the processor than what is waited for.
 */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  every = 20,
): Promise<Exclude<T, undefined | false>> {
  const seldom = Math.min(25 * every, 500);
  let wait = every;
  for (const end = performance.now() + PATIENCE; ;) {
    const found = await answered(what, look());
    if (found !== undefined && found !== false) return found as Exclude<T, undefined | false>;
    if (performance.now() > end) assert.fail(`${what}: not within ${PATIENCE / 1000} s`);
    await sleep(wait);
    wait = Math.min(seldom, wait * 1.1);
  }
}

/** What was asked of somebody who may never answer; a test that waits for ever has no name. */
export async function answered<T>(what: string, answer: T | Promise<T>): Promise<T> {
  if (!(answer instanceof Promise)) return answer;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: no answer within ${PATIENCE / 1000} s`)), PATIENCE);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
