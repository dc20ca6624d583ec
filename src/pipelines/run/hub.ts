/** Who watches which execution. Holds nothing: it only wakes readers, who look for themselves. */
export interface Hub {
  changed(execution: string): void;
  /** Resolves at the next change, or after `ms`, or when the signal aborts. */
  next(execution: string, ms: number, signal: AbortSignal): Promise<void>;
}

export function createHub(): Hub {
  const waiting = new Map<string, Set<() => void>>();
  return {
    changed(execution) {
      const all = waiting.get(execution);
      waiting.delete(execution);
      for (const wake of all ?? []) wake();
    },
    next(execution, ms, signal) {
      return new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          signal.removeEventListener('abort', done);
          waiting.get(execution)?.delete(done);
          resolve();
        };
        const timer = setTimeout(done, ms);
        signal.addEventListener('abort', done, { once: true });
        if (signal.aborted) return done();
        const all = waiting.get(execution);
        if (all) all.add(done);
        else waiting.set(execution, new Set([done]));
      });
    },
  };
}
