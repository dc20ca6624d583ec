import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from './engine.ts';

/** Waiting between looks at a rollout, which ends early when somebody has decided. */
export function createPauses(): Pick<Engine, 'pause' | 'wake'> {
  const waiting = new Map<string, AbortController>();
  return {
    async pause(release, ms, signal) {
      const woken = new AbortController();
      waiting.set(release, woken);
      try {
        await sleep(ms, undefined, { signal: AbortSignal.any([woken.signal, signal]) });
      } catch {
        signal.throwIfAborted();
      } finally {
        waiting.delete(release);
      }
    },
    wake: (release) => waiting.get(release)?.abort(),
  };
}
